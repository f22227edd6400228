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
ASIDE = 0.1

#: A seam crosses at most so many widths of the pen: where strokes touch along a curve.
CROSSED = 3.0

#: Seams, and the ends, are this part of the height apart: a narrow digit's width.
APART = 0.2


def cut(ink: Ink, pen: float) -> list[tuple[Ink, float]]:
    """Return the slices of a piece from left to right, and the ink before each in pens.

    `pen` is the width of strokes in pixels. The first slice has none before it.
    """
    scale = min(1.0, ROWS / ink.height)
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    small = np.asarray(
        cv2.resize(ink.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32
    )
    # Seams may run along the outside of a slice, above and below it.
    through, above, below = _seams(small)
    middle = size[1] // 2
    crossed = through[middle] / max(pen * scale, 1.0)
    slices: list[tuple[Ink, float]] = []
    start = np.zeros(ink.height, np.int64)
    cost = 0.0
    columns = np.arange(ink.width)
    for column in [*_minima(crossed, APART * size[1]), None]:
        if column is None:
            end = np.full(ink.height, ink.width)
        else:
            path = _trace(above, below, middle, column)
            rows = np.minimum((np.arange(ink.height) * scale).astype(np.int64), size[1] - 1)
            end = np.maximum(np.rint((path[rows] + 0.5) / scale).astype(np.int64), start)
        mask = ink.mask * ((columns >= start[:, None]) & (columns < end[:, None]))
        if mask.sum() * scale**2 > (pen * scale) ** 2:  # more than a dot
            slices.append((Ink.of(ink.left, ink.top, mask), cost))
            start, cost = end, float(crossed[column]) if column is not None else 0.0
    return slices


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


def _minima(crossed: NDArray[np.float64], apart: float) -> list[int]:
    """Return the columns with least ink, best first chosen, sorted, and `apart` from others."""
    chosen: list[int] = []
    for column in np.argsort(crossed, kind="stable"):
        if crossed[column] > CROSSED:
            break
        inside = apart <= column <= len(crossed) - 1 - apart
        if inside and all(abs(column - other) >= apart for other in chosen):
            chosen.append(int(column))
    return sorted(chosen)


def _trace(
    above: NDArray[np.int64], below: NDArray[np.int64], middle: int, column: int
) -> NDArray[np.int64]:
    """Follow a seam from the middle row up and down; its column in each row."""
    path = np.empty(len(above), np.int64)
    path[middle] = column
    for row in range(middle, 0, -1):
        path[row - 1] = above[row, path[row]]
    for row in range(middle, len(above) - 1):
        path[row + 1] = below[row, path[row]]
    return path
