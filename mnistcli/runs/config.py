"""The configuration of a training run: frozen, and to and from JSON."""

import types
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, get_args, get_origin, get_type_hints

from mnistcli.errors import RunError

SHAPE = ("hidden", "activation", "dropout", "l2")
"""What shapes the book's network; None where the network is another one."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run's weights will be, given the data and the machine."""

    dataset: str
    added: tuple[str, ...]
    """Datasets whose training images are added to the first's."""
    model: str
    """A network's name, or that of the Python file that it comes from."""
    hidden: tuple[int, ...] | None
    """Units of each hidden layer."""
    activation: str | None
    dropout: float | None
    """Share of a hidden layer's outputs that a training step drops."""
    l2: float | None
    """What the sum of the squares of all dense kernels is multiplied by, in the loss."""
    loss: str
    metric: tuple[str, ...]
    """Measured beside the accuracy."""
    optimizer: str
    learning_rate: float | None
    """Peak learning rate; None: the optimizer's own default in Keras."""
    schedule: str
    epochs: int
    batch_size: int
    """Global batch: images per optimizer step, over all devices and workers."""
    validation_split: float
    """Fraction of the training images, from their end, that is held out."""
    early_stopping: int | None
    """Epochs without a better validation loss after which training stops; None: never."""
    augment: bool
    seed: int
    source: str | None
    """SHA-256 of the Python file that the network comes from."""
    from_run: str | None
    """The run whose weights it begins with."""
    weights: str | None
    """SHA-256 of that run's model."""

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of all datasets, the one first that is validated and tested on."""
        return (self.dataset, *self.added)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as a JSON object."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the configuration in a JSON object; raise RunError where it is not one."""
        names = {field.name for field in fields(cls)}
        value = _completed(value)
        if not isinstance(value, dict) or set(value) != names:
            found = sorted(value) if isinstance(value, dict) else type(value).__name__
            raise RunError(
                f"the configuration is not one of this version: expected the keys "
                f"{sorted(names)}, got {found}. Train the run again."
            )
        for name, kind in get_type_hints(cls).items():
            if not _fits(value[name], kind):
                raise RunError(
                    f"the configuration's {name} is {value[name]!r}, expected {_said(kind)}. "
                    f"Train the run again."
                )
        lists: dict[str, Any] = {k: tuple(v) for k, v in value.items() if isinstance(v, list)}
        return cls(**(value | lists))


def _completed(value: object) -> object:
    """Return what a run from before a network could be shaped says, with what it was."""
    if not isinstance(value, dict):
        return value
    book = ([512], "relu", 0.0, 0.0) if value.get("model") == "mlp" else (None,) * len(SHAPE)
    since: dict[str, Any] = {
        "added": [],
        "loss": "sparse_categorical_crossentropy",
        "metric": [],
        "source": None,
        "from_run": None,
        "weights": None,
    }
    return {**dict(zip(SHAPE, book, strict=True)), **since, **value}


def _fits(value: object, kind: Any) -> bool:
    if isinstance(kind, types.UnionType):
        return any(_fits(value, each) for each in get_args(kind))
    if get_origin(kind) is tuple:
        return type(value) is list and all(_fits(each, get_args(kind)[0]) for each in value)
    return type(value) in ((float, int) if kind is float else (kind,))


def _said(kind: Any) -> str:
    if isinstance(kind, types.UnionType):
        return " or ".join(map(_said, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"a list of {_said(get_args(kind)[0])}"
    return str(kind.__name__)
