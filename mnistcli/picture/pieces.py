"""Ink -> what a pen wrote, chosen by geometry.

Writing is what a pen drew: outlined by steep slopes on all sides, off the level of its paper,
inside the picture. Shadows have soft outlines, tables and fingers come in from the border, frames
hold something, specks are smaller than the pen.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.furniture.frames import frames, holes
from mnistcli.picture.ink import is_plain
from mnistcli.picture.measures import STROKE, Pieces, Sight, measure, weighted_median

#: So many pieces of ink are looked at, the best ones first: a page of digits has some hundreds.
MOST_PIECES = 400

#: Of a digit that lies on the border, so much of the outline is there at most, beside all the rest:
#: of a 2 or a 7, 0.06. Of the wedge between it and a shadow's edge it is 0.2.
AT_BORDER = 0.1

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
