"""The configuration of a training run: frozen, and to and from JSON."""

import types
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, get_args, get_origin, get_type_hints

from mnistcli.errors import RunError


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Everything that decides what a run's weights will be, given the data and the machine."""

    dataset: str
    model: str
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

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the configuration in a JSON object; raise RunError where it is not one."""
        names = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or set(value) != names:
            found = sorted(value) if isinstance(value, dict) else type(value).__name__
            raise RunError(
                f"the configuration is not one of this version: expected the keys "
                f"{sorted(names)}, got {found}. Train the run again."
            )
        for name, kind in get_type_hints(cls).items():
            allowed = get_args(kind) if get_origin(kind) is types.UnionType else (kind,)
            if type(value[name]) not in (*allowed, *((int,) if float in allowed else ())):
                raise RunError(
                    f"the configuration's {name} is {value[name]!r}, expected "
                    f"{' or '.join(t.__name__ for t in allowed)}. Train the run again."
                )
        return cls(**value)
