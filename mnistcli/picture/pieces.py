"""Ink -> what a pen wrote, chosen by geometry.

Writing is what a pen drew: outlined by steep slopes on all sides, off the level of its paper,
inside the picture. Shadows have soft outlines, tables and fingers come in from the border, frames
hold something, specks are smaller than the pen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.ink import GLARE, components, is_plain, least_slope
from mnistcli.picture.sheet import frames, holes

#: So many pieces of ink are looked at, the best ones first: a page of digits has some hundreds.
MOST_PIECES = 400

#: A stroke that runs out of the picture leaves its width there, or twice that when slanting.
OPEN_ENDS = 2.0

#: Of a digit that lies on the border, so much of the outline is there at most, beside all the rest:
#: of a 2 or a 7, 0.06. Of the wedge between it and a shadow's edge it is 0.2.
AT_BORDER = 0.1

#: What has less than this part of an outline's mean slope, or of noise, is flat. Where a stroke is
#: broader than was looked for, its middle is paper, and has such an outline: it was not seen whole.
FLAT = 0.3

#: The length of a stroke in widths, as in `Pieces.slenderness`, from which ink is a stroke and not
#: an area. With outlines counted in pixels a disc has 5.0, a bar 3.2 times as long as wide 5.5,
#: and the stoutest digit of the pictures at hand 9.
STROKE = 5.5

#: Ink is off its surroundings' brightness by at least half its depth, more of it by half as much as
#: the first. What lies between two strokes of the other polarity is not: it is paper.
OFF_PAPER = 0.5

#: What stands upright is higher than so many widths of its own stroke; a bar is not.
BAR = 2.5

#: A second piece is of the same pen: its strokes have this part of the first one's width, its
#: ink this part of the darkness. As a stroke, it is then larger than half a dot.
THINNER = 0.35
SAME_PEN = 0.4

#: ... and its outline is this much as sharp, in pixels or, where it is hardly broader, or the ground
#: is of one colour, in widths of its stroke: the edges of shadows and of things are soft.
AS_SHARP = 0.65

#: ... but in one row with it, this much: it was enlarged in another way, or is out of focus.
SOFTER = 0.4

#: ... and the lower one of the two is this high beside the other: a comb's tooth is not.
ROW = 0.6

#: A piece of this part of what is written is (most of) a digit; a lower one is a bar or a dot.
BODY = 0.35

#: Of the ink that is in no line, this part is in pieces no higher than what is written.
TALLER = 0.75


@dataclass(frozen=True)
class Sight:
    """What is measured once a picture and polarity; arrays (h, w)."""

    grey: NDArray[np.uint8]
    surroundings: NDArray[np.uint8]
    slopes: NDArray[np.float32]

    @cached_property
    def least_slope(self) -> float:
        """Return how steep what was drawn is at least."""
        return least_slope(self.slopes)

    @cached_property
    def steepest(self) -> NDArray[np.float32]:
        """Return the steepest slope beside each pixel: a hairline has it on both sides of itself."""
        return np.asarray(cv2.dilate(self.slopes, np.ones((3, 3), np.uint8)), np.float32)


@dataclass(frozen=True)
class Pieces:
    """The connected pieces of ink, number 0 being the paper; arrays (n,) but for the first two."""

    labels: NDArray[np.integer]  # (h, w)
    boxes: NDArray[np.int32]  # (n, 4): left, top, width, height
    area: NDArray[np.float64]
    outline: NDArray[np.float64]  # pixels on it, without those at the picture's border
    steepness: NDArray[np.float64]  # sum of the slopes on the outline
    steep: NDArray[np.float64]  # 0..1: the part of the outline that is not flat
    depth: NDArray[np.float64]  # 0..1: how dark its ink is beside the paper
    contact: NDArray[np.float64]  # pixels at the picture's border
    off_paper: NDArray[np.float64]  # 0..1: how much of its depth it keeps beside its surroundings
    sharpness: NDArray[np.float64]  # how steep it is at its outline, beside its depth

    @cached_property
    def width(self) -> NDArray[np.float64]:
        """Of the pen, as if a piece were one long stroke: twice the area over the outline."""
        return 2.0 * self.area / np.maximum(self.outline + self.contact, 1.0)

    @cached_property
    def slenderness(self) -> NDArray[np.float64]:
        """The length of that stroke (half of the outline that is seen) in widths."""
        return self.outline / 2.0 / np.maximum(self.width, 1.0)

    @cached_property
    def freedom(self) -> NDArray[np.float64]:
        """1 for a piece inside the picture, towards 0 the more it leans on the border."""
        return 1.0 / (1.0 + np.maximum(self.contact / self.width - OPEN_ENDS, 0.0)) ** 2

    @cached_property
    def evidence(self) -> NDArray[np.float64]:
        """How much outline there is to show that a piece was drawn."""
        found: NDArray[np.float64] = self.steepness * self.off_paper * self.freedom
        found[0] = 0.0
        return found


@dataclass(frozen=True, eq=False)
class Writing:
    """What a pen wrote, in one view of a picture."""

    pieces: Pieces
    bodies: list[int]
    """Pieces as high as a digit is, about; or most of one."""
    parts: list[int]
    """Smaller ones of the same pen: bars, dots, dashes."""
    left_out: bool
    """Whether there is another piece as high, broad and soft as a shadow, or thin as a scratch."""
    height: float
    """Of the bodies, in pixels."""
    pen: float
    """Its width in pixels."""
    evidence: float
    contrast: float  # mean slope on the outline
    share: float  # of the evidence of all pieces but areas and frames
    freedom: float  # of its most evident piece

    @property
    def clarity(self) -> float:
        """How much evidence there is, where that is most of what there is for anything."""
        return self.evidence * self.share**2

    @cached_property
    def mask(self) -> NDArray[np.uint8]:
        """Return all that was written, (h, w) of 0 and 1."""
        chosen = np.zeros(len(self.pieces.area), np.uint8)
        chosen[self.bodies + self.parts] = 1
        return np.asarray(chosen[self.pieces.labels])


def find_writing(mask: NDArray[np.uint8], paper: NDArray[np.uint8], sight: Sight) -> Writing | None:
    """Choose what was written among the ink of `mask` (h, w, 0 or 1); None if nothing can be."""
    pieces = measure(mask, paper, sight)
    evidence = pieces.evidence
    ranked = [int(i) for i in np.argsort(-evidence)[:MOST_PIECES] if evidence[i] > 0]
    framing = frames(pieces.labels, pieces.boxes, pieces.width, evidence, ranked)
    framing |= holes(pieces.labels, pieces.boxes, ranked)
    drawn = [i for i in ranked if i not in framing]
    heights = pieces.boxes[:, 3].astype(np.float64)
    upright = heights >= BAR * pieces.width
    slender = pieces.slenderness >= STROKE
    standing = slender & upright
    written = [i for i in drawn if standing[i] and pieces.off_paper[i] >= OFF_PAPER]
    if not written:
        return None
    first = _first(pieces, written)
    pen = pieces.width[first]
    usual = weighted_median(pieces.width[written], evidence[written])
    sharp = pieces.sharpness / pieces.sharpness[first]
    broader = np.maximum(pieces.width / pen, 1.0)
    # A stroke of the pen may run; and a program may have enlarged what was drawn on one colour.
    may_be_softer = (broader <= 1 / THINNER) | is_plain(sight.grey)
    # What comes in from the border is off its paper; in a bright spot, ink hardly is.
    off_paper = pieces.off_paper >= OFF_PAPER * pieces.off_paper[first]
    of_a_pen = [
        i
        for i in drawn
        if i == first
        or (
            (off_paper[i] or not pieces.contact[i])
            and pieces.width[i] >= THINNER * usual
            and pieces.depth[i] >= SAME_PEN * pieces.depth[first]
            and pieces.contact[i] <= AT_BORDER * pieces.outline[i]
        )
    ]
    alike = [i for i in of_a_pen if i == first or sharp[i] * broader[i] >= AS_SHARP]
    as_fine = pieces.width >= THINNER * pen
    surely = as_fine & (may_be_softer | (sharp >= AS_SHARP))
    inked = [i for i in alike if surely[i]]
    digits = [i for i in inked if standing[i]]
    may_be = standing & as_fine & (broader <= 1 / THINNER) & (sharp >= SOFTER)
    softer = _in_row(pieces.boxes, digits, [i for i in of_a_pen if may_be[i] and i not in inked])
    inked, digits = inked + softer, digits + softer
    height = weighted_median(heights[digits], evidence[digits])
    # The short upright stroke of a broad pen is as stout as an area.
    stout = (heights >= max(BODY * height, BAR * pen)) & (pieces.width <= pen)
    stroke = slender | stout
    left = [i for i in alike if i not in inked]
    left_out = any(stroke[i] and heights[i] >= BODY * height for i in left)
    inked = [i for i in inked if stroke[i]]
    bodies = [i for i in inked if heights[i] >= BODY * height]
    parts = [i for i in inked if heights[i] < BODY * height]
    chosen = bodies + parts
    told = evidence.copy()
    told[[i for i in ranked if i in framing or not stroke[i]]] = 0.0
    outline = max(pieces.outline[chosen].sum(), 1.0)
    return Writing(
        pieces=pieces,
        bodies=bodies,
        parts=parts,
        left_out=left_out,
        height=height,
        pen=2.0 * float(pieces.area[chosen].sum()) / outline,
        # Flat outlines tell how well a look sees; for ranking pieces they are no use: noise is steep.
        evidence=float((evidence * pieces.steep)[chosen].sum()),
        contrast=float(pieces.steepness[first] / pieces.outline[first]),
        share=float(told[chosen] @ off_paper[chosen] / max(told.sum(), 1.0)),
        freedom=float(pieces.freedom[first]),
    )


def _first(pieces: Pieces, written: list[int]) -> int:
    """Return the most evident piece that is as sharp as what is as high: a thing is softer."""
    heights = pieces.boxes[:, 3]
    high = [i for i in written if heights[i] >= BODY * heights[written[0]]]
    usual = weighted_median(pieces.sharpness[high], pieces.evidence[high])
    return max(high, key=lambda i: (pieces.sharpness[i] >= AS_SHARP * usual, pieces.evidence[i]))


def _in_row(boxes: NDArray[np.int32], row: list[int], others: list[int]) -> list[int]:
    """Return those of the others that stand beside a piece of a row, or beside one that does.

    They share half of the lower one's rows, and are no farther apart than the higher one is high.
    """
    row, left = list(row), np.array(others, np.int64)
    before = len(row)
    for piece in row:  # which gets longer
        first, sides = boxes[left, :2], boxes[left, 2:]
        ends = np.minimum(first + sides, boxes[piece, :2] + boxes[piece, 2:])
        columns, rows = (ends - np.maximum(first, boxes[piece, :2])).T  # shared; below 0 if apart
        narrow, low = np.minimum(sides, boxes[piece, 2:]).T
        high = np.maximum(sides[:, 1], boxes[piece, 3])
        near = (2 * columns <= narrow) & (-columns <= high) & (2 * rows > low) & (low >= ROW * high)
        row += left[near].tolist()
        left = left[~near]
    return row[before:]


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def usual_height(
    labels: NDArray[np.integer], stats: NDArray[np.int32], without: Iterable[int] = ()
) -> float:
    """Return the height that pieces have in which most of the ink is; 0 without any.

    Shadows, and all that comes in from the border as an area, are not counted: no pen writes so.
    """
    rows, columns = labels.shape
    left, top, width, height, _ = stats.T
    room = np.minimum.reduce([left, top, columns - left - width, rows - top - height])
    at_border = (np.flatnonzero(room[1:] == 0) + 1).tolist()
    areas = [piece for piece in at_border if _is_area(labels, stats[piece], piece)]
    strokes = np.delete(stats, [0, *areas, *without], axis=0)
    heights, ink = strokes[:, cv2.CC_STAT_HEIGHT], strokes[:, cv2.CC_STAT_AREA]
    order = np.argsort(heights)
    place = np.searchsorted(np.cumsum(ink[order]), ink.sum() * TALLER)
    return float(heights[order][place]) if len(heights) else 0.0


def _is_area(labels: NDArray[np.integer], stat: NDArray[np.int32], number: int) -> bool:
    """Tell whether a piece is too stout for a stroke, as if it went on beyond the border."""
    left, top, width, height, area = stat.tolist()
    side = int(max(width, height) / STROKE) + 1
    if area < side**2 / 4:  # what is seen of such a square in a corner
        return False
    window = np.s_[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1]
    piece = (labels[window] == number).astype(np.uint8)
    core = cv2.erode(piece, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return bool(core.any())


def measure(mask: NDArray[np.uint8], paper: NDArray[np.uint8], sight: Sight) -> Pieces:
    """Measure the connected pieces of `mask`, in all that their choice depends on."""
    labels, stats = components(mask)
    count = len(stats)
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    rim = mask > inside
    on_rim = labels[rim]
    on_ink = mask > 0
    owner = labels[on_ink]
    depth = cv2.subtract(paper, sight.grey)[on_ink]
    beside = np.minimum(depth, cv2.subtract(sight.surroundings, sight.grey)[on_ink])
    area = np.maximum(stats[:, cv2.CC_STAT_AREA], 1).astype(np.float64)
    outline = _sums(on_rim, np.ones(on_rim.shape), count)
    length = np.maximum(outline, 1.0)
    depths = _sums(owner, depth, count)
    slopes = sight.slopes[rim]
    steepness = _sums(on_rim, slopes, count)
    flat = np.maximum(FLAT * steepness / length, sight.least_slope)
    border = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    return Pieces(
        labels=labels,
        boxes=stats[:, : cv2.CC_STAT_AREA],
        area=area,
        outline=outline,
        steepness=steepness,
        steep=_sums(on_rim, slopes >= flat[on_rim], count) / length,
        depth=_sums(owner, depth / (paper[on_ink] + GLARE), count) / area,
        contact=_sums(border, np.ones(border.shape), count),
        off_paper=_sums(owner, beside, count) / np.maximum(depths, 1.0),
        sharpness=_sums(on_rim, sight.steepest[rim], count)
        / np.maximum(outline * depths / area, 1.0),
    )


def _sums(owner: NDArray[Any], values: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Sum the values that belong to each of `count` pieces."""
    return np.asarray(np.bincount(owner, values, count), np.float64)
