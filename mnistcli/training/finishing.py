"""What comes after the last epoch: a network becomes the files of a complete run."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.classes import are_digits
from mnistcli.errors import ConversionError
from mnistcli.evaluation.metrics import Metrics, measure
from mnistcli.networks import anatomy, model, objectives
from mnistcli.networks.framework import keras
from mnistcli.reading.classifier import Classifier
from mnistcli.runs import run
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Run
from mnistcli.training.pool import Pool

VERSION = 1  # of the result's JSON
TOLD_FROM = 4000  # training images from which strokes that are no digit are told


@dataclass(frozen=True)
class Trained:
    """The run is complete."""

    run: Run
    history: tuple[EpochRecord, ...]
    test: Metrics
    metrics: Mapping[str, float]
    """On the test images: those asked for beside the accuracy, by name."""
    seconds: float
    """Of all epochs, and of this process around them."""
    lacking: str | None = None
    """What LiteRT lacks of the network, where it could not be converted."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object, numbers unrounded."""
        return {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "history": [record.to_json() for record in self.history],
            "test": {"accuracy": self.test.accuracy, "loss": self.test.loss, **self.metrics},
            "seconds": self.seconds,
        }


def finish(
    this: Run,
    network: keras.Model,
    images: NDArray[np.uint8],
    pool: Pool,
    history: Sequence[EpochRecord],
    temperature: float,
    started: float,
    *,
    seeing: keras.Model | None = None,
) -> Trained:
    """Write a network's files into its run, measure it on the test images, and complete the run.

    `images` (n, 28, 28) are those trained on, `pool` is where they come from, `started` a time by
    `time.monotonic`, `seeing` is as in `model.to_litert`.
    """
    digits = images[:TOLD_FROM] if are_digits(pool.classes) else None
    layers = anatomy.layers(network)
    try:
        litert, lacking = model.to_litert(network, digits, seeing), None
    except ConversionError as error:
        litert, lacking = None, str(error)
    if this.complete:  # it has been given more epochs: from here on, its files are others
        this = this.begun_again()
    model.save(network, this.path / run.KERAS_MODEL)
    if litert is not None:
        files.write_bytes(this.path / run.LITERT_MODEL, litert)
    test = pool.test()
    if litert is not None:
        probabilities = Classifier.on_litert(litert, classes=pool.classes).predict(test.images)
    else:
        probabilities = model.outputs(network, test.images)[0]
    trained = Trained(
        this,
        tuple(history),
        measure(probabilities, test.labels, test.classes),
        objectives.measured(this.config.metric, test.labels, probabilities),
        time.monotonic() - started,
        lacking,
    )
    files.write_json(this.path / run.METRICS, trained.to_json())
    return replace(trained, run=run.complete(this, temperature, layers))
