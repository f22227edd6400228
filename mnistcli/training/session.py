"""Train a run: from the stored dataset to a complete run folder.

Several workers may train it together (`task.py`): the first, their chief, has the run and reports.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnistcli import files
from mnistcli.errors import DivergedError, RunError
from mnistcli.evaluation.calibration import fit_temperature
from mnistcli.files import Unlocked
from mnistcli.networks import model, objectives
from mnistcli.networks.catalogue import check_split, network
from mnistcli.networks.source import Source
from mnistcli.runs import finding, folders, locks, resumption, run
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Membership, Run
from mnistcli.training import checkpoint, provenance, task, transfer
from mnistcli.training.finishing import Trained, finish
from mnistcli.training.fitting import distribution, groups
from mnistcli.training.fitting.distribution import Place, Workers
from mnistcli.training.fitting.loop import EpochEnd, Progress
from mnistcli.training.pool import Pool, open_pool
from mnistcli.training.provenance import Elsewhere
from mnistcli.training.task import Task
from mnistcli.training.tensorboard import FOLDER, EventFiles

CHECKPOINT = run.CHECKPOINT


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
class Joining:
    """Several workers are to train: now they look for each other."""

    place: Place


@dataclass(frozen=True)
class Assisted:
    """A worker that isn't the chief has done its part."""

    place: Place


Event = Joining | Elsewhere | Unlocked | Started | Progress | EpochRecord | Trained | Assisted


def train_run(
    config: TrainingConfig,
    data_dir: Path,
    runs_dir: Path,
    name: str | None = None,
    *,
    membership: Membership | None = None,
    source: Source | None = None,
    parent: Run | None = None,
    tensorboard: bool = False,
    strategy: str = "auto",
) -> Iterator[Event]:
    """Train a new run as configured, yielding what happens.

    The last event is Trained; on a worker that isn't the chief, Assisted. `source` is the Python
    file that the network comes from, if it does; `parent` the run whose weights it begins with;
    `strategy` one of choices.STRATEGIES. A member of a sweep, whose `name` its plan knows, may have
    a folder, held by this process, already. With `tensorboard`, the run also gets event files that
    TensorBoard reads. Raises ChoiceError, DatasetError, NetworkError, RunError, TrainingError.
    """
    pool = open_pool(data_dir, config.datasets, parent.classes if parent else None)
    check_split(config, pool.datasets[0].train)

    def chief(workers: Workers) -> Iterator[Event]:
        started = time.monotonic()
        # First the network: where it cannot be built, no run is left behind.
        begun = transfer.begun_with(parent, config, pool.classes, source) if parent else b""
        prepared = task.hand_out(config, pool, begun, workers, source)
        path = (
            runs_dir / name
            if name and membership
            else folders.reserve(runs_dir, name, config.model)
        )
        with locks.held(path) as unlocked:
            yield from unlocked
            this = run.create(
                path,
                config,
                pool.identities,
                provenance.versions(),
                membership,
                classes=pool.classes,
            )
            if source:
                files.write_bytes(this.path / run.SOURCE, source.text)
            if begun:
                files.write_bytes(this.path / CHECKPOINT, begun)
            yield from _train(this, prepared, started, pool, workers, tensorboard=tensorboard)

    yield from _together(chief, config.model, data_dir, strategy, source)


