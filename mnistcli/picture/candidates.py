"""Writing -> all that could be a digit in it: single pieces, parts of one, several together.

Or, where signs of other kinds are read, all of it as one.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture.cutting import cut, is_scribble
from mnistcli.picture.image import HALF, Strokes
from mnistcli.picture.ink import (
    SPECK,
    connected,
    enlarge,
    is_all,
    is_plain,
    polarity,
    sharpen_outline,
    to_grey,
    without_areas,
)
from mnistcli.picture.layout import Ink, is_slash, join, lines_of
from mnistcli.picture.measures import weighted_median
from mnistcli.picture.pieces import Writing
from mnistcli.picture.search import find
from mnistcli.picture.segmentation import Box, Candidate, Segmentation
from mnistcli.picture.view import DEPTHS, SPANS, Found, Look, View

#: Edges are rounded off by this part of the pen's width.
SMOOTH = 0.25

#: A piece so wide, beside the height of its line, may be several digits.
CUT_FROM = 0.6

#: The price of leaving a piece out, in nats, that is as large as a digit: among digits, one in 50
#: is none.
UNREAD = 5.3

#: The price, in nats, of each smooth outline that a cut goes through. How much ink it goes through
#: says little: strokes touch along curves.
CUT = 1.0

#: A digit is as wide as this beside its line's height, or narrower; so much more costs a nat, or two
#: where it is cut, as the cut may belong elsewhere. What is put together is narrower than WIDEST.
WIDE, WIDER = 0.95, 0.24
WIDEST = 1.5

#: Heights in a line differ: the standard deviation of their logarithms; and the lowest one. Some
#: write one digit much smaller than a normal distribution has it: beyond so many deviations, the
#: usual number in P. J. Huber's loss, the price of what stands alone grows no faster.
SPREAD = 0.25
LOW = 0.25
RARER = 1.345

#: Parts of a digit have a gap of this part of its height between them, about.
GAP = 0.06


class Place(NamedTuple):
    """Where on a picture an array is."""

    scale: float
    """Pixels of the picture for one of the array."""
    left: int = 0
    top: int = 0
    """The column and row of its first pixel, in pixels as large as its own."""

    def box(self, ink: Ink) -> Box:
        """Return the box around ink of the array, in pixels of the picture."""
        left, right = (round((self.left + side) * self.scale) for side in (ink.left, ink.right))
        top, bottom = (round((self.top + side) * self.scale) for side in (ink.top, ink.bottom))
        return left, top, max(1, right - left), max(1, bottom - top)


def segment_light(light: NDArray[np.uint8], size: tuple[int, int]) -> Segmentation:
    """Return what could be digits on light, uint8 (h, w) or (h, w, 3), of a picture of that size.

    Raises `PictureError` when there is nothing that could be writing.
    """
    light = enlarge(light)
    found = find(light)
    writing = found.writing
    mask = smooth_pieces(sharpen_outline(found.dark, writing.mask, writing.pen), writing)
    tones = without_areas(found.dark, mask) * _fading(found)
    strokes = Strokes(mask, tones, writing.pen)
    return segment(writing, strokes, size, Place(max(size) / max(light.shape[:2]), *found.corner))


def segment_whole(light: NDArray[np.uint8], size: tuple[int, int]) -> Segmentation:
    """Return one candidate: all that a pen wrote on light, (h, w) or (h, w, 3), of that picture.

    It is what reading takes for writing; but where that leaves something on a ground of one colour,
    or is nothing, it is whatever stands out: signs may be what among digits is none, such as a dash.
    Raises `PictureError` where nothing does.
    """
    light = enlarge(light)
    view = View(to_grey(light))
    try:
        found = find(light)
        mask, dark, pen = found.writing.mask, found.dark, found.writing.pen
        everything = found.alone or not is_plain(view.grey) or is_all(view.grey, mask, pen)
    except PictureError:
        everything = False
    if everything:
        corner = found.corner
    else:
        mask, dark = _all(view)
        pen, corner = _pen(mask), (0, 0)
    outlined = smooth(sharpen_outline(dark, mask, pen), pen)
    outlined = outlined if outlined.any() else mask
    strokes = Strokes(outlined, without_areas(dark, outlined) * mask, pen)
    sign = Ink.of(0, 0, outlined)
    place = Place(max(size) / max(light.shape[:2]), *corner)
    candidate = Candidate(0, 0, 0, place.box(sign), strokes.image(sign), 0.0)
    return Segmentation(size, (candidate,), ((np.inf,),), (sign.height * place.scale,))


def smooth(mask: NDArray[np.uint8], pen: float) -> NDArray[np.uint8]:
    """Round off what is smaller than the pen: the pixels of a picture that was enlarged."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), SMOOTH * pen)
    return (blurred > HALF).astype(np.uint8)


