"""Train a run: from the stored dataset to a complete run folder.

Several workers may train it together (`task.py`): the first, their chief, has the run and reports.
"""

import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from mnistcli import __version__, files
from mnistcli.datasets import store
from mnistcli.errors import RunError, TrainingError
from mnistcli.evaluation.calibration import fit_temperature
from mnistcli.evaluation.metrics import Metrics, measure
from mnistcli.networks import model
from mnistcli.networks.catalogue import NETWORKS, configure
from mnistcli.networks.framework import keras, tf
from mnistcli.reading.classifier import BATCH, Classifier
from mnistcli.runs import run
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Run
from mnistcli.training import checkpoint, distribution, groups, task
from mnistcli.training.distribution import Place, Workers
from mnistcli.training.loop import EpochEnd, Progress
from mnistcli.training.tensorboard import FOLDER, EventFiles

VERSION = 1  # of the result's JSON
CHECKPOINT = Path("checkpoint", "state.npz")
TOLD_FROM = 4000  # training images from which strokes that are no digit are told


@dataclass(frozen=True)
class Started:
    """Training begins, or goes on after `done` epochs."""

    run: Run
    parameters: int
    train: int
    """Images trained on."""
    validation: int
    """Images held out."""
    done: int
    idle: int
    """Workers for which a batch has no group of images."""


@dataclass(frozen=True)
class Trained:
    """The run is complete."""

    run: Run
    history: tuple[EpochRecord, ...]
    test: Metrics
    seconds: float
    """Of all epochs, and of this process around them."""

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object, numbers unrounded."""
        return {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "history": [asdict(record) for record in self.history],
            "test": {"accuracy": self.test.accuracy, "loss": self.test.loss},
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Joining:
    """Several workers are to train: now they look for each other."""

    place: Place


@dataclass(frozen=True)
class Assisted:
    """A worker that isn't the chief has done its part."""

    place: Place


Event = Joining | Started | Progress | EpochRecord | Trained | Assisted


