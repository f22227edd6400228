"""Ink that may be several digits -> the slices that seams of little ink cut it into.

Over-segmentation as R. G. Casey and E. Lecolinet describe it ("A survey of methods and strategies
in character segmentation", 1996): more seams than there are digits, to be chosen from later.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.layout import Ink

#: Rows of the small copy in which seams are searched: a stroke has two or three there.
ROWS = 48

#: A step aside costs so much, beside a pixel of ink: a seam goes round ink, but not in zigzags.
ASIDE = 0.05

#: A seam crosses at most so many widths of the pen: where strokes touch along a curve.
CROSSED = 3.0

#: Between two seams, and before the first, there is this part of the ink of an upright stroke.
SLICE = 0.35


def cut(ink: Ink, pen: float) -> list[tuple[Ink, bool]]:
    """Return the slices of a piece from left to right, and whether each is cut from the last.

    `pen` is the width of strokes in pixels. Where nothing but paper is before a slice, no cut is.
    """
    scale = min(1.0, ROWS / ink.height)
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    small = np.asarray(
        cv2.resize(ink.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32
    )
    rows = np.minimum((np.arange(ink.height) * scale).astype(np.int64), size[1] - 1)
    width = max(pen * scale, 1.0)
    columns = np.arange(ink.width)
    slices: list[tuple[Ink, bool]] = []
    start = np.zeros(ink.height, np.int64)
    through = False
    for path in [*_chosen(small, width), np.full(size[1], size[0])]:
        end = np.maximum(np.rint((path[rows] + 0.5) / scale).astype(np.int64), start)
        mask = ink.mask * ((columns >= start[:, None]) & (columns < end[:, None]))
        if mask.sum() * scale**2 > width**2:  # more than a dot
            slices.append((Ink.of(ink.left, ink.top, mask), through))
            start, through = end, bool(small[range(size[1]), path % size[0]].any())
    return slices


def _chosen(ink: NDArray[np.float32], pen: float) -> list[NDArray[np.int64]]:
    """Choose seams of least ink, each with enough ink between it and any other.

    Returns the column of each in every row, from left to right.
    """
    through, above, below = _seams(ink)
    crossed = (through / pen).ravel()
    before = np.cumsum(ink, axis=1) - ink
    upper, lower = np.zeros_like(before), np.zeros_like(before)
    for row in range(1, len(ink)):
        upper[row] = (upper[row - 1] + before[row - 1])[above[row]]
        lower[-1 - row] = (lower[-row] + before[-row])[below[-1 - row]]
    left = (upper + before + lower).ravel()  # ink before the seam through each pixel
    least = SLICE * len(ink) * pen
    usable = (crossed <= CROSSED) & (left >= least) & (ink.sum() - left >= least)
    order = np.argsort(crossed, kind="stable")
    order = order[usable[order]]
    found: list[tuple[float, NDArray[np.int64]]] = []
    while len(order):
        best = int(order[0])
        row, column = divmod(best, ink.shape[1])
        found.append((float(left[best]), _trace(above, below, row, column)))
        order = order[np.abs(left[order] - left[best]) >= least]
    return [path for _, path in sorted(found, key=lambda seam: seam[0])]


def _seams(
    ink: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the path of least ink from top to bottom through each pixel.

    Returns its ink, and for each pixel the column from which the path comes from above and from
    below; all (h, w).
    """
    down, above = _sweep(ink)
    up, below = _sweep(ink[::-1])
    return down + up[::-1] - ink, above, below[::-1]


def _sweep(ink: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Add ink up along the best path to each pixel from the top."""
    height, width = ink.shape
    total = np.full((height, width + 2), np.inf)  # nothing comes from beside the picture
    total[0, 1:-1] = ink[0]
    straight, left, right = total[:, 1:-1], total[:, :-2], total[:, 2:]
    for row in range(1, height):
        aside = np.minimum(left[row - 1], right[row - 1]) + ASIDE
        straight[row] = ink[row] + np.minimum(straight[row - 1], aside)
    ways = np.stack([straight[:-1], left[:-1] + ASIDE, right[:-1] + ASIDE])
    origin = np.zeros((height, width), np.int64)
    origin[1:] = np.arange(width) + np.array([0, -1, 1])[ways.argmin(axis=0)]
    return straight, origin


def _trace(
    above: NDArray[np.int64], below: NDArray[np.int64], row: int, column: int
) -> NDArray[np.int64]:
    """Follow a seam from a pixel up and down; its column in each row."""
    path = np.empty(len(above), np.int64)
    path[row] = column
    for upper in range(row, 0, -1):
        path[upper - 1] = above[upper, path[upper]]
    for lower in range(row, len(above) - 1):
        path[lower + 1] = below[lower, path[lower]]
    return path
