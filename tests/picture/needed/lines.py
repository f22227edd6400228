"""Straight lines, and which of them are rules of the paper."""

import numpy as np
from common import lined
from common.lined import ruled
from needed.drawing import bar, drawn, needs, ring, stroke

from mnistcli.picture.furniture import lines as straight
from mnistcli.picture.furniture import rules

DIGITS = drawn(
    stroke((60, 100), (50, 170), (110, 170)), stroke((95, 120), (95, 220)),
    ring(220, 160, 40, 60), stroke((340, 100), (420, 100), (370, 220)),
    size=(300, 500),
)  # fmt: skip


def rest(lines: np.ndarray, digits: np.ndarray = DIGITS) -> float:
    """How much of the lines is left."""
    only = lines & ~digits & 1
    return float((rules.without_rules(lines | digits) & only).sum() / only.sum())


def kept(lines: np.ndarray, digits: np.ndarray) -> float:
    """How much of the digits is left."""
    return float((rules.without_rules(lines | digits) & digits).sum() / digits.sum())


def across(*rows: int, left: int = 0, right: int = 500, width: int = 3) -> np.ndarray:
    return drawn(*(bar(left, row, right - left, width) for row in rows), size=(300, 500))


@needs("rules.THICKEST.1")
def digits_stay_on_rules_that_are_thinner_than_the_pen() -> bool:
    return kept(ruled(6, 0.03), lined.DIGITS) > 0.98


@needs("rules.THICKEST.2")
def a_rule_as_wide_as_a_pen_goes() -> bool:
    return rest(across(60, 180, width=20)) < 0.1


@needs("rules.LONG")
def a_line_under_digits_goes_and_a_foot_stays() -> bool:
    line = across(240, left=150, right=300)
    one = drawn(stroke((150, 40), (150, 250), pen=6), stroke((40, 250), (260, 250), pen=6))
    return rest(line, drawn(bar(200, 160, 10, 60), size=(300, 500))) < 0.1 and np.array_equal(
        rules.without_rules(one), one
    )


@needs("measures.TALLER")
def a_line_is_long_beside_the_digits_and_not_beside_their_dots() -> bool:
    dots = [bar(20 + 12 * k, 280, 6, 6) for k in range(20)]
    seven = drawn(stroke((100, 60), (300, 60), (200, 240)), *dots, size=(300, 500))
    return np.array_equal(rules.without_rules(seven), seven)


@needs("rules.SCRAPS")
def nothing_is_written_where_lines_leave_scraps() -> bool:
    def written(*lines: np.ndarray) -> bool:
        scraps = drawn(bar(5, 5, 10, 18), bar(50, 5, 10, 12))
        return rules.written_height(scraps, drawn(*lines) | scraps) > 0

    line = bar(20, 100, 210, 5)
    return written(line) and not written(line, bar(20, 200, 210, 5))


@needs("lines.SLANT")
def a_tilted_rule_is_a_line_and_a_slanting_stroke_is_none() -> bool:
    tilted, slanting = (
        drawn(stroke((0, 150), (500, round(150 + 500 * slope)), pen=3), size=(300, 500))
        for slope in (0.08, 0.2)
    )
    return bool(straight.lines(tilted, 5)) and not straight.lines(slanting, 5)


@needs("lines.SHORTEST")
def a_rule_is_longer_than_a_dash() -> bool:
    dash, rule = across(100, left=100, right=125), across(100, left=100, right=150)
    return not straight.lines(dash, 4) and bool(straight.lines(rule, 4))


@needs("lines.NEAR")
def parts_of_a_rule_are_one_and_dashes_are_none() -> bool:
    def count(gap: int) -> int:
        return len(straight.lines(across(100, left=50, right=200) | across(100, left=200 + gap, right=350 + gap), 4))  # fmt: skip

    return count(10) == 1 and count(25) == 2


@needs("rules.THICKEST.0")
def the_feet_of_thin_digits_stay_on_a_thinner_line() -> bool:
    twos = (
        stroke((x, 180), (x + 40, 150), (x + 60, 220), (x, 300), (x + 70, 300), pen=8)
        for x in range(60, 900, 85)
    )
    digits = drawn(*twos, size=(500, 1000))
    lines = drawn(bar(0, 100, 1000, 3), bar(0, 298, 1000, 3), size=(500, 1000))
    return rest(lines, digits) < 0.2 and kept(lines, digits) > 0.85


@needs("rules.SIDE")
def the_sides_of_a_box_go_and_a_stroke_between_two_lines_stays() -> bool:
    zero = drawn(ring(200, 130, 30, 46, 16), size=(300, 500))
    sides = drawn(bar(100, 60, 3, 143), bar(397, 60, 3, 143), size=(300, 500))
    box = across(60, 200, left=100, right=400) | sides
    stem = drawn(bar(300, 60, 8, 94), ring(150, 105, 25, 46, 16), size=(300, 500))
    return rest(box, zero) < 0.1 and kept(across(60, 150), stem) > 0.9


@needs("feet.STUB")
def the_teeth_of_a_comb_go_and_a_one_on_a_line_stays() -> bool:
    zeros = drawn(ring(100, 150, 30, 50, 16), ring(220, 150, 30, 50, 16), size=(300, 500))
    teeth = drawn(*(bar(x, 150, 3, 70) for x in (40, 160, 280, 400)), size=(300, 500))
    one = drawn(ring(100, 140, 30, 55, 16), bar(220, 100, 3, 122), size=(300, 500))
    return rest(across(220) | teeth, zeros) < 0.1 and kept(across(220), one) > 0.9


@needs("lines.LEVEL")
def a_thin_line_slants_as_it_may() -> bool:
    tilted = drawn(stroke((30, 150), (470, 200), pen=2), size=(300, 500))
    return bool(straight.lines(tilted, 6))


@needs("lines.COVERED")
def a_line_is_straight_for_most_of_its_length() -> bool:
    level, bent = (
        drawn(stroke((0, 150), (250, 150), (500, end), pen=3), size=(300, 500)) for end in (150, 40)
    )
    return bool(straight.lines(level, 5)) and not straight.lines(bent, 5)


@needs("rules.ALONE")
def a_short_line_that_touches_nothing_goes_and_the_bar_of_a_5_stays() -> bool:
    zero = drawn(ring(200, 150, 40, 60, 8), size=(300, 500))
    line = across(60, left=140, right=265)
    bar_of_five = across(60, left=160, right=240)
    return rest(line, zero) < 0.1 and rest(bar_of_five, zero) > 0.9


@needs("rules.PALER")
def a_pale_rule_with_dark_grains() -> bool:
    lines, dash = drawn(bar(0, 100, 300, 4)), drawn(bar(106, 100, 20, 4))
    stem = drawn(bar(100, 60, 6, 80))
    dark = 80 * lines + 100 * drawn(*(bar(x, 100, 1, 4) for x in range(0, 300, 12)))
    dark[(dash | stem) > 0] = 220
    both = lines | dash | stem
    mended = rules.mended(stem, both, dark.astype(np.uint8))
    return bool((mended >= dash).all() and mended.sum() < both.sum())
