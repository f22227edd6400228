"""The kind of network that Keras's own MNIST example has: two convolutions, dropout at the end."""

from keras import Input, Sequential, layers


def build():
    """Return it; its input has a channel, as the example's."""
    return Sequential(
        [
            Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
