"""Runs side by side: what they are, what they scored, where they differ; and their removal."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnistcli.choices import INTERRUPTED, TRAINING
from mnistcli.errors import RunError
from mnistcli.runs import locks
from mnistcli.runs.finding import locate, runs
from mnistcli.runs.history import Results
from mnistcli.runs.run import MANIFEST, METRICS, Run

VERSION = 1  # of the JSON


@dataclass(frozen=True)
class Summary:
    """A run in a line."""

    run: Run
    status: str
    """One of choices.STATUSES."""
    results: Results | None
    """None unless the run is complete and its metrics.json what training wrote."""
    size: int
    """Bytes of all its files."""

    @property
    def accuracy(self) -> float | None:
        """On the test images, in [0, 1]."""
        return self.results.accuracy if self.results else None

    @property
    def loss(self) -> float | None:
        """On the test images: mean cross-entropy, in nats."""
        return self.results.loss if self.results else None

    @property
    def metrics(self) -> Mapping[str, float]:
        """On the test images: those asked for beside the accuracy, by name."""
        return self.results.metrics if self.results else {}

    @property
    def seconds(self) -> float | None:
        """Of the whole training."""
        return self.results.seconds if self.results else None

    @property
    def epochs(self) -> int:
        """Trained, or, before the end, meant to be."""
        return len(self.results.history) if self.results else self.run.config.epochs

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON object, numbers unrounded; null: not known."""
        config = self.run.config
        return {
            "run": str(self.run.path.absolute()),
            "name": self.run.name,
            "status": self.status,
            "created": self.run.created,
            "model": config.model,
            "dataset": config.dataset,
            "datasets": list(config.datasets),
            "optimizer": config.optimizer,
            "epochs": self.epochs,
            "seed": config.seed,
            "sweep": self.run.sweep,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "seconds": self.seconds,
            "size": self.size,
        }


DESCENDING = ("created", "accuracy")  # the newest and the best are what one looks for


def list_runs(
    runs_dir: Path, *, order: str, reverse: bool, wanted: Mapping[str, Sequence[str]]
) -> list[Summary]:
    """Return the runs under a folder whose `wanted` values (all, where empty) are among those.

    Sorted by one of choices.ORDERS: the newest, or the best, first; otherwise the least first. What
    is not known comes last, equal ones newest first.
    """
    found = [summarise(run) for run in runs(runs_dir)]
    kept = [
        summary
        for summary in found
        if all(_any(summary, name) & set(values) for name, values in wanted.items() if values)
    ]
    known = [summary for summary in kept if _value(summary, order) is not None]
    unknown = [summary for summary in kept if _value(summary, order) is None]
    # Sorted is stable, in reverse too: equal runs stay newest first.
    known.sort(key=lambda summary: _value(summary, order), reverse=(order in DESCENDING) != reverse)
    return known + unknown


def unreadable(runs_dir: Path) -> Iterator[RunError]:
    """Yield what is wrong with each run under a folder that cannot be read."""
    for manifest in sorted(runs_dir.glob(f"*/{MANIFEST}")):
        try:
            Run.read(manifest.parent)
        except RunError as error:
            yield error


def summarise(run: Run) -> Summary:
    """Return what can be said of a run without loading its model."""
    try:
        results = Results.from_json(run.verified(METRICS))
    except (RunError, OSError):
        results = None
    return Summary(run, status(run), results, _size(run.path))


def status(run: Run) -> str:
    """Return one of choices.STATUSES; "interrupted" is: begun, but nobody trains it now."""
    if run.status != TRAINING:
        return run.status
    return TRAINING if locks.is_held(run.path) else INTERRUPTED


def _value(summary: Summary, name: str) -> Any:
    return summary.to_json()[name]


def _any(summary: Summary, name: str) -> set[str]:
    """Return what a run can be asked for by: its value, or all of its datasets."""
    if name == "dataset":
        return set(summary.run.config.datasets)
    return {str(_value(summary, name))}


def _size(path: Path) -> int:
    return sum(
        os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - os.walk's strings
        for folder, _, names in os.walk(path)
        for name in names
    )


@dataclass(frozen=True)
class Comparison:
    """Runs, and what differs between them: a value for each run, by name."""

    summaries: Sequence[Summary]
    configuration: Mapping[str, Sequence[Any]]
    versions: Mapping[str, Sequence[Any]]
    computing: Mapping[str, Sequence[Any]]

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as a JSON object, numbers unrounded."""
        return {
            "version": VERSION,
            "runs": [
                summary.to_json()
                | {
                    "metrics": dict(summary.metrics),
                    "history": [r.to_json() for r in summary.results.history]
                    if summary.results
                    else [],
                }
                for summary in self.summaries
            ],
            "differences": {
                "configuration": dict(self.configuration),
                "versions": dict(self.versions),
                "computing": dict(self.computing),
            },
        }


def compare(found: Iterable[Run]) -> Comparison:
    """Return what is the same in no two runs, or in some only: configuration, data, versions."""
    summaries = [summarise(run) for run in found]
    configurations = [
        summary.run.config.to_json()
        | {"dataset_digest": " ".join(each["digest"] for each in summary.run.datasets)}
        for summary in summaries
    ]
    return Comparison(
        summaries,
        _differences(configurations),
        _differences([summary.run.versions for summary in summaries]),
        _differences([summary.run.computing for summary in summaries]),
    )


def _differences(objects: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for each in objects for name in each)
    columns = {name: [each.get(name) for each in objects] for name in names}
    return {name: values for name, values in columns.items() if any(v != values[0] for v in values)}


def removable(runs_dir: Path, references: Iterable[str]) -> list[Path]:
    """Return the folders of runs, each once, damaged ones included.

    Raises RunError when there is no such run, or one of them is being trained.
    """
    # Absolute and without dots: a run may be named twice, or be the current folder.
    located = (os.path.abspath(locate(runs_dir, reference)) for reference in references)  # noqa: PTH100
    paths = [Path(path) for path in dict.fromkeys(located)]
    for path in paths:
        if locks.is_held(path):
            raise RunError(
                f"run {path.name} is being trained by another process. Stop that one first."
            )
    return paths


def remove(path: Path) -> None:
    """Remove a run: its manifest first, so that what is left of it is a run no more."""
    if path.is_symlink():
        path.unlink()
    else:
        (path / MANIFEST).unlink()
        shutil.rmtree(path)
