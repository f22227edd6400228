"""A sweep as a table: what its settings score on held-out images, and which can be told apart."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mnistcli.choices import DIVERGED, INTERRUPTED
from mnistcli.errors import ChoiceError, RunError
from mnistcli.runs import comparison, computing
from mnistcli.runs.finding import runs
from mnistcli.sweeps.members import Member, averaged, member
from mnistcli.sweeps.plan import Planned
from mnistcli.sweeps.statistics import CONFIDENCE, MOST, Difference, Sample, paired

VERSION = 1  # of the JSON
BEST, SAME, WORSE, UNCLEAR, ALONE = "best", "same", "worse", "cannot tell", "not compared"
"""What can be said of a setting beside the best one."""


@dataclass(frozen=True)
class Row:
    """What is said of a setting."""

    setting: Mapping[str, str]
    seeds: tuple[int, ...]
    """Of its complete runs."""
    diverged: int
    """Runs that did."""
    unfinished: int
    """Runs that have not ended."""
    accuracy: Sample
    loss: Sample
    seconds: float
    """Mean of a run."""
    parameters: float
    """Mean, where it is averaged over networks."""
    difference: Difference | None
    """In accuracy, this setting's less the best one's, pairs of equal seeds; None: the best's own,
    or none that could be compared."""
    verdict: str
    """One of BEST, SAME, WORSE, UNCLEAR, ALONE."""
    lucky: bool
    """Worse, but so many settings are compared that one of them may be so by luck alone."""

    @property
    def words(self) -> str:
        """What can be said of the setting, for a person."""
        said = []
        if self.diverged:
            said.append(f"diverged with {_counted(self.diverged)}")
        if self.unfinished:
            said.append(f"unfinished with {_counted(self.unfinished)}")
        match self.verdict:
            case _ if not self.seeds:
                pass
            case "same":
                said.insert(0, "the same with every seed")
            case "worse" if self.lucky:
                said.insert(0, "worse, or unlucky among so many")
            case "not compared":
                said.insert(0, f"cannot tell with {_counted(len(self.seeds))}; 5 might do")
            case "cannot tell":
                said.insert(0, self._cannot_tell())
            case verdict:
                said.insert(0, verdict)
        return ", ".join(said)

    def _cannot_tell(self) -> str:
        assert self.difference is not None  # noqa: S101 - for the type checker: it was compared
        enough = self.difference.needed
        if enough is None:
            return f"cannot tell with {_counted(self.difference.n)}; {MOST:,} would not do either"
        return f"cannot tell with {_counted(self.difference.n)}; about {_about(enough)} would do"

    def to_json(self) -> dict[str, Any]:
        """Return the row as a JSON object; null is what cannot be said."""
        difference = self.difference
        return {
            "setting": dict(self.setting),
            "seeds": list(self.seeds),
            "diverged": self.diverged,
            "unfinished": self.unfinished,
            "val_accuracy": _known(self.accuracy.mean),
            "val_accuracy_sd": _known(self.accuracy.deviation),
            "val_loss": _known(self.loss.mean),
            "val_loss_sd": _known(self.loss.deviation),
            "seconds": _known(self.seconds),
            "parameters": _known(self.parameters),
            "difference": _known(difference.mean) if difference else None,
            "confidence_interval": _interval(difference),
            "p": _known(difference.p) if difference else None,
            "pairs": difference.n if difference else None,
            "seeds_needed": difference.needed if self.verdict == UNCLEAR and difference else None,
            "verdict": self.verdict,
            "may_be_luck": self.lucky,
        }


@dataclass(frozen=True)
class Table:
    """A sweep's rows, the best first."""

    sweep: str
    names: tuple[str, ...]
    """Of the options that vary."""
    by: str | None
    """The option that is left, where all others were averaged over."""
    rows: tuple[Row, ...]
    test: Sample
    """Test accuracy of the best setting's runs."""
    members: tuple[Member, ...]
    unlike: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What its runs were computed with that is not the same in all, by name."""

    @property
    def unfinished(self) -> int:
        """How many runs have not ended."""
        return sum(row.unfinished for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the table as a JSON object, numbers unrounded."""
        return {
            "version": VERSION,
            "sweep": self.sweep,
            "by": self.by,
            "confidence": CONFIDENCE,
            "settings": [row.to_json() for row in self.rows],
            "best": {
                "setting": dict(self.rows[0].setting),
                "test_accuracy": _known(self.test.mean),
                "test_accuracy_sd": _known(self.test.deviation),
            },
        }