def smooth_pieces(mask: NDArray[np.uint8], writing: Writing) -> NDArray[np.uint8]:
    """Round off the strokes of writing, but for a hairline, which would go as the others' jags do."""
    smoothed = smooth(mask, writing.pen)
    labels = writing.pieces.labels
    count = len(writing.pieces.area)
    before, after = (np.bincount(labels[ink > 0], minlength=count) for ink in (mask, smoothed))
    gone = after < HALF * before
    return np.where(gone[labels], mask, smoothed) if gone.any() else smoothed


def _fading(found: Found) -> NDArray[np.uint8]:
    """Mark, by 1, all ink that hangs together with what is written, however faint it gets."""
    chosen = found.writing.mask
    fading = connected(found.faint | chosen, chosen > 0)
    fading[(found.writing.pieces.labels > 0) & (chosen == 0)] = 0
    return fading


def segment(
    writing: Writing, strokes: Strokes, size: tuple[int, int], place: Place
) -> Segmentation:
    """Return what could be digits in the strokes of `writing`, with their true outlines.

    Of the picture, `size` is the width and height, and `place` where on it the strokes are. Raises
    `PictureError` when none could be.
    """
    bodies, parts = (
        [ink for piece in pieces if (ink := _ink(writing, strokes.mask, piece)) is not None]
        for pieces in (writing.bodies, writing.parts)
    )
    lines = lines_of(bodies, parts, writing.height, writing.pen)
    candidates: list[Candidate] = []
    unread, heights = [], []
    for number, line in enumerate(lines):
        every = np.array([ink.height for ink in line], np.float64)
        height = weighted_median(every, every)  # fragments are many, but low
        slices = _slices(line, height, writing.pen)
        heights.append(height * place.scale)
        unread.append(tuple(UNREAD * _share(ink, height) for ink, _ in slices))
        candidates += _candidates(number, slices, unread[-1], height, strokes, place)
    if not candidates:
        raise PictureError(
            "no digit found: expected handwritten digits, but none of its strokes is one."
        )
    return Segmentation(
        size, tuple(candidates), tuple(unread), tuple(heights), left_out=writing.left_out
    )


def _ink(writing: Writing, mask: NDArray[np.uint8], piece: int) -> Ink | None:
    """Cut a piece out of the mask; None if nothing of it is there."""
    left, top, width, height = (int(side) for side in writing.pieces.boxes[piece])
    window = np.s_[top : top + height, left : left + width]
    shape = mask[window] * (writing.pieces.labels[window] == piece)
    return Ink.of(left, top, shape.astype(np.uint8)) if shape.any() else None


def _slices(line: list[Ink], height: float, pen: float) -> list[tuple[Ink, float | None]]:
    """Cut what is wide; return the pieces, and how each is cut from the one before, or None."""
    slices: list[tuple[Ink, float | None]] = []
    for ink in line:
        digits = math.ceil(ink.width / CUT_FROM / height)
        if digits > 1 and not is_scribble(ink, height, pen, digits):
            slices += cut(ink, pen)
        else:
            slices.append((ink, None))
    return slices


def _wholes(
    slices: Sequence[tuple[Ink, float | None]], first: int, height: float
) -> Iterator[tuple[int, Ink]]:
    """Yield the last slice, and all the ink, of what may be a digit that begins with `first`.

    That is no wider than digits are; but for a piece that hangs together, which may be one as it is,
    unless it is twice as wide.
    """
    whole = slices[first][0]
    yield first, whole
    for last in range(first + 1, len(slices)):
        whole = join([whole, slices[last][0]])
        if whole.width > WIDEST * height:
            break
        yield last, whole
    else:
        return
    others = (n for n in range(first + 1, len(slices)) if slices[n][1] is None)
    end = next(others, len(slices))
    if slices[first][1] is None and last < end:
        whole = join([whole, *(ink for ink, _ in slices[last + 1 : end])])
        if whole.width <= 2 * WIDEST * height:
            yield end - 1, whole


