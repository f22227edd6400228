"""The images that a training gets: of one dataset or several, in the classes of one network."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnistcli.datasets import store
from mnistcli.datasets.store import DatasetInfo, Split
from mnistcli.errors import DatasetError
from mnistcli.runs.config import TrainingConfig

SHOWN = 5  # names of classes in a message
HEARD = 0.1  # of the largest dataset: what is repeated less often is drowned


@dataclass(frozen=True)
class Pool:
    """Stored datasets, the one first that is validated and tested on."""

    data_dir: Path
    datasets: tuple[DatasetInfo, ...]
    classes: tuple[str, ...]

    @property
    def identities(self) -> list[dict[str, str]]:
        """Name and digest of each dataset."""
        return [{"name": each.name, "digest": each.digest} for each in self.datasets]

    @property
    def digest(self) -> str:
        """One SHA-256 for all of it."""
        digests = [each.digest for each in self.datasets]
        joined = "".join([*digests, "\0".join(self.classes)])
        return hashlib.sha256(joined.encode()).hexdigest()

    def train(self, held_out: float, *, heard: bool = False) -> tuple[Split, Split | None]:
        """Return the training images, and those of the first dataset that are held out of them.

        `held_out` is their fraction of the first dataset's, from its end. Where every dataset is
        to be `heard`, however small, its images are repeated until they are a tenth of the largest.
        """
        first, *others = (self._load(each.name, "train") for each in self.datasets)
        train, validation = hold_out(first, held_out)
        if others:
            parts = [train, *others]
            if heard:
                least = round(HEARD * max(len(part.labels) for part in parts))
                parts = [_repeated(part, least) for part in parts]
            train = joined(parts)
        return train, validation

    def closes(self, config: TrainingConfig) -> bool:
        """Whether a training's last epochs are of the first dataset's images alone.

        It is measured on these, and they have the last word: what was learnt of the others stays,
        and what they took from it comes back. But where another is larger, the few of the first
        would be learnt by heart; where it lacks classes, and where a training begins with weights,
        nothing is to be forgotten.
        """
        first, *others = self.datasets
        return (
            bool(others)
            and config.epochs > 1
            and config.weights is None
            and first.train >= max(each.train for each in others)
            and set(first.classes) == set(self.classes)
        )

    def test(self) -> Split:
        """Return the test images of the first dataset."""
        return self._load(self.datasets[0].name, "test")

    def _load(self, name: str, split: str) -> Split:
        return store.load(self.data_dir, name, split).relabelled(self.classes)


def open_pool(data_dir: Path, names: Sequence[str], known: Sequence[str] | None = None) -> Pool:
    """Return the pool of stored datasets; raise DatasetError where their classes don't agree.

    They agree where one has all the classes of the others. `known` are those of a network that the
    training begins with: they are kept where they are all that is needed.
    """
    datasets = tuple(store.info(data_dir, name) for name in dict.fromkeys(names))
    needed = {name for each in datasets for name in each.classes}
    for classes in (known or (), *(each.classes for each in datasets)):
        if needed <= set(classes):
            return Pool(data_dir, datasets, tuple(classes))
    first, *others = datasets
    other = next(each for each in others if set(each.classes) - set(first.classes))
    raise DatasetError(
        f"{first.name} and {other.name} cannot be trained on together, their classes don't agree: "
        f"only {first.name} has {_listed(first, other)}, only {other.name} has "
        f"{_listed(other, first)}. Leave one of them out."
    )


def joined(parts: Sequence[Split]) -> Split:
    """Return splits of the same classes as one."""
    return Split(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        parts[0].classes,
    )


def _repeated(split: Split, least: int) -> Split:
    """Return a split with each of its images as often as it takes to have so many."""
    times = -(-least // len(split.labels))
    if times <= 1:
        return split
    return Split(split.images.repeat(times, 0), split.labels.repeat(times), split.classes)


def hold_out(train: Split, fraction: float) -> tuple[Split, Split | None]:
    """Return the training images without, and with only, their last `fraction`."""
    held = round(len(train.labels) * fraction)
    if held == 0:
        return train, None
    return (
        Split(train.images[:-held], train.labels[:-held], train.classes),
        Split(train.images[-held:], train.labels[-held:], train.classes),
    )


def _listed(one: DatasetInfo, other: DatasetInfo) -> str:
    """Name the classes that only one of two datasets has."""
    names = [name for name in one.classes if name not in other.classes]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(names[:SHOWN]) or "none") + more
