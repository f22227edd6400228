"""The runs of a sweep, in the numbers that are compared."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mnistcli.errors import ChoiceError
from mnistcli.runs.comparison import Summary
from mnistcli.runs.history import EpochRecord


@dataclass(frozen=True)
class Member:
    """A run of a sweep, in the numbers that are compared."""

    setting: tuple[tuple[str, str], ...]
    """What varies, by name."""
    seed: int
    status: str
    """One of choices.STATUSES."""
    accuracy: float = math.nan
    """On the images held out, of the weights that were kept; nan unless complete."""
    loss: float = math.nan
    test: float = math.nan
    """Accuracy on the test images."""
    seconds: float = math.nan
    parameters: float = math.nan
    history: tuple[EpochRecord, ...] = ()


def member(summary: Summary) -> Member:
    """Return a run of a sweep in numbers."""
    run = summary.run
    setting = tuple(run.membership.setting.items()) if run.membership else ()
    plain = Member(setting, run.config.seed, summary.status)
    if summary.results is None:
        return plain
    kept = kept_epoch(summary.results.history, early=run.config.early_stopping is not None)
    if kept.val_accuracy is None or kept.val_loss is None:
        return plain
    return replace(
        plain,
        accuracy=kept.val_accuracy,
        loss=kept.val_loss,
        test=summary.results.accuracy,
        seconds=summary.results.seconds,
        parameters=sum(layer.parameters for layer in run.layers),
        history=summary.results.history,
    )


def kept_epoch(history: Sequence[EpochRecord], *, early: bool) -> EpochRecord:
    """Return the epoch whose weights a run has: the last, or with early stopping the best."""
    if not early:
        return history[-1]
    return min(history, key=lambda each: math.inf if each.val_loss is None else each.val_loss)


def averaged(members: Iterable[Member], by: str) -> list[Member]:
    """Return a member for each value of an option and seed: the mean over all other options.

    Of the other options, what all values have, so that like is compared with like. Raises
    ChoiceError where that is nothing.
    """
    cells: dict[tuple[tuple[str, str], ...], dict[str, dict[int, Member]]] = {}
    values: dict[str, None] = {}
    for each in members:
        value = dict(each.setting)[by]
        rest = tuple(pair for pair in each.setting if pair[0] != by)
        values[value] = None
        cells.setdefault(rest, {}).setdefault(value, {})[each.seed] = each
    whole = [cell for cell in cells.values() if set(cell) == set(values)]
    if not whole:
        raise ChoiceError(
            f"--by {by.replace('_', '-')}: no other options go with every value of it, so there "
            f"is nothing fair to average over."
        )
    seeds = sorted({seed for cell in whole for found in cell.values() for seed in found})
    return [
        _mean(((by, value),), seed, [cell[value].get(seed) for cell in whole])
        for value in values
        for seed in seeds
        if all(seed in cell[value] for cell in whole)
    ]


def _mean(
    setting: tuple[tuple[str, str], ...], seed: int, parts: Sequence[Member | None]
) -> Member:
    members = [each for each in parts if each is not None]
    unlike = [each.status for each in members if math.isnan(each.accuracy)]

    def mean(value: Callable[[Member], float]) -> float:
        return statistics.fmean(map(value, members))

    return Member(
        setting,
        seed,
        unlike[0] if unlike else members[0].status,
        accuracy=mean(lambda each: each.accuracy),
        loss=mean(lambda each: each.loss),
        test=mean(lambda each: each.test),
        seconds=mean(lambda each: each.seconds),
        parameters=mean(lambda each: each.parameters),
    )
