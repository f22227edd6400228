"""Ink -> the strokes that are the digit, chosen by geometry.

A digit is what a pen drew: outlined by steep slopes on all sides, off the level of its paper,
inside the picture. Shadows have soft outlines, tables and fingers come in from the border, frames
hold something, specks are smaller than the pen.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.ink import GLARE

#: So many pieces of ink are looked at, the best ones first: a digit has a few.
MOST_PIECES = 24

#: A stroke that runs out of the picture leaves its width there, or twice that when slanting.
OPEN_ENDS = 2.0

#: The length of a stroke in widths, as in `Pieces.slenderness`, from which ink is a stroke and not
#: an area. With outlines counted in pixels a disc has 5.0, a bar 3.2 times as long as wide 5.5,
#: and the stoutest digit of the pictures at hand 9.
STROKE = 5.5

#: A convex hull that fills this much of the narrowest rectangle around it is a rectangle; a
#: circle fills 0.79.
RECTANGLE = 0.9

#: What a frame holds is at least this long beside it, and has this part of its outline.
HELD = 0.3
HELD_OUTLINE = 0.02

#: Ink is off its surroundings' brightness by at least half its depth. What lies between two
#: strokes of the other polarity is not: it is paper.
OFF_PAPER = 0.5

#: A second piece is of the same pen: this part of the first one's contrast, and this part of a
#: dot's area.
SAME_PEN = 0.4
DOT = 0.5

#: ... and near: within two widths of the pen, or within this part of its own length.
NEAR_PEN = 2.0
NEAR = 0.5
#: ... and not longer than this, beside the pieces that it would join.
COMPANION = 1.5


@dataclass(frozen=True)
class Sight:
    """What is measured once a picture and polarity; arrays (h, w)."""

    grey: NDArray[np.uint8]
    surroundings: NDArray[np.uint8]
    slopes: NDArray[np.float32]


@dataclass(frozen=True)
class Pieces:
    """The connected pieces of ink, number 0 being the paper; arrays (n,) but for the first two."""

    labels: NDArray[np.int32]  # (h, w)
    boxes: NDArray[np.int32]  # (n, 4): left, top, width, height
    area: NDArray[np.float64]
    outline: NDArray[np.float64]  # pixels on it, without those at the picture's border
    steepness: NDArray[np.float64]  # sum of the slopes on the outline
    relative: NDArray[np.float64]  # the same, each divided by the paper's brightness
    contact: NDArray[np.float64]  # pixels at the picture's border
    off_paper: NDArray[np.float64]  # 0..1: how much of its depth it keeps beside its surroundings

    @property
    def width(self) -> NDArray[np.float64]:
        """Of the pen, as if a piece were one long stroke: twice the area over the outline."""
        return 2.0 * self.area / np.maximum(self.outline + self.contact, 1.0)

    @property
    def slenderness(self) -> NDArray[np.float64]:
        """The length of that stroke (half of the outline that is seen) in widths."""
        return self.outline / 2.0 / np.maximum(self.width, 1.0)

    @property
    def contrast(self) -> NDArray[np.float64]:
        """The mean slope on the outline, beside the paper's brightness: the same in shadow."""
        return self.relative / np.maximum(self.outline, 1.0)

    @property
    def freedom(self) -> NDArray[np.float64]:
        """1 for a piece inside the picture, towards 0 the more it leans on the border."""
        return 1.0 / (1.0 + np.maximum(self.contact / self.width - OPEN_ENDS, 0.0)) ** 2

    @property
    def evidence(self) -> NDArray[np.float64]:
        """How much outline there is to show that a piece was drawn."""
        found: NDArray[np.float64] = self.steepness * self.off_paper * self.freedom
        found[0] = 0.0
        return found


@dataclass(frozen=True)
class Digit:
    """The chosen strokes of one view of a picture."""

    mask: NDArray[np.uint8]  # (h, w), 0 or 1
    evidence: float
    pen: float  # width in pixels
    contrast: float  # mean slope on the outline
    share: float  # of the evidence of all pieces but areas and frames
    freedom: float  # of its first piece


def find_digit(mask: NDArray[np.uint8], paper: NDArray[np.uint8], sight: Sight) -> Digit | None:
    """Choose the digit among the ink of `mask` (h, w, 0 or 1); None if no piece can be one."""
    pieces = measure(mask, paper, sight)
    evidence = pieces.evidence
    ranked = [int(i) for i in np.argsort(-evidence)[:MOST_PIECES] if evidence[i] > 0]
    drawn = [i for i in ranked if not is_area_or_frame(pieces, i, ranked)]
    inked = [i for i in drawn if pieces.off_paper[i] >= OFF_PAPER]
    if not inked:
        return None
    chosen = gather(pieces, inked)
    first = inked[0]
    is_chosen = np.zeros(evidence.shape, np.uint8)
    is_chosen[chosen] = 1
    told = evidence.copy()
    told[[i for i in ranked if i not in drawn]] = 0.0
    return Digit(
        mask=is_chosen[pieces.labels],
        evidence=float(evidence[chosen].sum()),
        pen=float(pieces.width[first]),
        contrast=float(pieces.steepness[first] / pieces.outline[first]),
        share=float(told[chosen].sum() / max(told.sum(), 1.0)),
        freedom=float(pieces.freedom[first]),
    )


