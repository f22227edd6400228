"""A picture -> what the writing is on or in: a sheet on a table, a plot, frames, holes."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

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

#: A convex hull that fills this much of the narrowest rectangle around it is a rectangle; a
#: circle fills 0.79.
RECTANGLE = 0.9

#: The outline of a card with round corners fills this much of its convex hull; one that ink reaches,
#: such as a highlighter's band, less.
CONVEX = 0.98

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
    shape, outline = _outlined(window, piece)
    hull = cv2.convexHull(outline)
    if _is_rectangle(hull):
        return True
    round_it = cv2.drawContours(np.zeros_like(shape), [hull], -1, 1)
    along = cv2.dilate(shape, np.ones((pen, pen), np.uint8))[round_it > 0]
    closed = hull if along.mean() >= ROUND else outline
    filled = cv2.drawContours(np.zeros_like(shape), [closed], -1, 1, cv2.FILLED)
    inside = np.where(filled > 0, window, 0)
    return bool(np.isin(within, inside).any())


def _outlined(window: NDArray[np.integer], piece: int) -> tuple[NDArray[np.uint8], Any]:
    """Return a piece in its window of the labels, (h, w) of 0 and 1, and its outline."""
    shape = (window == piece).astype(np.uint8)
    outlines, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return shape, outlines[0]


def _is_rectangle(outline: Any) -> bool:
    """Tell whether an outline fills the narrowest rectangle around it."""
    long, short = (side + 1 for side in cv2.minAreaRect(outline)[1])
    area = cv2.contourArea(outline) + long + short  # centres of pixels -> edges
    return bool(area > RECTANGLE * long * short)


def _is_empty_box(window: NDArray[np.integer], piece: int, pen: int) -> bool:
    """Tell whether a piece, in its window of the labels, is a rectangle's outline and no more."""
    shape, outline = _outlined(window, piece)
    if not _is_rectangle(outline):
        return False
    filled = cv2.drawContours(np.zeros_like(shape), [outline], -1, 1, cv2.FILLED)
    kernel = np.ones((4 * pen + 1, 4 * pen + 1), np.uint8)  # two pens beyond the outline
    inside = cv2.erode(filled, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return bool(inside.any() and not shape[inside].any())


def _is_plate(shape: NDArray[np.uint8], outline: Any) -> bool:
    """Tell whether a piece, (h, w) of 0 and 1, is a filled rectangle that something is drawn on."""
    hull = cv2.contourArea(cv2.convexHull(outline))
    if not _is_rectangle(outline) or cv2.contourArea(outline) < CONVEX * hull:
        return False
    filled = np.zeros_like(shape)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    return bool(shape.sum() >= FILLED * filled.sum() and is_drawn_on(filled, shape))


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
