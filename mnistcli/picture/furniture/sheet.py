"""A picture -> what the writing is on: a sheet on a table, a plot."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.furniture.frames import EVEN, is_rectangle
from mnistcli.picture.ink import RIM, SPECK, border, components, surroundings

#: A sheet of paper on a table, or a plot on a page: an area that is this much of the picture and
#: fills this much of its convex hull, which a quadrilateral covers to this part, its corners within
#: this part of the hull's length. Something is drawn on it.
LARGE = 0.02
FILLED = 0.65
FOUR_SIDED = 0.93
CORNERS = 0.03

#: Its edge is as steep as this: eight grey levels a pixel, where Sobel's kernel counts eight times.
#: Light that falls off is not. What is around it differs by four times as much: farther away than
#: this part of its side, so that paper inside a stroke is no sheet; or at the picture's border.
EDGE = 64.0
AROUND = 0.5

#: Half of what is around it differs so, or this part, where it lies on stripes or checks. Those are
#: narrower than this part of the picture's longer side, and as steep at their edges.
PATTERN = 1 / 3
BROAD = 1 / 16

#: A sheet smaller than this part of the picture may be a label or a stamp beside what is written. A
#: plot is larger: what is beside it is its scale.
SMALL = 1 / 8

#: The outline of a card with round corners fills this much of its convex hull; one that ink reaches,
#: such as a highlighter's band, less.
CONVEX = 0.98


def four_sided(mask: NDArray[np.uint8], *, alike: bool = False) -> NDArray[np.uint8] | None:
    """Return the largest piece of a mask, filled, if it may be a sheet; and those that are `alike`."""
    labels, stats = components(mask)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or areas.max() < LARGE * mask.size:
        return None
    largest = int(areas.argmax()) + 1
    first, sides = stats[:, : cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA]
    # What goes on beside the picture is paper all around.
    whole = np.all((first > 0) & (first + sides < mask.shape[::-1]), axis=1)
    sheet = _filled(labels, largest) if whole[largest] else None
    if sheet is None or areas.max() < FILLED * sheet.sum():
        return None
    same = (np.abs(sides - sides[largest]) <= EVEN * sides[largest] + 1).all(axis=1)
    same[[0, largest]] = False
    for other in np.flatnonzero(same & whole).tolist() if alike else ():
        another = _filled(labels, other)
        if another is not None and is_drawn_on(another, mask):
            sheet |= another
    return sheet


def _filled(labels: NDArray[np.integer], piece: int) -> NDArray[np.uint8] | None:
    """Return the convex hull of a piece, (h, w) of 0 and 1, if it has four sides."""
    mask = (labels == piece).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull)
    corners = cv2.approxPolyDP(hull, CORNERS * cv2.arcLength(hull, closed=True), closed=True)
    four = len(corners) == 4 and cv2.contourArea(corners) > FOUR_SIDED * area  # noqa: PLR2004
    if not four and not _is_plate(mask, outline):  # whose corners are round
        return None
    return np.asarray(cv2.fillConvexPoly(np.zeros_like(mask), hull, 1), np.uint8)


def is_drawn_on(sheet: NDArray[np.uint8], mask: NDArray[np.uint8]) -> bool:
    """Tell whether a mask leaves out more than a speck of a sheet."""
    _, stats = components(np.asarray(cv2.erode(sheet, RIM) > mask, np.uint8))
    longest = int(stats[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA].max(initial=0))
    return longest > len(RIM)


def is_apart(
    sheet: NDArray[np.uint8],
    grey: NDArray[np.uint8],
    slopes: NDArray[np.float32],
    part: float = 0.5,
) -> bool:
    """Tell whether a sheet has a steep edge, and another shade than that part of what is around it."""
    outline = cv2.morphologyEx(sheet, cv2.MORPH_GRADIENT, SPECK) > 0
    steepest = cv2.dilate(slopes, RIM)[outline]
    left, top, width, height = cv2.boundingRect(sheet)
    reach = int(AROUND * min(width, height))
    window = np.s_[
        max(0, top - reach) : top + height + reach, max(0, left - reach) : left + width + reach
    ]
    kernel = np.ones((reach | 1, reach | 1), np.uint8)
    outside = grey[window][cv2.dilate(sheet[window], kernel) == 0]
    inside = float(np.median(grey[sheet > 0]))
    if not len(outside):  # a large sheet
        outside = border(grey)
    differs = np.abs(outside - inside) >= EDGE / 2
    return bool(np.median(steepest) >= EDGE and differs.mean() >= part)


def on_a_pattern(grey: NDArray[np.uint8], slopes: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Return a sheet that is paler or darker than a part of what it lies on: stripes, checks."""
    flat = (slopes < EDGE / 2).astype(np.uint8)
    side = int(BROAD * max(flat.shape)) | 1
    broad = cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    sheet = four_sided(np.asarray(broad, np.uint8))
    if sheet is None or not is_drawn_on(sheet, flat):
        return None
    return sheet if is_apart(sheet, grey, slopes, PATTERN) else None


def areas(sheet: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return where to look, (h, w) of 0 and 1: on a sheet and, if it is small, beside it.

    Not at its edge, which is blurred.
    """
    within = np.asarray(cv2.erode(sheet, RIM, iterations=2), np.uint8)
    beside = np.asarray(cv2.dilate(sheet, RIM, iterations=2) == 0, np.uint8)
    return [within, beside] if within.mean() < SMALL else [within]


def alone(light: NDArray[np.uint8], sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint over what is beside a sheet with its paper's shade nearby: light falls off.

    Light is (h, w) or (h, w, 3).
    """
    on_it = scaled(sheet, light.shape[1::-1])
    _, nearest = cv2.distanceTransformWithLabels(
        1 - on_it, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    shades = np.zeros((nearest.max() + 1, *light.shape[2:]), np.uint8)
    shades[nearest[on_it > 0]] = light[on_it > 0]
    painted = surroundings(shades[nearest])
    painted[on_it > 0] = light[on_it > 0]
    return painted


def beside(shape: tuple[int, ...], sheet: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark, by 1, what is beside a sheet on light of that shape, and its edge, which is blurred."""
    return np.asarray(cv2.dilate(1 - scaled(sheet, shape[1::-1]), SPECK), np.uint8)


def scaled(mask: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a mask in another size: width and height."""
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _is_plate(shape: NDArray[np.uint8], outline: Any) -> bool:
    """Tell whether a piece, (h, w) of 0 and 1, is a filled rectangle that something is drawn on."""
    hull = cv2.contourArea(cv2.convexHull(outline))
    if not is_rectangle(outline) or cv2.contourArea(outline) < CONVEX * hull:
        return False
    filled = np.zeros_like(shape)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    return bool(shape.sum() >= FILLED * filled.sum() and is_drawn_on(filled, shape))
