"""Train a run: from the stored dataset to a complete run folder."""

import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnistcli import __version__, data, files, loop, model, run
from mnistcli.classifier import Classifier
from mnistcli.config import TrainingConfig
from mnistcli.data import Split
from mnistcli.loop import EpochRecord, Progress
from mnistcli.metrics import Metrics, measure
from mnistcli.networks import NETWORKS
from mnistcli.run import Run

VERSION = 1  # of the result's JSON


@dataclass(frozen=True)
class Started:
    """Training begins."""

    run: Run
    parameters: int
    train: int
    """Images trained on."""
    validation: int
    """Images held out."""


@dataclass(frozen=True)
class Trained:
    """The run is complete."""

    run: Run
    history: tuple[EpochRecord, ...]
    test: Metrics
    seconds: float
    """From the beginning of train_run to the complete run."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object, numbers unrounded."""
        return {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "history": [asdict(record) for record in self.history],
            "test": {"accuracy": self.test.accuracy, "loss": self.test.loss},
            "seconds": self.seconds,
        }


Event = Started | Progress | EpochRecord | Trained


def train_run(
    config: TrainingConfig, data_dir: Path, runs_dir: Path, name: str | None = None
) -> Iterator[Event]:
    """Train as configured, yielding what happens; the last event is Trained.

    Raises DatasetError, RunError, TrainingError.
    """
    started = time.monotonic()
    dataset = data.info(data_dir, config.dataset)
    train, validation = hold_out(
        data.load(data_dir, config.dataset, "train"), config.validation_split
    )
    network = model.build(config)
    versions = {
        "mnistcli": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    identity = {"name": dataset.name, "digest": dataset.digest}
    this = run.create(runs_dir, name, config, identity, versions)
    yield Started(
        this,
        network.count_params(),
        len(train.labels),
        len(validation.labels) if validation else 0,
    )
    history = []
    for event in loop.fit(network, train, config, validation=validation):
        if isinstance(event, EpochRecord):
            history.append(event)
        yield event

    temperature = NETWORKS[config.model].temperature
    litert = model.to_litert(network)
    model.save(network, this.path / run.KERAS_MODEL)
    files.write_bytes(this.path / run.LITERT_MODEL, litert)
    test = data.load(data_dir, config.dataset, "test")
    metrics = measure(Classifier.on_litert(litert).predict(test.images), test.labels)
    trained = Trained(this, tuple(history), metrics, time.monotonic() - started)
    files.write_json(this.path / run.METRICS, trained.to_json())
    yield replace(trained, run=run.complete(this, temperature))


def hold_out(train: Split, fraction: float) -> tuple[Split, Split | None]:
    """Return the training images without, and with only, their last `fraction`."""
    held = round(len(train.labels) * fraction)
    if held == 0:
        return train, None
    return (
        Split(train.images[:-held], train.labels[:-held]),
        Split(train.images[-held:], train.labels[-held:]),
    )
