"""Pieces of ink -> those that are what the writing is in or beside: frames, empty boxes, holes."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

#: A convex hull that fills this much of the narrowest rectangle around it is a rectangle; a
#: circle fills 0.79.
RECTANGLE = 0.9

#: A stroke that goes round so much of its convex hull is closed: a circle drawn with a gap.
ROUND = 0.9

#: What a frame holds is at least this long beside its shorter side, with this part of its outline.
HELD = 0.3
HELD_OUTLINE = 0.02

#: So many pieces in a straight row, evenly apart, are a notebook's holes, if they are one shape: of
#: their extent, so much is in some of them only. Steps and sides differ by this part, and a pixel.
HOLES = 6
EVEN = 0.15
ONE_SHAPE = 0.17


def frames(
    labels: NDArray[np.integer],
    boxes: NDArray[np.int32],
    pens: NDArray[np.float64],
    evidence: NDArray[np.float64],
    among: list[int],
) -> set[int]:
    """Return the pieces of ink that are an outline around others, or a box, of those `among` all.

    `labels` (h, w) are the numbers of the pieces; of each, `boxes` (n, 4) has left, top, width and
    height, `pens` (n,) the width of its stroke, `evidence` (n,) how much there is to show it.
    """
    numbers = np.array(among, np.int64)
    first, sides = boxes[numbers, :2], boxes[numbers, 2:]
    last, outline = first + sides, evidence[numbers]
    inside = ((first > first[:, None]) & (last < last[:, None])).all(axis=2)
    around = inside @ outline > outline  # more than it is itself
    inside &= sides.max(axis=1) > HELD * sides.min(axis=1)[:, None]
    inside &= outline > HELD_OUTLINE * outline[:, None]
    found = set(numbers[around].tolist())
    for piece, within in zip(among, inside, strict=True):
        left, top, width, height = boxes[piece]
        window = labels[top : top + height, left : left + width]
        pen = round(pens[piece]) | 1
        holds = within.any() and _holds(window, piece, pen, numbers[within])
        if holds or _is_empty_box(window, piece, pen):
            found.add(piece)
    # A broad stroke that stands alone is an outline, too, where its middle is taken for paper.
    return found if len(found) < len(among) else set()


def _holds(window: NDArray[np.integer], piece: int, pen: int, within: NDArray[np.int64]) -> bool:
    """Tell whether a piece, in its window of the labels, is an outline around one of these."""
    shape, outline = outlined(window, piece)
    hull = cv2.convexHull(outline)
    if is_rectangle(hull):
        return True
    closed = hull if goes_round(shape, hull, pen) else outline
    filled = cv2.drawContours(np.zeros_like(shape), [closed], -1, 1, cv2.FILLED)
    inside = np.where(filled > 0, window, 0)
    return bool(np.isin(within, inside).any())


def goes_round(shape: NDArray[np.uint8], hull: Any, reach: int) -> bool:
    """Tell whether a piece, (h, w) of 0 and 1, lies along its convex hull, within half of so many pixels."""
    along = cv2.drawContours(np.zeros_like(shape), [hull], -1, 1) > 0
    near = cv2.dilate(shape, np.ones((reach, reach), np.uint8))
    return bool(near[along].mean() >= ROUND)


def outlined(window: NDArray[np.integer], piece: int) -> tuple[NDArray[np.uint8], Any]:
    """Return a piece in its window of the labels, (h, w) of 0 and 1, and its outline."""
    shape = (window == piece).astype(np.uint8)
    outlines, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return shape, outlines[0]


def is_rectangle(outline: Any) -> bool:
    """Tell whether an outline fills the narrowest rectangle around it."""
    long, short = (side + 1 for side in cv2.minAreaRect(outline)[1])
    area = cv2.contourArea(outline) + long + short  # centres of pixels -> edges
    return bool(area > RECTANGLE * long * short)


def _is_empty_box(window: NDArray[np.integer], piece: int, pen: int) -> bool:
    """Tell whether a piece, in its window of the labels, is a rectangle's outline and no more."""
    shape, outline = outlined(window, piece)
    if not is_rectangle(outline):
        return False
    filled = cv2.drawContours(np.zeros_like(shape), [outline], -1, 1, cv2.FILLED)
    kernel = np.ones((4 * pen + 1, 4 * pen + 1), np.uint8)  # two pens beyond the outline
    inside = cv2.erode(filled, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return bool(inside.any() and not shape[inside].any())


def holes(labels: NDArray[np.integer], boxes: NDArray[np.int32], among: list[int]) -> set[int]:
    """Return the pieces of ink that are a row of one shape, evenly apart, of those `among` all.

    `labels` (h, w) are the numbers of the pieces; of each, `boxes` (n, 4) has left, top, width and
    height.
    """
    found: set[int] = set()
    if len(among) < HOLES:
        return found
    corners, sides = boxes[among, :2].astype(np.float64), boxes[among, 2:].astype(np.float64)
    wide, high = (np.abs(side - side[:, None]) <= EVEN * side[:, None] + 1 for side in sides.T)
    as_large = wide & high
    for first in np.flatnonzero(as_large.sum(axis=1) >= HOLES).tolist():
        if among[first] in found:
            continue
        alike = np.flatnonzero(as_large[first])
        away = corners[alike] - corners[first]
        length = np.hypot(*away.T)
        apart = length >= sides[first].min()
        for step in away[apart][np.argsort(length[apart])[:2]]:  # to the nearest on either side
            row = {first, *_row(corners, alike, first, step), *_row(corners, alike, first, -step)}
            pieces = [among[number] for number in row]
            if len(row) >= HOLES and _are_one_shape(labels, boxes, pieces):
                found.update(pieces)
    return found


def _row(
    corners: NDArray[np.float64], alike: NDArray[np.int64], last: int, step: NDArray[np.float64]
) -> Iterator[int]:
    """Yield the next one that is alike in a direction, and the next, while they are evenly apart."""
    for _ in alike:
        away = np.hypot(*(corners[alike] - corners[last] - step).T)
        nearest = int(away.argmin())
        if away[nearest] > EVEN * np.hypot(*step) + 1:
            return
        step, last = corners[alike[nearest]] - corners[last], int(alike[nearest])
        yield last


def _are_one_shape(
    labels: NDArray[np.integer], boxes: NDArray[np.int32], pieces: list[int]
) -> bool:
    """Tell whether these pieces, each scaled to one size, hardly differ from the median of all."""
    shapes = []
    for piece in pieces:
        left, top, width, height = boxes[piece]
        shape = labels[top : top + height, left : left + width] == piece
        shapes.append(cv2.resize(shape.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA))
    return float(np.abs(shapes - np.median(shapes, axis=0)).mean()) <= ONE_SHAPE
