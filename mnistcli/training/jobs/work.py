"""Train the runs of a sweep that are missing.

Which process trains a run, its lock decides (`runs/locks.py`): several processes on one sweep, and
machines on one folder, need no other coordinator.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mnistcli.choices import COMPLETE, DIVERGED
from mnistcli.errors import BusyError, DivergedError, MnistcliError, TrainingError
from mnistcli.runs import locks, resumption, run
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import CHECKPOINT
from mnistcli.sweeps.plan import ENDED, Planned, ended, existing
from mnistcli.training.jobs.processes import Job, desk, exit_of

PATIENCE = 1.0  # seconds between looks at runs that other processes train


@dataclass(frozen=True)
class Began:
    """A run is being trained, or goes on."""

    planned: Planned


@dataclass(frozen=True)
class Epoch:
    """A run has ended an epoch."""

    planned: Planned
    record: EpochRecord


@dataclass(frozen=True)
class Ended:
    """A run has become what it will be: here, or by another process."""

    planned: Planned
    status: str
    """COMPLETE or DIVERGED."""


@dataclass(frozen=True)
class Waiting:
    """All that is left is being trained by other processes."""

    planned: Sequence[Planned]


@dataclass(frozen=True)
class Failed:
    """A run has ended without an end; the others go on."""

    planned: Planned
    reason: str


Event = Began | Epoch | Ended | Waiting | Failed


@dataclass(frozen=True)
class Assignment:
    """What a process needs to know to train a run."""

    planned: Planned
    data_dir: Path
    runs_dir: Path
    strategy: str
    tensorboard: bool


def train(
    runs: Sequence[Planned],
    data_dir: Path,
    runs_dir: Path,
    *,
    jobs: int,
    strategy: str = "auto",
    tensorboard: bool = False,
) -> Iterator[Event]:
    """Train what is missing of these runs, so many at once, yielding what happens.

    What is complete stays, what was interrupted goes on, what another process trains is waited for.
    A run that diverges, or whose process is killed, is no obstacle to the others; whatever else
    goes wrong ends them all, and is raised.
    """
    pending = deque(runs)
    elsewhere: list[Planned] = []
    told = False
    with desk() as under_way:
        while pending or elsewhere or under_way.jobs:
            while pending and len(under_way.jobs) < jobs:
                planned = pending.popleft()
                if (status := ended(planned, runs_dir)) is not None:
                    yield Ended(planned, status)
                elif locks.is_held(runs_dir / planned.name):
                    elsewhere.append(planned)
                else:
                    given = Assignment(planned, data_dir, runs_dir, strategy, tensorboard)
                    under_way.start(_work, planned, given)
                    yield Began(planned)
            if elsewhere and not under_way.jobs and not told:
                told = True
                yield Waiting(tuple(elsewhere))
            for job, report in under_way.reports(PATIENCE if elsewhere else None):
                yield from _taken(job, report, elsewhere)
            free = [each for each in elsewhere if not locks.is_held(runs_dir / each.name)]
            elsewhere = [each for each in elsewhere if each not in free]
            pending.extend(free)
            if elsewhere and not under_way.jobs:
                time.sleep(PATIENCE)


def require_all(failed: Sequence[Failed], sweep: str) -> None:
    """Raise TrainingError where runs of a sweep have failed, naming the first."""
    if failed:
        first = failed[0]
        what = "run has" if len(failed) == 1 else "runs have"
        raise TrainingError(
            f"{len(failed)} {what} not come to an end; {first.planned.name}: {first.reason} "
            f"The same command with --name {sweep} goes on with what is missing."
        )


def _taken(job: Job, report: Any, elsewhere: list[Planned]) -> Iterator[Event]:
    """Yield what a report means."""
    match report:
        case EpochRecord():
            yield Epoch(job.planned, report)
        case str():
            job.status = report
        case Exception():
            job.error = report
        case None if job.status is not None:
            yield Ended(job.planned, job.status)
        case None if isinstance(job.error, BusyError):
            elsewhere.append(job.planned)
        case None if isinstance(job.error, MnistcliError):
            yield Failed(job.planned, str(job.error))
        case None if job.error is not None:
            raise job.error
        case None:
            yield Failed(job.planned, exit_of(job.process.exitcode))


def _work(given: Assignment, connection: Connection) -> None:
    """Train a run in this process, and report: epochs, then a status."""
    with locks.held(given.runs_dir / given.planned.name):
        connection.send(_trained(given, connection))


def _trained(given: Assignment, connection: Connection) -> str:
    """Train the run that this process holds; return its status."""
    from mnistcli.networks.own import watched
    from mnistcli.training.session import resume_run, train_run

    planned, runs_dir = given.planned, given.runs_dir
    begun = existing(planned, runs_dir)
    if begun is not None and begun.status in ENDED:  # by another process, a moment ago
        if not resumption.keeps_state(begun):
            run.forget_checkpoint(begun)
        return begun.status
    source = planned.setting.source
    how: dict[str, Any] = {
        "source": source,
        "strategy": given.strategy,
        "tensorboard": given.tensorboard,
    }
    if begun is None or not (begun.path / CHECKPOINT).exists():  # from its beginning
        membership, config = planned.membership, planned.config
        where = (given.data_dir, runs_dir, planned.name)
        parent = planned.setting.parent
        events = train_run(config, *where, membership=membership, parent=parent, **how)
    else:
        choices = {"model": planned.config.model}
        events = resume_run(str(begun.path), choices, given.data_dir, runs_dir, **how)
    try:
        with watched(source):
            for event in events:
                if isinstance(event, EpochRecord):
                    connection.send(event)
    except DivergedError:
        return DIVERGED
    return COMPLETE
