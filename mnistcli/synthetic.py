"""Digits drawn by code."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SEED = 0


@dataclass(frozen=True)
class Chunk:
    """Finished digits."""

    split: str
    offset: int
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def draw_digits(labels: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Return images (n, 28, 28) of labels (n,)."""
    rng = np.random.default_rng(seed)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        x, y = rng.integers(4, 9), rng.integers(21, 26)
        cv2.putText(image, str(label), (int(x), int(y)), 0, 0.8, 255, 2, cv2.LINE_AA)
    return images


def draw_dataset(train: int = 60_000, test: int = 10_000, seed: int = SEED) -> Iterator[Chunk]:
    """Yield chunks."""
    for split, total in (("train", train), ("test", test)):
        for offset in range(0, total, 1000):
            labels = (np.arange(min(1000, total - offset)) % 10).astype(np.uint8)
            yield Chunk(split, offset, draw_digits(labels, seed + offset), labels)
