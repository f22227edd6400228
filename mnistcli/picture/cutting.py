"""Ink that may be several digits, and is no scribble -> the slices that seams of little ink cut it into.

Over-segmentation as R. G. Casey and E. Lecolinet describe it ("A survey of methods and strategies
in character segmentation", 1996): more seams than there are digits, to be chosen from later.

Where two strokes touch, their outlines meet in a notch on either side. A seam that goes in through
one and out through another parts what was written apart; one that goes through a smooth outline
cuts a stroke.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.image import framed
from mnistcli.picture.ink import distance
from mnistcli.picture.layout import Ink

#: Rows of the small copy in which seams are searched: a stroke has two or three there.
ROWS = 48

#: A smooth outline is as much to a seam as so many widths of the pen of ink.
OUTLINE = 3.0

#: A seam that crosses more widths of the pen than this, outlines included, goes through two strokes;
#: one that crosses twice as many is none.
CROSSED = 8.0

#: Between two seams, and before the first, there is this part of the ink of an upright stroke. One
#: that goes through two strokes has more of it to either side, as the square of what it crosses: it
#: is where no other seam is near.
SLICE = 0.35

#: An 8 has two holes, or three where its strokes cross once more: paper of this part of a square as
#: wide as the pen, or it is a jag.
HOLES = 3
HOLE = 0.3

#: No stroke is so broad beside a digit's height, nor are two that touch.
BLOT = 2 / 3


def is_scribble(ink: Ink, height: float, pen: float, digits: int = 1) -> bool:
    """Tell whether ink has more holes than so many digits have, or is broader than any stroke.

    These are `height` high, and of a pen so wide, in pixels.
    """
    outlines, families = cv2.findContours(ink.mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(outlines) > HOLES * digits:
        holes = [outlines[n] for n in np.flatnonzero(families[0, :, 3] >= 0).tolist()]
        # What an outline of so many pixels encloses, by Pick's theorem.
        pixels = [cv2.contourArea(hole) - len(hole) / 2 + 1 for hole in holes]
        if sum(area >= HOLE * pen * pen for area in pixels) > HOLES * digits:
            return True
    across = BLOT * height
    if cv2.countNonZero(ink.mask) < math.pi / 4 * across**2:
        return False
    away = distance(np.pad(ink.mask, 1))
    return bool(2.0 * away.max() > across)


def cut(ink: Ink, pen: float) -> list[tuple[Ink, float | None]]:
    """Return the slices of a piece from left to right, and how each is cut from the last.

    That is through how many smooth outlines: 0 from sharp notch to sharp notch, 2 through a stroke;
    None where there is nothing but paper. `pen` is the width of strokes in pixels.
    """
    scale = min(1.0, ROWS / ink.height)
    rim = round(1 / scale)
    ink = Ink(ink.left - rim, ink.top - rim, framed(ink.mask, rim))
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    small, outline = (
        np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
        for whole in (ink.mask.astype(np.float32), _smooth_outline(ink.mask, pen, rim) / scale)
    )
    rows = np.minimum((np.arange(ink.height) * scale).astype(np.int64), size[1] - 1)
    width = max(pen * scale, 1.0)
    columns = np.arange(ink.width)
    slices: list[tuple[Ink, float | None]] = []
    start = np.zeros(ink.height, np.int64)
    through: float | None = None
    paths = np.array([*_chosen(small, outline, width), np.full(size[1], size[0])])
    steps = np.hypot(1.0, np.gradient(paths.astype(np.float64), axis=1))
    for path, step in zip(paths, steps, strict=True):
        end = np.maximum(np.rint((path[rows] + 0.5) / scale).astype(np.int64), start)
        mask = ink.mask * ((columns >= start[:, None]) & (columns < end[:, None]))
        if mask.sum() * scale**2 > width**2:  # more than a dot
            slices.append((Ink.of(ink.left, ink.top, mask), through))
            along = range(size[1]), path % size[0]
            start, through = end, float(outline[along] @ step) if small[along].any() else None
    return slices


def _smooth_outline(mask: NDArray[np.uint8], pen: float, rim: int) -> NDArray[np.float32]:
    """Mark the paper along a mask (h, w), `rim` pixels of it, so that across it the sum is 1.

    But for notches: paper that a disk as wide as the pen does not get into, a closing's.
    """
    room = int(pen / 2) + 1  # for what the disk covers, and paper around it
    away = distance(1 - framed(mask, room))
    closed = distance((away <= pen / 2).astype(np.uint8)) > pen / 2
    outline = (away > 0) & (away <= rim) & ~closed
    return np.asarray(outline[room:-room, room:-room] / rim, np.float32)


def _chosen(ink: NDArray[np.float32], outline: NDArray[np.float32], pen: float) -> list[list[int]]:
    """Choose seams of least ink and outlines (h, w), each with enough ink between it and any other.

    Returns the column of each in every row, from left to right.
    """
    through, above, below = _seams(ink + OUTLINE * pen * outline)
    upwards, downwards = above.tolist(), below.tolist()
    crossed = (through / pen).ravel()
    before = np.cumsum(ink, axis=1) - ink
    upper, lower = np.zeros_like(before), np.zeros_like(before)
    for row in range(1, len(ink)):
        upper[row] = (upper[row - 1] + before[row - 1])[above[row]]
        lower[-1 - row] = (lower[-row] + before[-row])[below[-1 - row]]
    left = (upper + before + lower).ravel()  # ink before the seam through each pixel
    room = SLICE * len(ink) * pen * np.maximum(crossed / CROSSED, 1.0) ** 2
    usable = (crossed <= 2 * CROSSED) & (np.minimum(left, ink.sum() - left) >= room)
    order = np.argsort(crossed, kind="stable")
    order = order[usable[order]]
    found: list[tuple[float, list[int]]] = []
    while len(order):
        best = int(order[0])
        row, column = divmod(best, ink.shape[1])
        found.append((float(left[best]), _trace(upwards, downwards, row, column)))
        order = order[np.abs(left[order] - left[best]) >= room[order]]
    return [path for _, path in sorted(found, key=lambda seam: seam[0])]


def _seams(
    price: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Find the cheapest path from top to bottom through each pixel.

    Returns its price, and for each pixel the column from which the path comes from above and from
    below; all (h, w).
    """
    total, origin = _sweep(np.stack([price, price[::-1]], axis=1))
    down, up = total[:, 0], total[::-1, 1]
    return down + up - price, origin[:, 0], origin[::-1, 1]


