"""Pieces of ink -> what tells strokes from areas, shadows and noise: measures of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.ink import GLARE, components, least_slope

#: A stroke that runs out of the picture leaves its width there, or twice that when slanting.
OPEN_ENDS = 2.0

#: What has less than this part of an outline's mean slope, or of noise, is flat. Where a stroke is
#: broader than was looked for, its middle is paper, and has such an outline: it was not seen whole.
FLAT = 0.3

#: The length of a stroke in widths, as in `Pieces.slenderness`, from which ink is a stroke and not
#: an area. With outlines counted in pixels a disc has 5.0, a bar 3.2 times as long as wide 5.5,
#: and the stoutest digit of the pictures at hand 9.
STROKE = 5.5

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


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies."""
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])
