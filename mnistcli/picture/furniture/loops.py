"""Ink -> ink without the loops, drawn around a number by hand, that its digits touch."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.furniture.frames import HELD, ROUND, goes_round, outlined
from mnistcli.picture.furniture.sheet import CONVEX
from mnistcli.picture.ink import components, distance

#: Beside its shorter side, a loop's stroke is no broader than this, and its bends have no smaller
#: radius; a gap in it is no wider than such a bend.
NARROW = 1 / 6
BEND = 1 / 4

#: A digit in it, of which there are two, is longer than this; the curls inside a 0 are not.
DIGIT = 0.4


def without_loops(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of `mask`, (h, w) of 0 and 1, without loops around digits that touch them."""
    labels, stats = components(mask)
    rest = mask
    for piece in range(1, len(stats)):
        left, top, width, height, area = stats[piece].tolist()
        if not width + height < area < width * height / 2:
            continue
        window = np.s_[top : top + height, left : left + width]
        shape, outline = outlined(labels[window], piece)
        reach = round(NARROW * min(width, height)) | 1
        if not goes_round(shape, cv2.convexHull(outline), reach):
            continue
        kept = _without_loop(labels[window], piece)
        if kept is not None:
            rest = mask.copy() if rest is mask else rest
            rest[window][(labels[window] == piece) & (kept == 0)] = 0
    return rest


def _without_loop(labels: NDArray[np.integer], piece: int) -> NDArray[np.uint8] | None:
    """Return what is left of a piece without its loop; None if it is none, or nothing hangs on it."""
    short = min(labels.shape)
    bend = int(BEND * short)
    labels = np.pad(labels, bend + 1)
    shape = (labels == piece).astype(np.uint8)
    inside = _filled(shape, bend)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if len(outlines) != 1:
        return None
    # Digits that touch make an outline that goes round, too, with dents where they do.
    if inside.sum() < CONVEX * cv2.contourArea(cv2.convexHull(outlines[0])):
        return None
    depth = distance(inside)
    rows = depth[depth > 0].astype(np.int64)
    inked = np.bincount(rows, shape[depth > 0]) / np.maximum(np.bincount(rows), 1)
    pen = int((inked[1:] < 1 / 2).argmax()) + 1
    if pen > NARROW * short or inked[: pen + 1].max() < ROUND:
        return None
    deep = depth > pen + 1
    if 2 * np.count_nonzero(shape[deep]) > np.count_nonzero(deep):  # a stroke: a loop holds paper
        return None
    found, stats = components(((labels > 0) & deep).astype(np.uint8))
    longer = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA].max(axis=1)
    longer[0] = 0
    hang = (np.bincount(found[deep], shape[deep], len(stats)) > 0) & (longer > HELD * short)
    digits = stats[longer > DIGIT * short]
    # They stand beside one another; the parts of a sign that goes round, such as an 8, do not.
    first, sides = digits[:, cv2.CC_STAT_LEFT], digits[:, cv2.CC_STAT_WIDTH]
    if not hang.any() or not (first[:, None] >= first + sides).any():
        return None
    rest = hang[found].astype(np.uint8)
    # A stroke that ends at the loop ends in its middle.
    ends = shape * ((depth > pen / 2) & (distance(1 - rest) <= pen + 2 - depth))
    return np.asarray((rest | ends)[bend + 1 : -bend - 1, bend + 1 : -bend - 1], np.uint8)


def _filled(shape: NDArray[np.uint8], bend: int) -> NDArray[np.uint8]:
    """Fill a loop: closed where it has a gap, and without what sticks out of it."""
    closed = (distance(1 - shape) <= bend).astype(np.uint8)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.asarray(cv2.drawContours(closed, outlines, -1, 1, cv2.FILLED), np.uint8)
    core = np.asarray(distance(filled) > 2 * bend, np.uint8)
    return np.asarray(distance(1 - core) <= bend, np.uint8)
