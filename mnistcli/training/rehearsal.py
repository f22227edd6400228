"""What a training would be, found by a few steps of it, of which nothing is kept."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnistcli.networks import anatomy
from mnistcli.networks.source import Source
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.layers import Layer
from mnistcli.training import task
from mnistcli.training.fitting import distribution, groups
from mnistcli.training.fitting.graph import Trainer, evaluation
from mnistcli.training.pool import open_pool

VERSION = 1  # of the JSON
TRIED = 2.0  # seconds of steps, at most: enough to tell how long an epoch takes


@dataclass(frozen=True)
class Plan:
    """A configuration, the network it makes, and what an epoch would take."""

    config: TrainingConfig
    layers: tuple[Layer, ...]
    train: int
    """Images to train on."""
    validation: int
    """Images held out."""
    seconds: float
    """Of an epoch, its validation included; what comes once, such as compiling, is left out."""
    before: float
    """Seconds that pass before the first epoch: the network is built and compiled."""

    @property
    def parameters(self) -> int:
        """Of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def flops(self) -> int:
        """Floating-point operations for one image, on its way through the network."""
        return sum(layer.flops for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {
            "version": VERSION,
            "configuration": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
            "parameters": self.parameters,
            "flops": self.flops,
            "train": self.train,
            "validation": self.validation,
            "seconds_per_epoch": self.seconds,
        }


def rehearse(
    config: TrainingConfig,
    data_dir: Path,
    source: Source | None = None,
    known: Sequence[str] | None = None,
    tried: float = TRIED,
) -> Plan:
    """Return what a training would be, on one device; raise as `session.train_run`.

    `known` are the classes of the network that it begins with, if it begins with one; `tried` is
    for how many seconds steps are taken, at most.
    """
    began = time.monotonic()
    groups.use_threads_for(config.model)
    pool = open_pool(data_dir, config.datasets, known)
    with distribution.join(distribution.Place("single")) as alone:
        prepared = task.hand_out(config, pool, b"", alone, source)
    network, train, validation = prepared.network, prepared.train, prepared.validation
    layers = anatomy.layers(network)
    trainer = Trainer(network, train, config, prepared.strategy)
    for _ in trainer.epoch(1):  # compiles; where an epoch is but a part or two, nothing else does
        break
    before = time.monotonic() - began
    seconds = _of_an_epoch(trainer, tried)
    if validation is not None:
        evaluate = evaluation(network, validation, config.metric, prepared.strategy)
        evaluate()  # traces it
        started = time.monotonic()
        evaluate()
        seconds += time.monotonic() - started
    held = len(validation.labels) if validation else 0
    return Plan(config, layers, len(train.labels), held, seconds, before)


def _of_an_epoch(trainer: Trainer, tried: float) -> float:
    """Return how many seconds an epoch's steps take, by those that so many seconds hold."""
    started, done = time.monotonic(), 0
    for last in trainer.epoch(1):
        done = last
        if time.monotonic() - started > tried:
            break
    return (time.monotonic() - started) * trainer.steps / done
