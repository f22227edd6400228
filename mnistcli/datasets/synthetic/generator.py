"""A dataset of digits drawn by code: MNIST's shapes, types and class balance, no download.

Everything follows from a seed (on a given NumPy and OpenCV), whatever draws it: the dataset is cut
into chunks, and each is drawn from a seed of its own.
"""

from collections.abc import Generator, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.cores import cores
from mnistcli.datasets.synthetic.handwriting import SIDE, draw_style
from mnistcli.datasets.synthetic.strokes import styles
from mnistcli.errors import DatasetError
from mnistcli.parallel import ordered

Split = Literal["train", "test"]
Bytes = NDArray[np.uint8]

SEED = 1998  # the year of the paper that introduced MNIST
CHUNK = 1000  # digits: a quarter of a second, so that progress is smooth and Ctrl-C prompt
CHUNKS_PER_WORKER = 3  # fewer are drawn by the time a worker has started

# How many of each digit MNIST has.
MNIST_COUNTS: dict[Split, tuple[int, ...]] = {
    "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
}


@dataclass(frozen=True, eq=False)
class Chunk:
    """Finished digits of a split from `offset` on: images (n, 28, 28) uint8, labels (n,) uint8."""

    split: Split
    offset: int
    images: Bytes
    labels: Bytes


def draw_digits(labels: Bytes, seed: int | np.random.SeedSequence) -> Bytes:
    """Return an image (28, 28) of each label (n,), each 0..9, as uint8 (n, 28, 28), ink bright."""
    rng = np.random.default_rng(seed)
    images = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    for digit in np.unique(labels).tolist():
        ways = styles(digit)
        of_digit = np.flatnonzero(labels == digit)
        chosen = rng.choice(len(ways), len(of_digit), p=[way.share for way in ways])
        for index, way in enumerate(ways):
            rows = of_digit[chosen == index]
            for row, image in zip(rows, draw_style(way, len(rows), rng), strict=True):
                images[row] = image
    return images


def draw_dataset(
    train: int = 60_000, test: int = 10_000, seed: int = SEED, workers: int | None = None
) -> Generator[Chunk, None, None]:
    """Yield both splits' chunks, in order, drawn by that many processes (default: one per core).

    The digits do not depend on `workers`. Closing the iterator, or an exception such as Ctrl-C's
    while it waits, stops the processes. A script that calls this with more than one worker needs
    the usual `if __name__ == "__main__":`. Raises DatasetError if a process dies.
    """
    tasks = [*_tasks("train", train, seed), *_tasks("test", test, seed)]
    if workers is None:
        workers = min(cores(), len(tasks) // CHUNKS_PER_WORKER)
    if workers <= 1:
        return (_draw(task) for task in tasks)
    return _draw_in_processes(tasks, workers)


def class_counts(split: Split, n: int) -> NDArray[np.int64]:
    """Return how many of each digit (10,) are among n, in MNIST's proportions, rounded."""
    counts = np.array(MNIST_COUNTS[split], dtype=np.int64)
    # Rounding the running total, instead of each count, makes them add up to n.
    ends = np.cumsum(counts) * n // counts.sum()
    return np.asarray(np.diff(ends, prepend=0))


@dataclass(frozen=True, eq=False)
class _Task:
    split: Split
    offset: int
    labels: Bytes
    seed: np.random.SeedSequence


def _tasks(split: Split, n: int, seed: int) -> Iterator[_Task]:
    key = list(MNIST_COUNTS).index(split)
    rng = np.random.default_rng(np.random.SeedSequence((seed, key)))
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), class_counts(split, n)))
    for chunk, offset in enumerate(range(0, n, CHUNK)):
        # The chunk counts from 1: SeedSequence takes (seed, key, 0) and (seed, key) for the same.
        chunk_seed = np.random.SeedSequence((seed, key, chunk + 1))
        yield _Task(split, offset, labels[offset : offset + CHUNK], chunk_seed)


def _draw(task: _Task) -> Chunk:
    return Chunk(task.split, task.offset, draw_digits(task.labels, task.seed), task.labels)


def _draw_on_one_core(task: _Task) -> Chunk:
    cv2.setNumThreads(1)
    return _draw(task)


def _draw_in_processes(tasks: list[_Task], workers: int) -> Generator[Chunk, None, None]:
    try:
        # Spawned: the caller may have threads, and a fork copies whatever locks they hold.
        yield from ordered(_draw_on_one_core, tasks, workers, spawned=True)
    except BrokenProcessPool as error:
        raise DatasetError(
            "drawing digits stopped: expected every process to finish its part, but one died. "
            "If memory was short, free some, or draw with workers=1."
        ) from error