def _sweep(price: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Add prices (h, ..., w) up along the best path to each pixel from the top.

    A diagonal is longer. Also returns the column that the path comes from, one row above.
    """
    *above, width = price.shape
    total = np.full((*above, width + 2), np.inf)  # nothing comes from beside the picture
    total[0, ..., 1:-1] = price[0]
    straight, left, right = total[..., 1:-1], total[..., :-2], total[..., 2:]
    more = (2**0.5 - 1) * price
    for row in range(1, len(price)):
        aside = np.minimum(left[row - 1], right[row - 1]) + more[row]
        straight[row] = price[row] + np.minimum(straight[row - 1], aside)
    from_left, from_right = left[:-1] + more[1:], right[:-1] + more[1:]
    aside = np.where(from_left <= from_right, -1, 1)
    beyond = straight[:-1] > np.minimum(from_left, from_right)
    origin = np.zeros(price.shape, np.int64)
    origin[1:] = np.arange(width) + aside * beyond
    return straight, origin


def _trace(above: list[list[int]], below: list[list[int]], row: int, column: int) -> list[int]:
    """Follow a seam from a pixel up and down; its column in each row."""
    path = [column] * len(above)
    for upper in range(row, 0, -1):
        path[upper - 1] = above[upper][path[upper]]
    for lower in range(row, len(above) - 1):
        path[lower + 1] = below[lower][path[lower]]
    return path
