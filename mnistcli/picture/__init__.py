"""Any picture of a handwritten digit, made an image like MNIST's. Any room above may enter."""
