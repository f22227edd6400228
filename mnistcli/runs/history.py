"""What training leaves behind in numbers: its epochs, its test result, its time."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from mnistcli import files
from mnistcli.errors import RunError

HISTORY = "history.csv"


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch (counted from 1) ended with."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


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

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the results in a metrics.json; raise RunError where it is none."""
        try:
            value = json.loads(data)
            history = tuple(_record(record) for record in value["history"])
            if not history:
                raise ValueError("no epochs")  # noqa: TRY301 - one message for all that is wrong
            return cls(
                history=history,
                accuracy=float(value["test"]["accuracy"]),
                loss=float(value["test"]["loss"]),
                seconds=float(value["seconds"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunError(
                f"metrics.json is damaged: expected what `mnistcli train` wrote, got {error!r}. "
                f"Train the run again."
            ) from error


def _record(value: dict[str, Any]) -> EpochRecord:
    val_loss, val_accuracy = value["val_loss"], value["val_accuracy"]
    return EpochRecord(
        epoch=int(value["epoch"]),
        loss=float(value["loss"]),
        accuracy=float(value["accuracy"]),
        val_loss=None if val_loss is None else float(val_loss),
        val_accuracy=None if val_accuracy is None else float(val_accuracy),
        seconds=float(value["seconds"]),
    )


def write_csv(folder: Path, history: Sequence[EpochRecord]) -> Path:
    """Write the epochs to history.csv in a folder and return its path; what is None is empty."""
    text = io.StringIO()
    names = [field.name for field in fields(EpochRecord)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(record) for record in history)
    path = folder / HISTORY
    files.write_bytes(path, text.getvalue().encode())
    return path