def resume_run(
    reference: str,
    choices: Mapping[str, Any],
    data_dir: Path,
    runs_dir: Path,
    *,
    source: Source | None = None,
    tensorboard: bool = False,
    strategy: str = "auto",
) -> Iterator[Event]:
    """Go on with a run from its last whole epoch, as if nothing had happened.

    It was interrupted, or is to have more epochs, which only a constant learning rate allows. The
    number of workers may be another one. Raises what `train_run` raises, and RunError where
    `choices` (those that are not None), `source` or the stored dataset differ from what it began
    with.
    """

    def chief(workers: Workers) -> Iterator[Event]:
        started = time.monotonic()
        given = source.digest if source else None

        def resumed() -> tuple[Run, Pool]:
            found = finding.find(runs_dir, reference)
            pool = open_pool(data_dir, found.config.datasets, found.classes)
            digests = [each.digest for each in pool.datasets]
            closes = pool.closes(found.config)
            return (
                resumption.resumed(found, choices, source=given, digests=digests, closes=closes),
                pool,
            )

        with locks.held(resumed()[0].path) as unlocked:
            yield from unlocked
            this, pool = resumed()  # the one that had it may have come to its end just now
            if elsewhere := provenance.elsewhere(this):
                yield elsewhere
                this = elsewhere.run
            saved = checkpoint.read(this.path / CHECKPOINT)
            if this.complete and not saved:
                saved = transfer.continued(this, source)
            if this.config.weights and not saved:
                raise RunError(
                    f"run {this.name} was stopped before it had taken over the weights of run "
                    f"{this.config.from_run}. Train it again with --from."
                )
            prepared = task.hand_out(this.config, pool, saved, workers, source)
            if len(prepared.history) > (choices.get("epochs") or len(prepared.history)):
                raise RunError(
                    f"run {this.name} has gone on to epoch {len(prepared.history)} already. "
                    f"Give at least as many --epochs."
                )
            if not this.complete:
                this.write()  # a complete run stays what it is until it has become another
            yield from _train(this, prepared, started, pool, workers, tensorboard=tensorboard)

    try:
        name = finding.find(runs_dir, reference).config.model
    except RunError:  # the chief will say it; other workers need not have the run
        name = choices.get("model") or "mlp"
    yield from _together(chief, name, data_dir, strategy, source)


def _together(
    chief: Callable[[Workers], Iterator[Event]],
    model: str,
    data_dir: Path,
    strategy: str,
    source: Source | None,
) -> Iterator[Event]:
    """Find the other workers, if there are any, and train with them."""
    groups.use_threads_for(model)
    place = distribution.place(strategy)
    if place.addresses:
        yield Joining(place)
    with distribution.join(place) as workers:
        if place.chief:
            yield from chief(workers)
        else:
            for _ in task.receive(data_dir, workers, source).fit():
                pass  # it does its share, and writes nothing
            yield Assisted(workers.place)


def _train(
    this: Run,
    prepared: Task,
    started: float,
    pool: Pool,
    workers: Workers,
    *,
    tensorboard: bool,
) -> Iterator[Event]:
    """Train as the chief, or alone."""
    config, network_ = this.config, prepared.network
    train, validation = prepared.train, prepared.validation
    history = list(prepared.history)
    before = sum(record.seconds for record in history)
    yield Started(
        run=this,
        parameters=network_.count_params(),
        train=len(train.labels),
        validation=len(validation.labels) if validation else 0,
        done=len(history),
        idle=max(
            0,
            workers.strategy.num_replicas_in_sync
            - groups.count(min(config.batch_size, len(train.labels))),
        ),
    )
    try:
        for event in prepared.fit([EventFiles(this.path / FOLDER)] if tensorboard else []):
            if isinstance(event, EpochEnd):
                history.append(event.record)
                checkpoint.save(this.path / CHECKPOINT, network_, history, event.best)
                yield event.record
            else:
                yield event
    except DivergedError:
        if not this.complete:
            this.diverged()
        raise

    temperature = _calibrate(prepared)
    began = started - before
    trained = finish(this, network_, train.images, pool, history, temperature, began)
    if not resumption.keeps_state(trained.run):
        run.forget_checkpoint(trained.run)
    yield trained


def _calibrate(prepared: Task) -> float:
    """Scale the network's logits, so that probabilities mean what they say; return by how much.

    Without images held out, by what those of the network take, whose labels were smoothed.
    """
    config, validation = prepared.config, prepared.validation
    if model.logits_layer(prepared.network) is None:
        return 1.0
    temperature = network(config.model).temperature if objectives.smooths(config.loss) else 1.0
    if validation is not None:
        probabilities = model.outputs(prepared.network, validation.images)[0]
        temperature = fit_temperature(probabilities, validation.labels)
    model.scale_logits(prepared.network, temperature)
    return temperature
