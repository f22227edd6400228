"""Ways to look at a picture's light: what is ink in each, and what is written in that ink."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture import ink
from mnistcli.picture.furniture.lines import has_area
from mnistcli.picture.furniture.rules import mended, without_rules
from mnistcli.picture.ink import RIM
from mnistcli.picture.measures import Sight
from mnistcli.picture.pieces import Writing, find_writing

#: Widths that strokes may have, as parts of the longer side: a broad brush on a tight crop; a
#: felt pen; a ballpoint on a photo. The narrower, the smaller the shadows that are paper still.
SPANS = (0.5, 0.2, 0.08)

#: Depths of ink, in thresholds: all that is nearer to ink than to paper; and fainter parts, as
#: of a pencil's stroke, that hang together with such ink.
DEPTHS = (1.0, 0.4)

#: Least darkness, of 255, where ink is told from paper: half the contrast of the faintest pencil.
FAINTEST = 8

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

    `paper` is how bright the paper is, where that is the same everywhere. `beside`, (h, w), is 1
    where the sheet ends that is looked at, as a picture ends at its border.
    """

    def __init__(
        self,
        grey: NDArray[np.uint8],
        paper: int | None = None,
        beside: NDArray[np.uint8] | None = None,
    ) -> None:
        self.grey = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
        self._paper = None if paper is None else np.full_like(self.grey, paper)
        self.beside = beside
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
            rest = without_rules(faint, self.beside)
            rules = (rest < faint).astype(np.uint8)
            self._cleaned[key] = mended(rest, faint, seen.dark), rules
        mask, rules = self._cleaned[key]
        if look.depth >= 1.0:
            if has_area(faint) and not has_area(seen.mask):  # a shadow, which hides rules
                return mask & mended(
                    without_rules(seen.mask, self.beside), seen.mask, seen.dark
                ), mask
            return mask & seen.mask, mask
        strong = seen.strong
        if rules.any():  # which may be darker than the pen
            strong = ink.threshold(seen.dark, cv2.dilate(rules, RIM) == 0)
        return ink.connected(mask, seen.dark > strong), mask