def read(
    runs_dir: Path, sweep: str, by: str | None = None, planned: Iterable[Planned] = ()
) -> Table:
    """Return the table of a sweep from its runs on disk; raise RunError where there are none.

    With `by`, the name of an option, a row for each of its values, averaged over all other options.
    Raises ChoiceError where no such option varies. Of what is `planned`, what has not begun is
    counted as unfinished.
    """
    found = [run for run in runs(runs_dir) if run.sweep == sweep]
    begun = {run.name for run in found}
    awaited = [
        Member(tuple(each.setting.options.items()), each.config.seed, INTERRUPTED)
        for each in planned
        if each.name not in begun
    ]
    if not found and not awaited:
        names = sorted({run.sweep for run in runs(runs_dir) if run.sweep})
        raise RunError(
            f"there is no sweep {sweep} in {runs_dir}. There "
            + (f"are: {', '.join(names)}." if names else "is none: `mnistcli sweep` makes one.")
        )
    members = [member(comparison.summarise(run)) for run in found] + awaited
    unlike = computing.unlike([run.computing for run in found])
    return replace(table(sweep, members, by), unlike=unlike)


def table(sweep: str, members: Sequence[Member], by: str | None = None) -> Table:
    """Return the table of these runs; raise ChoiceError where `by` does not vary."""
    names = tuple(dict.fromkeys(name for each in members for name, _ in each.setting))
    if by is not None:
        by = by.lstrip("-").replace("-", "_")
        if by not in names:
            raise ChoiceError(
                f"--by {by.replace('_', '-')}: sweep {sweep} does not vary it. It varies "
                f"{', '.join(name.replace('_', '-') for name in names) or 'seeds only'}."
            )
        members, names = averaged(members, by), (by,)
    settings = dict.fromkeys(each.setting for each in sorted(members, key=lambda each: each.seed))
    groups = [[each for each in members if each.setting == setting] for setting in settings]
    groups.sort(key=_rank)
    best = _complete(groups[0])
    pairs = len(groups) * (len(groups) - 1) // 2
    rows = tuple(_row(group, best, pairs, first=group is groups[0]) for group in groups)
    test = Sample.of([each.test for each in best.values()])
    return Table(sweep, names, by, rows, test, tuple(members))


def _complete(group: Iterable[Member]) -> dict[int, Member]:
    """Return the members that can be compared, by seed."""
    return {each.seed: each for each in group if not math.isnan(each.accuracy)}


def _rank(group: Sequence[Member]) -> tuple[bool, bool, float, float]:
    """Return what the best setting has least of; one that diverges is none to choose."""
    complete = _complete(group).values()
    return (
        not complete,
        any(each.status == DIVERGED for each in group),
        -Sample.of([each.accuracy for each in complete]).mean if complete else 0,
        Sample.of([each.loss for each in complete]).mean if complete else 0,
    )


def _row(group: Sequence[Member], best: Mapping[int, Member], pairs: int, *, first: bool) -> Row:
    complete = _complete(group)
    seeds = tuple(sorted(complete))
    members = [complete[seed] for seed in seeds]
    common = [seed for seed in seeds if seed in best]
    differences = [complete[seed].accuracy - best[seed].accuracy for seed in common]
    difference = paired(differences) if common and not first else None
    diverged = sum(each.status == DIVERGED for each in group)
    verdict = _verdict(difference, differences, first=first, complete=bool(complete))
    return Row(
        setting=dict(group[0].setting),
        seeds=seeds,
        diverged=diverged,
        unfinished=len(group) - len(complete) - diverged,
        accuracy=Sample.of([each.accuracy for each in members]),
        loss=Sample.of([each.loss for each in members]),
        seconds=Sample.of([each.seconds for each in members]).mean,
        parameters=Sample.of([each.parameters for each in members]).mean,
        difference=difference,
        verdict=verdict,
        # Bonferroni: any of the pairs might have been the one that is looked at.
        lucky=verdict == WORSE and difference is not None and difference.p * pairs > 1 - CONFIDENCE,
    )


def _verdict(
    difference: Difference | None, differences: Sequence[float], *, first: bool, complete: bool
) -> str:
    if first and complete:
        return BEST
    if difference is None or difference.n < 2:  # noqa: PLR2004 - a pair has no spread
        return ALONE
    if not any(differences):
        return SAME
    return WORSE if difference.high < 0 else UNCLEAR


def _counted(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


def _about(number: int) -> str:
    """Return a number rounded up to one that nobody takes for exact."""
    step = 10 ** max(0, len(str(number)) - 2)
    step = 5 if step == 1 and number > 20 else step  # noqa: PLR2004 - people count to twenty
    return f"{-(-number // step) * step:,}"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _interval(difference: Difference | None) -> list[float] | None:
    if difference is None or math.isnan(difference.low):
        return None
    return [difference.low, difference.high]
