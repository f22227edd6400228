"""How long a sweep will take: by runs like its own that are complete, or else by a few steps."""

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from mnistcli.errors import TrainingError
from mnistcli.runs import comparison
from mnistcli.runs.config import TrainingConfig
from mnistcli.sweeps.plan import Planned, ended, existing
from mnistcli.training.jobs.processes import desk, exit_of

VERSION = 1  # of the JSON
TRIED = 0.5  # seconds of steps from which a forecast is made
FINISHING = 1.2  # seconds that a run takes beside building and epochs: calibration, files, test
REHEARSED = 6  # kinds of runs, at most; the others are taken for as long


@dataclass(frozen=True)
class Forecast:
    """What a sweep has before it."""

    missing: int
    """Runs to train, or to end."""
    seconds: float
    """Of all of them, from the first to the last."""


def forecast(runs: Sequence[Planned], data_dir: Path, runs_dir: Path, *, jobs: int) -> Forecast:
    """Return what these runs will take: by those like them that are complete, or by a few steps.

    Raises NetworkError where a network of the user's own cannot be built.
    """
    missing = [each for each in runs if ended(each, runs_dir) is None]
    kinds: dict[TrainingConfig, list[Planned]] = {}
    for each in missing:
        kinds.setdefault(_kind(each.config), []).append(each)
    per_epoch: dict[TrainingConfig, tuple[float, float]] = {}
    for each in runs:
        if each not in missing and (known := _known(each, runs_dir)):
            per_epoch.setdefault(_kind(each.config), known)
    unknown = [found[0] for kind, found in kinds.items() if kind not in per_epoch]
    own = [each for each in unknown if each.setting.source]
    others = [each for each in unknown if not each.setting.source]
    tried = own + others[:: max(1, -(-len(others) // REHEARSED))]
    per_epoch |= _rehearsed(tried, data_dir, min(jobs, len(missing)))
    usual = tuple(statistics.fmean(column) for column in zip(*per_epoch.values(), strict=True))
    seconds = 0.0
    for kind, found in kinds.items():
        once, epoch = per_epoch.get(kind, usual)
        seconds += sum(once + epoch * each.config.epochs for each in found)
    return Forecast(len(missing), seconds / max(1, min(jobs, len(missing))))


def _kind(config: TrainingConfig) -> TrainingConfig:
    """Return what runs have in common whose epochs take equally long."""
    return replace(
        config,
        seed=0,
        optimizer="",
        learning_rate=None,
        schedule="",
        epochs=0,
        early_stopping=None,
        loss="",
    )


def _known(planned: Planned, runs_dir: Path) -> tuple[float, float] | None:
    """Return the seconds that a complete run took once, and for an epoch."""
    found = existing(planned, runs_dir)
    results = comparison.summarise(found).results if found else None
    if results is None:
        return None
    epochs = [record.seconds for record in results.history]
    return results.seconds - sum(epochs), statistics.fmean(epochs)


def _rehearsed(
    tried: Sequence[Planned], data_dir: Path, jobs: int
) -> dict[TrainingConfig, tuple[float, float]]:
    """Return the same, tried by as many processes at once as will train."""
    found: dict[TrainingConfig, tuple[float, float]] = {}
    pending = deque(tried)
    while tried and len(pending) < jobs:  # an epoch will have as much company
        pending.append(tried[0])
    with desk() as under_way:
        while pending or under_way.jobs:
            while pending and len(under_way.jobs) < jobs:
                planned = pending.popleft()
                under_way.start(_rehearse, planned, planned, data_dir)
            for job, report in under_way.reports(None):
                match report:
                    case tuple():
                        found[_kind(job.planned.config)] = report
                    case Exception():
                        raise report
                    case None if _kind(job.planned.config) not in found:
                        raise TrainingError(
                            f"{job.planned.setting.said}: {exit_of(job.process.exitcode)}"
                        )
    return found


def _rehearse(planned: Planned, data_dir: Path, connection: Connection) -> None:
    """Report the seconds of a run, once and for an epoch, by a few steps in this process."""
    from mnistcli.networks.own import watched
    from mnistcli.training.rehearsal import rehearse

    with watched(planned.setting.source):
        known = planned.setting.parent.classes if planned.setting.parent else None
        plan = rehearse(planned.config, data_dir, planned.setting.source, known, TRIED)
    connection.send((plan.before + FINISHING, plan.seconds))
