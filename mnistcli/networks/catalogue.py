"""The networks: each is one function, and its training defaults in a table below them.

Imports stand inside the functions, so that `--help` and TAB list the networks without them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import keras

    from mnistcli.runs.config import TrainingConfig


class Network(NamedTuple):
    """How a network is built, and how it is trained unless the user says otherwise."""

    build: Callable[[], keras.Model]
    """Uncompiled: pixels (n, 28, 28) 0..255 in, probabilities (n, 10) out."""
    optimizer: str
    learning_rate: float | None
    schedule: str
    epochs: int
    batch_size: int
    augment: bool
    label_smoothing: float
    """How much of each label is shared out evenly among all ten (Szegedy et al. 2016)."""
    temperature: float
    xla: bool


def mlp() -> keras.Model:
    """Return the book's network: 512 relu, 10 softmax; 407,050 parameters."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="mlp",
    )


def cnn() -> keras.Model:
    """Return a small batch-normalised convolutional network; 230,490 parameters.

    What costs time on a CPU is not the convolutions but the passes over large activations between
    them. Thus the first layers are not padded, and pooling comes before batch normalisation, which
    has a quarter of the work to do then. Dropout does not pay: with smoothed labels and changed
    images it only takes away.
    """
    from keras import Input, Sequential, layers

    def normalised(layer: keras.Layer, *, pool: bool = False) -> list[keras.Layer]:
        return [
            layer,
            *([layers.MaxPooling2D()] if pool else []),
            # Keras's momentum of 0.99 would average over more steps than a short run takes.
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]

    return Sequential(
        [
            Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Reshape((28, 28, 1)),
            *normalised(layers.Conv2D(16, 5, use_bias=False), pool=True),  # (12, 12, 16)
            *normalised(layers.Conv2D(32, 3, use_bias=False), pool=True),  # (5, 5, 32)
            *normalised(layers.Conv2D(64, 3, padding="same", use_bias=False)),  # (5, 5, 64)
            layers.Flatten(),
            *normalised(layers.Dense(128, use_bias=False)),
            layers.Dense(10, activation="softmax"),
        ],
        name="cnn",
    )


NETWORKS = {
    "mlp": Network(
        build=mlp,
        optimizer="rmsprop",
        learning_rate=None,
        schedule="constant",
        epochs=5,
        batch_size=128,
        augment=False,
        label_smoothing=0.0,
        temperature=1.0,
        xla=True,
    ),
    "cnn": Network(
        build=cnn,
        optimizer="adam",
        learning_rate=0.01,
        schedule="one-cycle",
        epochs=7,
        batch_size=256,
        augment=True,
        label_smoothing=0.1,
        temperature=0.46,  # median of six fits, each on a sixth of the training images, held out
        xla=False,  # compiled convolutions are 2.5 times slower on CPUs
    ),
}


def configure(**choices: Any) -> TrainingConfig:
    """Return the configuration in which every choice that is left out, or None, is the default.

    A network's learning rate belongs to its optimizer: another optimizer starts with its own.
    """
    from dataclasses import fields

    from mnistcli.runs.config import TrainingConfig

    general = {"dataset": "mnist", "model": "mlp", "validation_split": 0.0, "seed": 0}
    choices = {name: choice for name, choice in choices.items() if choice is not None}
    choices = {**general, "early_stopping": None, **choices}
    network = NETWORKS[choices["model"]]
    names = {field.name for field in fields(TrainingConfig)}
    settings = {name: value for name, value in network._asdict().items() if name in names}
    if choices.get("optimizer", network.optimizer) != network.optimizer:
        settings["learning_rate"] = None
    return TrainingConfig(**(settings | choices))
