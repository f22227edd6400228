"""A picture's light -> what is written on it: several ways to look, and the one with most evidence."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture import ink
from mnistcli.picture.lines import has_area
from mnistcli.picture.pieces import Sight, Writing, find_writing
from mnistcli.picture.rules import mended, without_rules
from mnistcli.picture.sheet import (
    RIM,
    alone,
    areas,
    drawn,
    four_sided,
    ground,
    is_all,
    is_apart,
    is_drawn_on,
    is_plain,
    on_a_pattern,
    polarity,
)

#: Widths that strokes may have, as parts of the longer side: a broad brush on a tight crop; a
#: felt pen; a ballpoint on a photo. The narrower, the smaller the shadows that are paper still.
SPANS = (0.5, 0.2, 0.08)

#: Nearly as wide as the picture: a sheet of paper on a table.
SHEETS = 1.0

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

#: Writing has at least this part of the evidence for all pieces; noise is many small ones.
OF_ALL = 0.1

#: The way to look is chosen on a copy of the picture with this longer side, in pixels.
COARSE = 360

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """One way to look at a picture."""

    flip: int
    """255 where ink is light."""
    span: float
    depth: float
    inside: bool = False
    """Away from the border, where ink has a threshold of its own."""


@dataclass(frozen=True, eq=False)
class Found:
    """Writing, and the darkness (h, w) it was found in."""

    look: Look
    writing: Writing
    dark: NDArray[np.uint8]
    faint: NDArray[np.uint8]
    """1 where there is ink, however faint, without rules."""
    alone: bool = False
    """Whether it leaves nothing else on a ground of one colour."""
    corner: tuple[int, int] = (0, 0)
    """Column and row of the light where these arrays begin."""


class Ink(NamedTuple):
    """What is ink in one way of looking; arrays (h, w) uint8."""

    paper: NDArray[np.uint8]
    dark: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    """1 where there is ink, or what is as dark as faint ink, such as a pale rule."""
    strong: int
    """The darkness of ink."""


class View:
    """A grey picture, (h, w) uint8, and what all looks at it share.

    `paper` is how bright the paper is, where that is the same everywhere.
    """

    def __init__(self, grey: NDArray[np.uint8], paper: int | None = None) -> None:
        self.grey = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
        self._paper = None if paper is None else np.full_like(self.grey, paper)
        self._seen: dict[tuple[int, float], tuple[Bytes, Bytes, int]] = {}
        # Where ink stands out well, several looks see the same of it.
        self._cleaned: dict[bytes, tuple[Bytes, Bytes]] = {}
        self._written: dict[tuple[int, float, bytes], Writing | None] = {}

    @cached_property
    def slopes(self) -> NDArray[np.float32]:
        """Return how steep it is at each pixel, (h, w)."""
        return ink.slopes(self.grey)

    @cached_property
    def _sights(self) -> dict[int, Sight]:
        around = ink.surroundings(self.grey) if self._paper is None else self._paper
        return {
            flip: Sight(self.grey ^ np.uint8(flip), around ^ np.uint8(flip), self.slopes)
            for flip in (0, 255)
        }

    @property
    def least_slope(self) -> float:
        """How steep what was drawn is at least."""
        return self._sights[0].least_slope

    def ink(self, look: Look) -> Ink | None:
        """Tell ink from paper in one way; None where nothing is dark enough."""
        paper, dark, strong = self._darkness(look.flip, look.span)
        if look.inside:
            inside = ink.away_from_border(dark, strong)
            dark, strong = dark * inside, ink.threshold(dark, inside)
        if strong < FAINTEST:
            return None
        return Ink(paper, dark, ink.inked(dark, strong, look.depth), strong)

    def _darkness(self, flip: int, span: float) -> tuple[Bytes, Bytes, int]:
        """Return paper, darkness and its threshold; looks of several depths share them."""
        if (flip, span) not in self._seen:
            grey = self._sights[flip].grey
            if self._paper is None:
                paper = ink.paper_behind(grey, int(span * max(grey.shape)) // 2 * 2 + 1)
            else:
                paper = np.maximum(self._paper ^ np.uint8(flip), grey)
            dark = ink.darkness(grey, paper)
            self._seen[flip, span] = paper, dark, ink.threshold(dark)
        return self._seen[flip, span]

    def through(self, look: Look) -> Found | None:
        """Find writing in one way."""
        seen = self.ink(look)
        if seen is None:
            return None
        mask, faint = self._strokes(seen, look)
        key = look.flip, look.span, mask.tobytes()
        if key not in self._written:
            self._written[key] = find_writing(mask, seen.paper, self._sights[look.flip])
        writing = self._written[key]
        return Found(look, writing, seen.dark, faint) if writing else None

    def _strokes(self, seen: Ink, look: Look) -> tuple[Bytes, Bytes]:
        """Return the mask of ink without rules, of faint ink only what hangs together with strong.

        And that of all faint ink: rules are found in it, as pale ones are.
        """
        faint = ink.inked(seen.dark, seen.strong, DEPTHS[-1])
        key = faint.tobytes()
        if key not in self._cleaned:
            rest = without_rules(faint)
            rules = (rest < faint).astype(np.uint8)
            self._cleaned[key] = mended(rest, faint, seen.dark), rules
        mask, rules = self._cleaned[key]
        if look.depth >= 1.0:
            if has_area(faint) and not has_area(seen.mask):  # a shadow, which hides rules
                return mask & mended(without_rules(seen.mask), seen.mask, seen.dark), mask
            return mask & seen.mask, mask
        strong = seen.strong
        if rules.any():  # which may be darker than the pen
            strong = ink.threshold(seen.dark, cv2.dilate(rules, RIM) == 0)
        return ink.connected(mask, seen.dark > strong), mask


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
    sheet = _sheet(coarse)
    written: list[Found] = []
    for area in areas(sheet) if sheet is not None else ():
        view_of_it = View(ink.to_grey(alone(light, area)))
        with suppress(PictureError):  # it may be a stroke
            written.append(_search(view_of_it, _coarse(view_of_it)))
    return max(written, key=_clear_each) if written else _search(view, coarse)


def _clear_each(found: Found) -> float:
    """How clear each piece is on average: print and texture are many."""
    return found.writing.clarity / len(found.writing.bodies)


def _told_from_noise(view: View, found: Found) -> Found:
    """Return what was found; raise PictureError where it may be noise."""
    if found.writing.contrast < view.least_slope:
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
    if not is_all(view.grey, mask):
        return None
    return replace(_told_from_noise(view, found), alone=True, corner=(columns.start, rows.start))


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
    return _told_from_noise(view, _at_full_size(view, found))


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
    return View(np.asarray(resized, np.uint8))


def _sheet(coarse: View) -> NDArray[np.uint8] | None:
    """Return the sheet of paper, or the plot, that the writing is on: (h, w) of 0 and 1, or None."""
    looks = [Look(flip, SPANS[0], DEPTHS[0]) for flip in (255, 0)]
    # A large one may be paler than what is written on it.
    for look in (*looks, Look(polarity(coarse.grey), SHEETS, DEPTHS[-1])):
        seen = coarse.ink(look)
        sheet = None if seen is None else four_sided(seen.mask)
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
