"""The kinds of paper: which layout, on what, in which light."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from paper import forms, furniture, layout, light, screens
from paper.furniture import Printed
from paper.layout import Hand, Writing
from paper.pen import Bytes, Floats

Layout = Callable[[Hand, int], Writing]
Furniture = Callable[[Writing, np.random.Generator], list[Printed]]
Light = Callable[[Floats, Sequence[Printed], np.random.Generator], Bytes]

DIGITS = (2, 7)  # of a number
HEIGHT = (44, 120)  # of a digit, in pixels
PEN = (0.06, 0.13)  # the width of strokes, in heights
HAIRLINE = (0.014, 0.03)
FELT = (0.15, 0.21)


@dataclass(frozen=True)
class Kind:
    """How a picture comes about."""

    layout: Layout = layout.tight
    furniture: Furniture = furniture.nothing
    light: Light = light.any_light
    pen: tuple[float, float] = PEN
    height: tuple[float, float] = HEIGHT


def mixed(hand: Hand, n: int) -> Writing:
    """Write tightly or widely."""
    return layout.tight(hand, n) if hand.rng.random() < 0.5 else layout.wide(hand, n)


SAVED_FIGURE, PHONE, ONE_IN_A_FORM, PAGE = "saved_figure", "phone", "form_row", "page"

KINDS: dict[str, Kind] = {
    "tight": Kind(),
    "wide": Kind(layout.wide),
    "touching": Kind(layout.touching),
    "climbing": Kind(layout.climbing),
    "dancing": Kind(layout.dancing),
    "two_lines": Kind(layout.lines),
    "boxes": Kind(forms.boxes, furniture.form),
    "comb": Kind(forms.comb, furniture.form),
    "table": Kind(forms.table, furniture.form, height=(44, 90)),
    ONE_IN_A_FORM: Kind(forms.form_row, furniture.form),
    "squared": Kind(mixed, furniture.squared),
    "ruled_narrow": Kind(mixed, furniture.ruled_narrow),
    "ruled_wide": Kind(mixed, furniture.ruled_wide),
    "margin": Kind(mixed, furniture.margin),
    "line_below": Kind(mixed, furniture.line_below),
    "lines_around": Kind(mixed, furniture.lines_around),
    "box": Kind(mixed, furniture.box),
    "label_above": Kind(mixed, furniture.label_above),
    "stray_tick": Kind(mixed, furniture.stray_tick),
    "photo_shadow": Kind(mixed, light=light.shaded, height=(60, 160)),
    "hard_shadow": Kind(mixed, light=light.hard_shadow, height=(60, 160)),
    "on_a_table": Kind(mixed, light=light.on_a_table, height=(60, 140)),
    "white_on_black": Kind(mixed, light=light.light_on_dark),
    "hairline": Kind(mixed, pen=HAIRLINE, height=(60, 160)),
    "felt_pen": Kind(mixed, pen=FELT),
    "separated": Kind(layout.separated),
    PAGE: Kind(layout.page, light=light.scanned, height=(60, 90)),
    SAVED_FIGURE: Kind(),
    PHONE: Kind(mixed),
}

#: Kinds that say little with a single digit, or nothing.
NUMBERS_ONLY = {
    "tight", "wide", "touching", "climbing", "dancing", "two_lines", "comb", "table", "separated", "page",
}  # fmt: skip
SINGLES = ("plain", *(kind for kind in KINDS if kind not in NUMBERS_ONLY))
NUMBERS = tuple(kind for kind in KINDS if kind != ONE_IN_A_FORM)


def compose(
    kind: str, images: Bytes, labels: Bytes, rng: np.random.Generator, *, single: bool = False
) -> tuple[Bytes, str]:
    """Compose a picture of a number, or of a single digit, and say what it shows.

    Digits are chosen among `images` (n, 28, 28), ink bright, by their `labels` (n,). `kind` is one
    of `NUMBERS`, or of `SINGLES`. Returns uint8 (h, w) or (h, w, 3), and text with a space between
    numbers that stand far apart and a newline between lines.
    """
    what = KINDS["tight" if kind == "plain" else kind]
    n = 1 if single else int(rng.integers(DIGITS[0], DIGITS[1], endpoint=True))
    if kind == SAVED_FIGURE:
        chosen = rng.integers(len(images), size=min(n, 5))
        text = "".join(map(str, labels[chosen]))
        return screens.saved_figure(images[chosen], text, rng), text
    height = rng.uniform(*what.height) * (1.5 if single else 1)
    pen = max(1.0, rng.uniform(*what.pen) * height)
    soft = what.pen == PEN and bool(rng.random() < layout.SOFT)
    writing = what.layout(Hand(images, labels, rng, height, pen, soft), n)
    if kind == PHONE:
        return screens.screenshot(writing.ink, rng), writing.text
    return what.light(writing.ink, what.furniture(writing, rng), rng), writing.text
