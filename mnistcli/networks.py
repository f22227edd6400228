"""The networks: each is one function, with its training defaults beside it.

Keras is imported inside the functions, so that `--help` and TAB list the networks without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from mnistcli.config import TrainingConfig

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class Network:
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
    early_stopping: int | None = None
    temperature: float
    xla: bool


NETWORKS: dict[str, Network] = {}


def _network(
    **defaults: object,
) -> Callable[[Callable[[], keras.Model]], Callable[[], keras.Model]]:
    def register(build: Callable[[], keras.Model]) -> Callable[[], keras.Model]:
        NETWORKS[build.__name__] = Network(build=build, **defaults)  # type: ignore[arg-type]
        return build

    return register


@_network(
    optimizer="rmsprop",
    learning_rate=None,
    schedule="constant",
    epochs=5,
    batch_size=128,
    augment=False,
    label_smoothing=0.0,
    temperature=1.0,
    xla=True,
)
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


def configure(model: str, **choices: Any) -> TrainingConfig:
    """Return the configuration in which every choice that is None is the network's default.

    A network's learning rate belongs to its optimizer: another optimizer starts with its own.
    """
    network = NETWORKS[model]
    names = {field.name for field in fields(TrainingConfig)}
    settings = {
        field.name: getattr(network, field.name) for field in fields(network) if field.name in names
    }
    chosen = {name: choice for name, choice in choices.items() if choice is not None}
    if chosen.get("optimizer", network.optimizer) != network.optimizer:
        settings["learning_rate"] = None
    return TrainingConfig(model=model, **{**settings, **chosen})
