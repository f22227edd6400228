"""A picture's light to images like MNIST's of all that may be a digit. Any room above may enter."""
