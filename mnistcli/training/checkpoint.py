"""What `train --resume` needs: the state after an epoch, in one file that is whole or not there."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.errors import RunError
from mnistcli.networks.framework import keras
from mnistcli.runs.history import EpochRecord
from mnistcli.training.fitting.loop import Best

Arrays = Sequence[NDArray[np.generic]]


@dataclass(frozen=True)
class Checkpoint:
    """The state of training after its last whole epoch."""

    history: tuple[EpochRecord, ...]
    model: Arrays
    """Every variable of the model, those that are not trained included."""
    optimizer: Arrays
    """Every variable of the optimizer: step, learning rate, moments."""
    best: Best | None


def save(path: Path, model: keras.Model, history: Sequence[EpochRecord], best: Best | None) -> None:
    """Write the state of `model` and its optimizer after the last epoch of `history`."""
    files.write_bytes(path, packed(model, history, best))


def packed(model: keras.Model, history: Sequence[EpochRecord], best: Best | None) -> bytes:
    """Return the bytes of a checkpoint of `model` and its optimizer."""
    state = {
        "history": [record.to_json() for record in history],
        "best": [best.epoch, best.val_loss] if best else None,
    }
    arrays: dict[str, NDArray[np.generic]] = {
        "state": np.frombuffer(json.dumps(state).encode(), np.uint8)
    }
    groups = {"model": _values(model), "optimizer": _values(model.optimizer)}
    for group, values in {**groups, "best": best.weights if best else ()}.items():
        arrays |= {f"{group}/{number:04}": value for number, value in enumerate(values)}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def read(path: Path) -> bytes:
    """Return the bytes of a checkpoint; none before the first one."""
    return path.read_bytes() if path.exists() else b""


def load(data: bytes) -> Checkpoint | None:
    """Return the checkpoint in these bytes, None in none; raise RunError if it is damaged."""
    if not data:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            state = json.loads(arrays["state"].tobytes())
            groups = {
                group: [
                    arrays[name] for name in sorted(arrays.files) if name.startswith(group + "/")
                ]
                for group in ("model", "optimizer", "best")
            }
        best = Best(state["best"][0], state["best"][1], groups["best"]) if state["best"] else None
        history = tuple(EpochRecord.from_json(record) for record in state["history"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(error) from error
    return Checkpoint(history, groups["model"], groups["optimizer"], best)


def restore(data: bytes, model: keras.Model) -> Checkpoint | None:
    """Put a checkpoint's values back into a built model and its optimizer, and return it.

    Returns None, and changes nothing, where there is no checkpoint yet.
    """
    found = load(data)
    if found is not None:
        model.optimizer.build(model.trainable_variables)
        try:
            for target, values in ((model, found.model), (model.optimizer, found.optimizer)):
                for variable, value in zip(target.variables, values, strict=True):
                    variable.assign(value)
        except ValueError as error:
            raise _damaged(error) from error
    return found


def _values(owner: keras.Model | keras.Optimizer) -> list[NDArray[np.generic]]:
    return [np.asarray(variable) for variable in owner.variables]


def _damaged(error: Exception) -> RunError:
    return RunError(
        f"the run's checkpoint is damaged: expected what `mnistcli train` saved after an epoch, "
        f"got: {' '.join(str(error).split())}. Train the run again."
    )