def _room(slices: Sequence[tuple[Ink, float | None]], first: int, last: int) -> int:
    """Return the width of all that slices `first` to `last` were cut out of, in pixels."""
    begin = next(n for n in range(first, -1, -1) if slices[n][1] is None)
    end = next((n for n in range(last + 1, len(slices)) if slices[n][1] is None), len(slices))
    return slices[end - 1][0].right - slices[begin][0].left


def _share(ink: Ink, height: float) -> float:
    """Tell how much of a digit a piece is, by its extent: 0..1."""
    return min(1.0, max(ink.width, ink.height) / height)


def _candidates(
    number: int,
    slices: list[tuple[Ink, float | None]],
    unread: Sequence[float],
    height: float,
    strokes: Strokes,
    place: Place,
) -> list[Candidate]:
    candidates = []
    for first in range(len(slices)):
        for last, whole in _wholes(slices, first, height):
            if whole.height < LOW * height:
                continue
            if 0 < first == last < len(slices) - 1 and is_slash(whole, height, strokes.pen):
                continue  # of a date, or a fraction
            through = (slices[end][1] if end < len(slices) else None for end in (first, last + 1))
            before, after = (None if each is None else CUT * each for each in through)
            if None not in (before, after) and _room(slices, first, last) <= WIDE * height:
                continue  # what is no wider than a digit is not three
            joins = [
                max(0.0, (right.left - left.right) / height / GAP)
                for (left, _), (right, way) in zip(
                    slices[first:last], slices[first + 1 : last + 1], strict=True
                )
                if way is None
            ]
            wide = max(0.0, (whole.width / height - WIDE) / WIDER)
            parted = (before, after) != (None, None)
            # A wide sign is low where its hand, as MNIST's images, has all as large.
            size = whole.height if parted else max(whole.height, min(whole.width, height))
            high = abs(float(np.log(size / height))) / SPREAD
            usual = high if parted or joins else min(high, RARER)
            cost = sum(joins) + wide * (2 if parted else 1) + usual * (high - usual / 2)
            cut = sum(price for price in (before, after) if price is not None) / 2
            if (parted or joins) and cut + cost > min(UNREAD, sum(unread[first : last + 1])):
                continue  # it is cheaper to leave a digit out
            if is_scribble(whole, height, strokes.pen):
                continue
            candidates.append(
                Candidate(
                    line=number,
                    first=first,
                    last=last,
                    box=place.box(whole),
                    image=strokes.image(whole),
                    cost=cost,
                    cuts=(before, after),
                )
            )
    return candidates


def _pen(mask: NDArray[np.uint8]) -> float:
    """Return the width of the pen, as if all were one long stroke: twice the area by the outline."""
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return 2.0 * float(mask.sum()) / max(float((mask > inside).sum()), 1.0)


def _all(view: View) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the mask of all ink but specks, and the darkness it was found in; raise PictureError.

    Ink is darker than the border, or lighter, whichever the whole is.
    """
    flip = polarity(view.grey)
    for each in (view.ink(Look(way, SPANS[0], DEPTHS[-1])) for way in (flip, 255 - flip)):
        if each is None or not each.mask.any():
            continue
        ink = connected(each.mask, each.dark > each.strong)
        _, labels = cv2.connectedComponents(ink, connectivity=8)
        strokes = np.unique(labels[cv2.erode(ink, SPECK) > 0])
        mask = np.isin(labels, strokes).astype(np.uint8)
        if mask.any() and _stands_out(view, mask):
            return mask, each.dark
    raise PictureError(
        "nothing written found: nothing stands out from the background; take the picture nearer, in "
        "even light, with the sign alone on plain paper"
    )


def _stands_out(view: View, mask: NDArray[np.uint8]) -> bool:
    """Tell whether the outline of a mask is steeper than noise."""
    edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, SPECK) > 0
    return bool(np.median(view.slopes[edge]) >= view.least_slope)
