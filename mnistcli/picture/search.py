"""A picture's light -> the digit on it: several ways to look, and the one with most evidence."""

from collections.abc import Iterable, Iterator
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture import ink
from mnistcli.picture.image import digit_image
from mnistcli.picture.pieces import Digit, Sight, find_digit

#: Widths that strokes may have, as parts of the longer side: a broad brush on a tight crop; a
#: felt pen; a ballpoint on a photo. The narrower, the smaller the shadows that are paper still.
SPANS = (0.5, 0.2, 0.08)

#: Depths of ink, in thresholds: all that is nearer to ink than to paper; and fainter parts, as
#: of a pencil's stroke, that hang together with such ink.
DEPTHS = (1.0, 0.4)

#: A digit that leans on the border so much may hang together with printed lines. Then the
#: darkest ink alone is looked at, too.
LEANING = 0.1
DARKEST = (1.5,)

#: A later way of looking must have so much more evidence than an earlier one.
BETTER = 1.05

#: Least darkness, of 255, where ink is told from paper: half the contrast of the faintest pencil.
FAINTEST = 8

#: A digit's outline is at least this much steeper than the picture's median slope.
ABOVE_NOISE = 3.0
#: ... and at least one grey level a pixel, which Sobel's kernel counts eight times.
SLOPE = 8.0

#: The digit has at least this part of the evidence for all pieces; noise is many small ones.
OF_ALL = 0.3

#: A picture whose border differs by no more than this, of 255, is drawn on one colour; and what
#: differs from that colour by more than this is ink, but for the blurred rim of a stroke.
ONE_COLOUR = 3
APART = 16
RIM = np.ones((5, 5), np.uint8)

#: A digit, and the darkness it was found in, uint8 (h, w).
Found = tuple[Digit, NDArray[np.uint8]]


def read_light(light: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Find the digit on light, uint8 (h, w) or (h, w, 3); its (28, 28) image, white on black.

    Raises `PictureError` when there is nothing that could be one.
    """
    grey = ink.to_grey(ink.enlarge(light))
    grey = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    slopes = ink.slopes(grey)
    found = most_evident(until_nothing_is_left(looks(grey, slopes, DEPTHS), grey))
    if found is None or found[0].freedom < LEANING:
        darkest = looks(grey, slopes, DARKEST)
        found = most_evident(chain([found] if found else [], darkest))
    if found is None:
        found = most_evident(looks(grey, slopes, DEPTHS, away_from_border=True))
    if found is None:
        raise PictureError(_nothing("nothing stands out from the background"))
    digit, dark = found
    if digit.contrast < max(ABOVE_NOISE * ink.typical(slopes), SLOPE):
        raise PictureError(_nothing("nothing stands out from the noise"))
    if digit.share < OF_ALL:
        raise PictureError(_nothing("none of its shapes is a pen's stroke"))
    return digit_image(ink.sharpen_outline(dark, digit.mask, digit.pen))


def most_evident(found: Iterable[Found]) -> Found | None:
    """Choose the digit with most evidence; the earlier one if there is little between them."""
    best: Found | None = None
    for digit, dark in found:
        if best is None or digit.evidence > BETTER * best[0].evidence:
            best = digit, dark
    return best


def until_nothing_is_left(found: Iterable[Found], grey: NDArray[np.uint8]) -> Iterator[Found]:
    """Pass on what is found, as far as a digit that leaves nothing else on a plain ground.

    There is no reason to look again at what was drawn on a screen, and is read while it is drawn.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    plain = np.ptp(border) <= ONE_COLOUR
    apart = cv2.absdiff(grey, np.full_like(grey, border[0])) > APART if plain else None
    for digit, dark in found:
        yield digit, dark
        if apart is not None and not apart[cv2.dilate(digit.mask, RIM) == 0].any():
            return


def looks(
    grey: NDArray[np.uint8],
    slopes: NDArray[np.float32],
    depths: tuple[float, ...],
    *,
    away_from_border: bool = False,
) -> Iterator[Found]:
    """Find the digit in each polarity, with each width of stroke and each depth.

    Away from the border, ink has a threshold of its own.
    """
    around = ink.surroundings(grey)
    for flip in (0, 255):  # dark ink, then light ink
        sight = Sight(grey ^ np.uint8(flip), around ^ np.uint8(flip), slopes)
        for part in SPANS:
            paper = ink.paper_behind(sight.grey, int(part * max(grey.shape)) // 2 * 2 + 1)
            dark = ink.darkness(sight.grey, paper)
            strong = ink.threshold(dark)
            if away_from_border:
                inside = ink.away_from_border(dark, strong)
                dark, strong = dark * inside, ink.threshold(dark, inside)
            if strong < FAINTEST:
                continue
            for depth in depths:
                mask = ink.connected_ink(dark, strong, depth)
                digit = find_digit(mask, paper, sight)
                if digit is not None:
                    yield digit, dark


def _nothing(found: str) -> str:
    """Say that a picture has no digit."""
    return (
        f"no digit found: expected one handwritten digit, but {found};"
        " take the picture nearer, in even light, with the digit alone on plain paper"
    )
