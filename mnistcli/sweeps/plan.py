"""What a sweep is to train: settings times seeds, each a run with a name of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mnistcli.choices import COMPLETE, DIVERGED
from mnistcli.errors import ChoiceError, RunError
from mnistcli.networks.source import Source
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.folders import check_name, timestamped
from mnistcli.runs.run import MANIFEST, Membership, Run

ENDED = (COMPLETE, DIVERGED)
"""A run's own words for: there is nothing more to train."""


@dataclass(frozen=True)
class Setting:
    """One of the configurations that a sweep compares."""

    options: Mapping[str, str]
    """Those in which the settings differ, as on the command line, by name."""
    config: TrainingConfig
    """With whatever seed."""
    source: Source | None
    """The Python file that the network comes from, if it does."""
    parent: Run | None = None
    """The run whose weights it begins with."""

    @property
    def said(self) -> str:
        """The options in a line."""
        pairs = (f"{name.replace('_', '-')} {value}" for name, value in self.options.items())
        return ", ".join(pairs) or "the one setting"


@dataclass(frozen=True)
class Planned:
    """One run of a sweep."""

    name: str
    setting: Setting
    config: TrainingConfig
    """The setting's, with the run's seed."""
    membership: Membership


@dataclass(frozen=True)
class Plan:
    """A sweep."""

    name: str
    settings: tuple[Setting, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        seen: dict[TrainingConfig, Setting] = {}
        for setting in self.settings:
            twin = seen.setdefault(replace(setting.config, seed=0), setting)
            if twin is not setting:
                raise ChoiceError(
                    f"two settings are the same: {twin.said} and {setting.said}. Leave one out."
                )

    @property
    def runs(self) -> tuple[Planned, ...]:
        """Every run: all settings with the first seed, then all with the second ...

        So a sweep with more seeds begins with the same runs, and half a sweep can be compared, too.
        """
        pairs = ((seed, setting) for seed in self.seeds for setting in self.settings)
        return tuple(
            Planned(
                f"{self.name}-{number:03}",
                setting,
                replace(setting.config, seed=seed),
                Membership(self.name, setting.options),
            )
            for number, (seed, setting) in enumerate(pairs)
        )

    def shard(self, part: int, parts: int) -> tuple[Planned, ...]:
        """Return every so many-th run; parts are counted from 0 or from 1."""
        return self.runs[part % parts :: parts]


def named(name: str | None) -> str:
    """Return a sweep's name, by default `sweep-<local time>`; raise RunError where it is none."""
    if name is None:
        return timestamped("sweep")
    check_name(name)
    return name


def check(runs: Sequence[Planned], runs_dir: Path, digests: Mapping[str, str]) -> None:
    """Raise RunError where a run of this name is there already, but another one.

    `digests` are those of the stored datasets, by name.
    """
    for planned in runs:
        found = existing(planned, runs_dir)
        if found is None:
            continue
        expected = {
            **planned.config.to_json(),
            "sweep": planned.membership.sweep,
            "dataset_digest": " ".join(digests[name] for name in planned.config.datasets),
        }
        got = {
            **found.config.to_json(),
            "sweep": found.sweep,
            "dataset_digest": " ".join(each["digest"] for each in found.datasets),
        }
        differences = [
            f"{name} is {got.get(name)}, now {value}"
            for name, value in expected.items()
            if got.get(name) != value
        ]
        if differences:
            raise RunError(
                f"{found.path} is there already, and is not this sweep's: "
                f"{'; '.join(differences)}. Choose another --name, or the options it began with; "
                f"more --seeds may be given."
            )


def existing(planned: Planned, runs_dir: Path) -> Run | None:
    """Return the run as it is on disk, if it has begun; raise RunError where it is damaged."""
    path = runs_dir / planned.name
    return Run.read(path) if (path / MANIFEST).exists() else None


def ended(planned: Planned, runs_dir: Path) -> str | None:
    """Return a run's status where there is nothing more to train, else None."""
    found = existing(planned, runs_dir)
    return found.status if found is not None and found.status in ENDED else None
