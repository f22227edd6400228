"""What training leaves behind in numbers: its epochs, its test result, its time."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mnistcli import files
from mnistcli.errors import RunError

HISTORY = "history.csv"
HELD_OUT = "val_"
PLAIN = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch (counted from 1) ended with."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Those asked for beside the accuracy, by name."""
    val_metrics: Mapping[str, float] = field(default_factory=dict)
    """The same of the images held out, where there are any."""

    def to_json(self) -> dict[str, Any]:
        """Return the record as a flat JSON object, named as Keras's history does."""
        plain = {name: getattr(self, name) for name in PLAIN}
        held = {HELD_OUT + name: value for name, value in self.val_metrics.items()}
        return {**plain, **self.metrics, **held}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the record in such an object; raise KeyError, TypeError, ValueError."""
        val_loss, val_accuracy = value["val_loss"], value["val_accuracy"]
        more = {name: float(number) for name, number in value.items() if name not in PLAIN}
        return cls(
            epoch=int(value["epoch"]),
            loss=float(value["loss"]),
            accuracy=float(value["accuracy"]),
            val_loss=None if val_loss is None else float(val_loss),
            val_accuracy=None if val_accuracy is None else float(val_accuracy),
            seconds=float(value["seconds"]),
            metrics={k: v for k, v in more.items() if not k.startswith(HELD_OUT)},
            val_metrics={
                k.removeprefix(HELD_OUT): v for k, v in more.items() if k.startswith(HELD_OUT)
            },
        )


@dataclass(frozen=True)
class Results:
    """What a run's metrics.json says."""

    history: tuple[EpochRecord, ...]
    accuracy: float
    """On the test images, in [0, 1]."""
    loss: float
    """On the test images: mean cross-entropy, in nats."""
    seconds: float
    """Of the whole training."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """On the test images: those asked for beside the accuracy, by name."""

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the results in a metrics.json; raise RunError where it is none."""
        try:
            value = json.loads(data)
            history = tuple(EpochRecord.from_json(record) for record in value["history"])
            if not history:
                raise ValueError("no epochs")  # noqa: TRY301 - one message for all that is wrong
            return cls(
                history=history,
                accuracy=float(value["test"]["accuracy"]),
                loss=float(value["test"]["loss"]),
                metrics={
                    name: float(number)
                    for name, number in value["test"].items()
                    if name not in PLAIN
                },
                seconds=float(value["seconds"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunError(
                f"metrics.json is damaged: expected what `mnistcli train` wrote, got {error!r}. "
                f"Train the run again."
            ) from error


def write_csv(folder: Path, history: Sequence[EpochRecord]) -> Path:
    """Write the epochs to history.csv in a folder and return its path; what is None is empty."""
    text = io.StringIO()
    rows = [record.to_json() for record in history]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / HISTORY
    files.write_bytes(path, text.getvalue().encode())
    return path
