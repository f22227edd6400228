"""What bad cuts make of digits: two in one, a half, a neighbour's part beside one, a rule left in.

Left out is what a person would read as a digit: the right half of an 8 is a 3, that of a 9 or a 4
a 1, so left halves only; a line through a 7 or below a 1 belongs to it.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.layout import Ink
from nodigit.hand import Mask

Bytes = NDArray[np.uint8]

LARGE = 6  # pixels of ink for one of an image
WHITE = 127  # and brighter: ink
HALVED = (0, 2, 3, 5, 6, 8, 9)  # half of a 4 is a 4 still, that of a 7 may be a 1
MOST_LEFT = 0.55  # of a digit's ink, in its left half
WITH_PART = (0, 2, 3, 4, 5, 6, 8, 9)
RULED = (0, 3, 5, 6, 8, 9)
LEAST_PART = 0.25  # of the digit's ink: less is a speck, and people's digits have these
NARROW = 1  # the digit that beside another can be a part of it: only where paper is between them


@dataclass(frozen=True, eq=False)
class Digits:
    """Digits to spoil: images (n, 28, 28), ink bright, and labels (n,)."""

    images: Bytes
    labels: Bytes

    def one(
        self, rng: np.random.Generator, among: tuple[int, ...] = tuple(range(10))
    ) -> tuple[Mask, int]:
        """Choose a digit at random; its mask, enlarged, and what it is."""
        rows = np.flatnonzero(np.isin(self.labels, among))
        row = int(rng.choice(rows))
        side = 28 * LARGE
        large = cv2.resize(self.images[row], (side, side), interpolation=cv2.INTER_CUBIC)
        return Ink.of(0, 0, (large > WHITE).astype(np.uint8)).mask, int(self.labels[row])


def two(digits: Digits, rng: np.random.Generator) -> Mask:
    """Put two digits side by side, touching or near."""
    (first, a), (second, b) = digits.one(rng), digits.one(rng)
    height = first.shape[0]
    least = 0.12 if NARROW in (a, b) else -0.06
    return beside(first, second, rng.uniform(least, 0.3) * height, rng.normal(0, 0.06) * height)


def half(digits: Digits, rng: np.random.Generator) -> Mask:
    """Cut a digit from top to bottom and keep the left side.

    A slanting digit may be there with most of its ink, and still be read: then another one.
    """
    while True:
        mask, _ = digits.one(rng, HALVED)
        left = mask[:, : round(mask.shape[1] * rng.uniform(0.42, 0.58))]
        if 0 < left.sum() < MOST_LEFT * mask.sum():
            return Ink.of(0, 0, left).mask


def with_part(digits: Digits, rng: np.random.Generator) -> Mask:
    """Leave a part of its neighbour beside a digit."""
    mask, _ = digits.one(rng, WITH_PART)
    right = rng.random() < 1 / 2
    part = np.zeros((1, 1), np.uint8)
    while part.sum() < LEAST_PART * mask.sum():
        other, _ = digits.one(rng, WITH_PART)
        cut = round(other.shape[1] * rng.uniform(0.28, 0.5))
        part = other[:, :cut] if right else other[:, -cut:]
    part = Ink.of(0, 0, part).mask
    gap, lift = rng.uniform(-0.05, 0.2) * mask.shape[0], rng.normal(0, 0.05) * mask.shape[0]
    return beside(mask, part, gap, lift) if right else beside(part, mask, gap, lift)


def ruled(digits: Digits, rng: np.random.Generator) -> Mask:
    """Leave a rule in a digit, which sticks out on both sides."""
    mask, _ = digits.one(rng, RULED)
    height, width = mask.shape
    out = np.round(rng.uniform(0.3, 0.6, 2) * height).astype(int)
    canvas = np.pad(mask, ((4, 4), (out[0], out[1])))
    y = 4 + round(height * rng.uniform(0.12, 0.88))
    thick = int(rng.integers(3, 12))
    cv2.line(canvas, (0, y), (canvas.shape[1], y + round(rng.normal(0, 0.02) * width)), 1, thick)
    return canvas


def beside(first: Mask, second: Mask, gap: float, lift: float) -> Mask:
    """Put ink to the right of other ink, so far from it where they come nearest, and so high."""
    down = max(first.shape[0], second.shape[0]) - np.array([first.shape[0], second.shape[0]])
    tops = down // 2 + (0, round(-lift))
    tops = tops - tops.min()
    nearest = [0]
    for y in range(max(tops), min(tops[0] + first.shape[0], tops[1] + second.shape[0])):
        right, left = np.flatnonzero(first[y - tops[0]]), np.flatnonzero(second[y - tops[1]])
        if len(right) and len(left):
            nearest.append(int(right[-1]) + 1 - int(left[0]))
    at = max(round(max(nearest) + gap), round(0.7 * first.shape[1]))
    height = max(tops[0] + first.shape[0], tops[1] + second.shape[0])
    canvas = np.zeros((height, max(first.shape[1], at + second.shape[1])), np.uint8)
    canvas[tops[0] : tops[0] + first.shape[0], : first.shape[1]] |= first
    canvas[tops[1] : tops[1] + second.shape[0], at : at + second.shape[1]] |= second
    return canvas