def measure(mask: NDArray[np.uint8], paper: NDArray[np.uint8], sight: Sight) -> Pieces:
    """Measure the connected pieces of `mask`, in all that their choice depends on."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    rim = mask > inside
    on_rim = labels[rim]
    on_ink = mask > 0
    owner = labels[on_ink]
    depth = cv2.subtract(paper, sight.grey)[on_ink]
    beside = np.minimum(depth, cv2.subtract(sight.surroundings, sight.grey)[on_ink])
    border = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    return Pieces(
        labels=np.asarray(labels, np.int32),
        boxes=np.asarray(stats[:, : cv2.CC_STAT_AREA], np.int32),
        area=stats[:, cv2.CC_STAT_AREA].astype(np.float64),
        outline=_sums(on_rim, np.ones(on_rim.shape), count),
        steepness=_sums(on_rim, sight.slopes[rim], count),
        relative=_sums(on_rim, sight.slopes[rim] / (paper[rim] + GLARE), count),
        contact=_sums(border, np.ones(border.shape), count),
        off_paper=_sums(owner, beside, count) / np.maximum(_sums(owner, depth, count), 1.0),
    )


def _sums(owner: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Sum the values that belong to each of `count` pieces."""
    return np.asarray(np.bincount(owner, values, count), np.float64)


def is_area_or_frame(pieces: Pieces, piece: int, others: list[int]) -> bool:
    """Tell whether a piece is an area instead of a stroke, or an outline that holds strokes."""
    if pieces.slenderness[piece] < STROKE:
        return True
    left, top, width, height = pieces.boxes[piece]
    shape = (pieces.labels[top : top + height, left : left + width] == piece).astype(np.uint8)
    outlines, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = outlines[0]
    long, short = sorted((side + 1 for side in cv2.minAreaRect(outline)[1]), reverse=True)
    hull = cv2.contourArea(cv2.convexHull(outline)) + long + short  # centres of pixels -> edges
    boxy = hull > RECTANGLE * long * short
    within = [
        other
        for other in others
        if _is_inside(pieces.boxes[other], pieces.boxes[piece])
        and pieces.boxes[other][2:].max() > HELD * max(width, height)
        and pieces.evidence[other] > HELD_OUTLINE * pieces.evidence[piece]
    ]
    if not within or boxy:
        return bool(within)
    filled = cv2.drawContours(np.zeros_like(shape), [outline], -1, 1, cv2.FILLED)
    inside = np.where(filled > 0, pieces.labels[top : top + height, left : left + width], 0)
    return bool(np.isin(within, inside).any())


def _is_inside(inner: NDArray[np.int32], outer: NDArray[np.int32]) -> bool:
    """Tell whether one box (left, top, width, height) lies strictly within another."""
    ends = inner[:2] + inner[2:] < outer[:2] + outer[2:]
    return bool((inner[:2] > outer[:2]).all() and ends.all())


def gather(pieces: Pieces, inked: list[int]) -> list[int]:
    """Join to the first of the `inked` pieces those that the same pen drew near it."""
    chosen, rest = inked[:1], inked[1:]
    first = inked[0]
    pen = pieces.width[first]
    contrast = pieces.contrast
    rest = [
        i
        for i in rest
        if pieces.area[i] >= DOT * pen**2
        and contrast[i] >= SAME_PEN * contrast[first]
        and pieces.contact[i] <= OPEN_ENDS * pieces.width[i]
    ]
    while rest:
        size = _extent(pieces.boxes[chosen])
        away = cv2.distanceTransform(
            (~np.isin(pieces.labels, chosen)).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3
        )
        near = []
        for i in rest:
            left, top, width, height = pieces.boxes[i]
            window = np.s_[top : top + height, left : left + width]
            gap = away[window][pieces.labels[window] == i].min()
            length = max(width, height)
            reach = max(NEAR_PEN * pen, NEAR * min(length, size))
            if gap <= reach and length <= COMPANION * size:
                near.append(i)
        if not near:
            break
        chosen = chosen + near
        rest = [i for i in rest if i not in near]
    return chosen


def _extent(boxes: NDArray[np.int32]) -> int:
    """Return the longer side of the box around all `boxes`, (n, 4)."""
    starts = boxes[:, :2].min(axis=0)
    ends = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return int((ends - starts).max())