def train_run(
    config: TrainingConfig,
    data_dir: Path,
    runs_dir: Path,
    name: str | None = None,
    *,
    tensorboard: bool = False,
    strategy: str = "auto",
) -> Iterator[Event]:
    """Train a new run as configured, yielding what happens.

    The last event is Trained; on a worker that isn't the chief, Assisted. `strategy` is one of
    choices.STRATEGIES. With `tensorboard`, the run also gets event files that TensorBoard reads.
    Raises DatasetError, RunError, TrainingError.
    """
    info = store.info(data_dir, config.dataset)
    if round(info.train * config.validation_split) == info.train:
        raise TrainingError(
            f"a validation split of {config.validation_split} holds out all {info.train:,} images, "
            f"where some must be left to train on. Give a smaller one, such as 0.1."
        )
    versions = {
        "mnistcli": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    identity = {"name": info.name, "digest": info.digest}

    def begin() -> Run:
        return run.create(runs_dir, name, config, identity, versions)

    yield from _together(begin, config.model, data_dir, strategy, tensorboard=tensorboard)


def resume_run(
    reference: str,
    choices: Mapping[str, Any],
    data_dir: Path,
    runs_dir: Path,
    *,
    tensorboard: bool = False,
    strategy: str = "auto",
) -> Iterator[Event]:
    """Go on with an interrupted run from its last whole epoch, as if nothing had happened.

    The number of workers may be another one. Raises RunError when the run is complete, or when
    `choices` (those that are not None) or the stored dataset differ from what it began with.
    """

    def begin() -> Run:
        this = run.find(runs_dir, reference)
        _check_resumable(this, choices, data_dir)
        return this

    try:
        name = run.find(runs_dir, reference).config.model
    except RunError:  # the chief will say it; other workers need not have the run
        name = configure(model=choices.get("model")).model
    yield from _together(begin, name, data_dir, strategy, tensorboard=tensorboard)


def _check_resumable(this: Run, choices: Mapping[str, Any], data_dir: Path) -> None:
    if this.complete:
        raise RunError(f"run {this.name} is complete: there is nothing to resume.")
    differences = [
        f"{name} was {getattr(this.config, name)}, now {choice}"
        for name, choice in choices.items()
        if choice is not None and choice != getattr(this.config, name)
    ]
    if (digest := store.info(data_dir, this.config.dataset).digest) != this.dataset["digest"]:
        differences.append(f"dataset was {this.dataset['digest'][:8]}…, now {digest[:8]}…")
    if differences:
        raise RunError(
            f"run {this.name} cannot go on with other options than it began with: "
            f"{'; '.join(differences)}. Leave them out, or train a new run."
        )


def _together(
    begin: Callable[[], Run], network: str, data_dir: Path, strategy: str, *, tensorboard: bool
) -> Iterator[Event]:
    """Find the other workers, if there are any, and train with them."""
    groups.use_threads_for(network)
    place = distribution.place(strategy)
    if place.addresses:
        yield Joining(place)
    with distribution.join(place) as workers:
        if place.chief:
            yield from _locked(begin(), data_dir, workers, tensorboard=tensorboard)
        else:
            yield from _assist(data_dir, workers)


def _locked(this: Run, data_dir: Path, workers: Workers, *, tensorboard: bool) -> Iterator[Event]:
    try:
        folder = this.path / CHECKPOINT.parent
        folder.mkdir(exist_ok=True)
        with FileLock(this.path / run.CHECKPOINT_LOCK, timeout=0):
            callbacks = [EventFiles(this.path / FOLDER)] if tensorboard else []
            yield from _train(this, data_dir, workers, callbacks)
    except Timeout as error:
        raise RunError(f"run {this.name} is being trained by another process.") from error


def _train(
    this: Run, data_dir: Path, workers: Workers, callbacks: Sequence[keras.callbacks.Callback]
) -> Iterator[Event]:
    """Train as the chief, or alone."""
    started = time.monotonic()
    config = this.config
    saved = checkpoint.read(this.path / CHECKPOINT)
    shared = task.hand_out(config, this.dataset["digest"], saved, data_dir, workers)
    network, train, validation = shared.network, shared.train, shared.validation
    history = list(shared.history)
    before = sum(record.seconds for record in history)
    yield Started(
        run=this,
        parameters=network.count_params(),
        train=len(train.labels),
        validation=len(validation.labels) if validation else 0,
        done=len(history),
        idle=max(
            0,
            workers.strategy.num_replicas_in_sync
            - groups.count(min(config.batch_size, len(train.labels))),
        ),
    )
    for event in shared.fit(callbacks):
        if isinstance(event, EpochEnd):
            history.append(event.record)
            checkpoint.save(this.path / CHECKPOINT, network, history, event.best)
            yield event.record
        else:
            yield event

    temperature = NETWORKS[config.model].temperature
    if validation is not None:
        probabilities = network.predict(validation.images, batch_size=BATCH, verbose=0)
        temperature = fit_temperature(probabilities, validation.labels)
    model.scale_logits(network, temperature)
    litert = model.to_litert(network, train.images[:TOLD_FROM])
    model.save(network, this.path / run.KERAS_MODEL)
    files.write_bytes(this.path / run.LITERT_MODEL, litert)
    test = store.load(data_dir, config.dataset, "test")
    metrics = measure(Classifier.on_litert(litert).predict(test.images), test.labels)
    seconds = before + time.monotonic() - started
    trained = Trained(this, tuple(history), metrics, seconds)
    files.write_json(this.path / run.METRICS, trained.to_json())
    trained = replace(trained, run=run.complete(this, temperature))
    shutil.rmtree(this.path / CHECKPOINT.parent)
    yield trained


def _assist(data_dir: Path, workers: Workers) -> Iterator[Event]:
    """Train as a worker that isn't the chief: do its share, write nothing."""
    for _ in task.receive(data_dir, workers).fit():
        pass
    yield Assisted(workers.place)
