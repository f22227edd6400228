"""A picture's light -> what is written on it: several ways to look, and the one with most evidence."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture import ink
from mnistcli.picture.furniture.sheet import (
    alone,
    areas,
    beside,
    four_sided,
    is_apart,
    is_drawn_on,
    on_a_pattern,
    scaled,
)
from mnistcli.picture.ink import SPECK, drawn, ground, is_all, is_plain, is_trimmed, polarity
from mnistcli.picture.view import DEPTHS, SPANS, Found, Look, View

#: Nearly as wide as the picture: a sheet of paper on a table.
SHEETS = 1.0

#: A digit that leans on the border so much may hang together with printed lines. Then the
#: darkest ink alone is looked at, too.
LEANING = 0.1
DARKEST = (1.5,)

#: A later way of looking must have so much more evidence than an earlier one.
BETTER = 1.05

#: Where ink may reach a trimmed picture's border, the paler tenth of it is this much as dark as the
#: darkest. What comes in from the border, a shadow or print, is paler.
ONE_TONE = 0.75

#: Writing has at least this part of the evidence for all pieces; noise is many small ones.
OF_ALL = 0.1

#: The way to look is chosen on a copy of the picture with this longer side, in pixels.
COARSE = 360


def find(light: NDArray[np.uint8]) -> Found:
    """Find what is written on light, uint8 (h, w) or (h, w, 3).

    Raises `PictureError` when there is nothing that could be writing.
    """
    grey = ink.to_grey(light)
    view = View(grey)
    found = _alone_on_plain_ground(grey) if is_plain(view.grey) else None
    if found is not None:
        return found
    coarse = _coarse(view)
    # First on the copy: it costs little, and most of what reaches the border are lines and shadows.
    if is_trimmed(view.grey) and _trimmed_to_its_ink(coarse.grey) is not None:
        found = _trimmed_to_its_ink(grey)
    if found is not None:
        return found
    sheet = _sheet(coarse)
    written: list[Found] = []
    for area in areas(sheet) if sheet is not None else ():
        view_of_it = View(ink.to_grey(alone(light, area)), beside=beside(light.shape, area))
        with suppress(PictureError):  # it may be a stroke
            written.append(_search(view_of_it, _coarse(view_of_it)))
    return max(written, key=_clear_each) if written else _search(view, coarse)


def _clear_each(found: Found) -> float:
    """How clear each piece is on average: print and texture are many."""
    return found.writing.clarity / len(found.writing.bodies)


def _stands_out(view: View, found: Found) -> bool:
    """Tell whether the outline of what was found is steeper than noise."""
    return found.writing.contrast >= view.least_slope


def _told_from_noise(found: Found, *, clear: bool) -> Found:
    """Return what was found; raise PictureError where it may be noise: where it is not clear."""
    if not clear:
        raise PictureError(_nothing("nothing stands out from the noise"))
    if found.writing.share < OF_ALL:
        raise PictureError(_nothing("none of its shapes is a pen's stroke"))
    return found


def _alone_on_plain_ground(grey: NDArray[np.uint8]) -> Found | None:
    """Find writing that leaves nothing else on a ground of one colour, which is its paper.

    There is no reason to look again at what was drawn on a screen, and is read while it is drawn.
    """
    rows, columns = drawn(grey)
    view = View(grey[rows, columns], paper=ground(grey))
    found = view.through(Look(polarity(view.grey), SPANS[0], DEPTHS[0]))
    if found is None:
        return None
    mask = found.writing.mask
    sheet = four_sided(mask)
    if sheet is not None and is_drawn_on(sheet, mask):
        return None
    if not is_all(view.grey, mask, found.writing.pen):
        return None
    found = _told_from_noise(found, clear=_stands_out(view, found))
    return replace(found, alone=True, corner=(columns.start, rows.start))


def _trimmed_to_its_ink(grey: NDArray[np.uint8]) -> Found | None:
    """Find writing as above that reaches the border, as if there were more of its ground."""
    beside = ink.rim(*grey.shape)
    with suppress(PictureError):
        found = _alone_on_plain_ground(np.pad(grey, beside, constant_values=ground(grey)))
        if found is not None and _is_of_one_tone(found) and not _is_a_grid(found.writing.mask):
            column, row = found.corner
            return replace(found, corner=(column - beside, row - beside))
    return None


def _is_of_one_tone(found: Found) -> bool:
    """Tell whether strokes are as dark in all their middles: what comes from the border is not."""
    middle = (found.dark == cv2.dilate(found.dark, SPECK)) & (found.writing.mask > 0)
    if not middle.any():
        return False
    palest, darkest = np.quantile(found.dark[middle], (0.1, 1.0))
    return bool(palest >= ONE_TONE * darkest)


def _is_a_grid(mask: NDArray[np.uint8]) -> bool:
    """Tell whether a piece of a mask has more holes than an 8."""
    _, inside = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    around = inside[0, :, 3]  # of each hole, the piece
    return bool(np.bincount(around[around >= 0], minlength=1).max() > 2)  # noqa: PLR2004


def _search(view: View, coarse: View) -> Found:
    """Look in all ways, at a coarse copy; then through the best one at the picture itself.

    Raises PictureError where nothing is found but noise.
    """
    found = _clearest(_looks(coarse, SPANS, DEPTHS))
    if found is None or found.writing.freedom < LEANING:
        found = _clearest(chain([found] if found else [], _looks(coarse, SPANS, DARKEST)))
    if found is None:
        found = _clearest(_looks(coarse, SPANS, DEPTHS, inside=True))
    if found is None:  # what is tiny in the picture is lost on its copy
        found = _clearest(_looks(view, SPANS[-1:], DEPTHS))
    if found is None:
        raise PictureError(_nothing("nothing stands out from the background"))
    seen = _at_full_size(view, found)
    # There is less noise on the copy.
    on_copy = found.dark.shape == coarse.grey.shape and _stands_out(coarse, found)
    return _told_from_noise(seen, clear=on_copy or _stands_out(view, seen))


def _at_full_size(view: View, found: Found) -> Found:
    """Look as what was found on a copy, or in another way of its polarity where that loses it.

    A pale rule may be too thin for one on the copy, and hide on the picture what is written on it.
    """
    seen = view.through(found.look)
    if seen is None or BETTER * seen.writing.evidence >= found.writing.evidence:
        return seen or found
    looks = (Look(found.look.flip, span, depth) for span in SPANS for depth in DEPTHS)
    others = (each for look in looks if (each := view.through(look)) is not None)
    return _most_evident(chain([seen], others)) or seen


def _clearest(found: Iterable[Found]) -> Found | None:
    """Choose the writing with most evidence in the polarity in which most ways of looking see it.

    Writing looks alike in all of them; what shadows and edges make does not.
    """
    every = list(found)
    dark, light = ([each for each in every if each.look.flip == flip] for flip in (0, 255))
    ways = max(len(dark), len(light))

    def clarity(seen: Sequence[Found]) -> float:
        clear = [each.writing.clarity for each in seen]
        return float(np.median(clear + [0.0] * (ways - len(clear)))) if ways else 0.0

    return _most_evident(light if clarity(light) > clarity(dark) else dark)


def _coarse(view: View) -> View:
    scale = COARSE / max(view.grey.shape)
    if scale >= 1:
        return view
    height, width = (max(1, round(side * scale)) for side in view.grey.shape)
    resized = cv2.resize(view.grey, (width, height), interpolation=cv2.INTER_AREA)
    edge = None if view.beside is None else scaled(view.beside, (width, height))
    return View(np.asarray(resized, np.uint8), beside=edge)


def _sheet(coarse: View) -> NDArray[np.uint8] | None:
    """Return the sheet of paper, or the plot, that the writing is on: (h, w) of 0 and 1, or None."""
    looks = [Look(flip, SPANS[0], DEPTHS[0]) for flip in (255, 0)]
    # A large one may be paler than what is written on it.
    for look in (*looks, Look(polarity(coarse.grey), SHEETS, DEPTHS[-1])):
        seen = coarse.ink(look)
        sheet = None if seen is None else four_sided(seen.mask, alike=True)
        if sheet is not None and is_apart(sheet, coarse.grey, coarse.slopes):
            return sheet
    return on_a_pattern(coarse.grey, coarse.slopes)


def _most_evident(found: Iterable[Found]) -> Found | None:
    """Choose the writing with most evidence; the earlier one if there is little between them."""
    best: Found | None = None
    for each in found:
        if best is None or each.writing.evidence > BETTER * best.writing.evidence:
            best = each
    return best


def _looks(
    view: View, spans: Sequence[float], depths: Sequence[float], *, inside: bool = False
) -> Iterator[Found]:
    """Look for writing in each polarity, with each width of stroke and each depth."""
    for flip in (0, 255):  # dark ink, then light ink
        for span in spans:
            for depth in depths:
                found = view.through(Look(flip, span, depth, inside))
                if found is not None:
                    yield found


def _nothing(found: str) -> str:
    """Say that a picture has no digit."""
    return (
        f"no digit found: expected handwritten digits, but {found};"
        " take the picture nearer, in even light, with the digits alone on plain paper"
    )
