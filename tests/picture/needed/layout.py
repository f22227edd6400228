"""Pieces in lines, and parts of pieces."""

import numpy as np
from needed.drawing import Shape, bar, drawn, needs, stroke

from mnistcli.picture import cutting, layout
from mnistcli.picture.layout import Ink


def block(left: int, top: int, width: int = 30, height: int = 60) -> Ink:
    return Ink(left, top, np.ones((height, width), np.uint8))


def lined(bodies: list[Ink], *parts: Ink) -> list[list[int]]:
    """How high the pieces of each line are."""
    return [[piece.height for piece in line] for line in layout.lines_of(bodies, parts, 60, 4.0)]


@needs("layout.STACK")
def a_bar_is_part_of_its_digit_and_the_next_line_is_not() -> bool:
    apart = [block(0, 0, height=52), block(0, 60, height=52), block(60, 0, height=52)]
    return lined([block(0, 0, height=30), block(0, 38, height=30)]) == [[68]] and len(lined(apart)) == 2  # fmt: skip


@needs("layout.CLOSE")
def what_is_near_above_is_one_and_what_is_far_is_not() -> bool:
    near, far = ([block(0, 0, height=30), block(0, 30 + gap, height=30)] for gap in (8, 18))
    return lined(near) == [[68]] and len(lined(far)) == 2


@needs("layout.BESIDE")
def a_line_climbs_and_the_next_line_does_not_belong_to_it() -> bool:
    below = block(40, 42)
    below.mask[:26, 1:] = 0
    return lined([block(0, 25), block(60, 0)]) == [[60, 60]] and len(lined([block(0, 0), below, block(50, 0)])) == 2  # fmt: skip


@needs("layout.TORN")
def the_halves_of_a_torn_digit_are_one_and_lines_of_writing_are_not() -> bool:
    torn, apart = (
        [block(0, 0, height=42), block(0, 42 + gap, height=42), block(60, 0)] for gap in (5, 10)
    )
    return lined(torn) == [[89, 60]] and len(lined(apart)) == 2


@needs("layout.RARE")
def two_digits_of_close_lines_that_nearly_touch_are_not_torn() -> bool:
    upper = [block(0, 0, height=40), *(block(40 * k, -20) for k in range(1, 6))]
    lower = [block(40 * k, 65 if k else 45) for k in range(6)]
    return lined([*upper, *lower]) == [[40, *[60] * 5], [60] * 6]


@needs("layout.FEW")
def a_flat_digit_is_torn_into_few_parts_and_print_has_many() -> bool:
    def parts(count: int) -> list[Ink]:
        return [block(100 + 12 * (k // 2), 20 + 20 * (k % 2), 8, 16) for k in range(count)]

    body = block(0, 0)
    return [36] in [line[1:] for line in lined([body], *parts(2))] and lined([body], *parts(6)) == [
        [60]
    ]


@needs("layout.LEVEL")
def a_row_that_climbs_steeply_is_one_line() -> bool:
    steep = [block(150 * k, 150 - 45 * k) for k in range(4)]
    return lined(steep) == [[60] * 4] and len(lined([block(0, 0), block(70, 60)])) == 2


@needs("layout.LOWER")
def printing_is_lower_than_what_is_written() -> bool:
    return lined([block(0, 0), block(140, 30, height=18)]) == [[60]] and lined(
        [block(0, 0), block(140, 20, height=30)]
    ) == [[60, 30]]


@needs("layout.NEAR")
def a_dash_beside_a_digit_is_in_its_line_and_one_farther_is_not() -> bool:
    return lined([block(0, 0)], block(50, 28, 20, 5)) == [[60, 5]] and lined(
        [block(0, 0)], block(75, 28, 20, 5)
    ) == [[60]]


def slices(*shapes: Shape, pen: float = 6) -> list[tuple[Ink, float | None]]:
    return cutting.cut(Ink.of(0, 0, drawn(*shapes, size=(120, 260))), pen)


@needs("cutting.ROWS")
def a_seam_goes_round_slanting_strokes() -> bool:
    slanting = (stroke((x, 110), (x + 90, 10), pen=4) for x in (20, 40))
    return any(through is None for _, through in slices(*slanting, pen=4)[1:])


@needs("cutting.OUTLINE", "cutting.CROSSED")
def a_bar_between_two_stems_is_cut_in_its_middle_too() -> bool:
    found = slices(bar(20, 10, 6, 100), bar(20, 50, 90, 6), bar(104, 10, 6, 100))
    return any(50 < piece.left < 80 for piece, _ in found)


@needs("cutting.SLICE")
def ones_on_one_foot_are_about_as_many_slices() -> bool:
    ones = slices(bar(20, 104, 126, 6), *(bar(x, 10, 6, 100) for x in (20, 60, 100, 140)))
    return 5 <= len(ones) <= 7


def holed(count: int, across: int) -> Ink:
    """A block with holes of so many pixels by 5."""
    block = np.ones((120, 90), np.uint8)
    for k in range(count):
        block[10 + 12 * k : 15 + 12 * k, 20 : 20 + across] = 0
    return Ink(0, 0, block)


@needs("cutting.HOLES", "cutting.HOLE")
def what_has_more_holes_than_an_eight_is_a_scribble_and_jags_are_none() -> bool:
    pieces = (holed(2, 9), holed(4, 9), holed(8, 4))
    return [cutting.is_scribble(each, 200.0, 10.0) for each in pieces] == [False, True, False]


@needs("cutting.BLOT")
def what_is_blacked_out_is_a_scribble_and_a_broad_stroke_is_none() -> bool:
    blots = [cutting.is_scribble(block(0, 0, width), 60.0, 20.0) for width in (30, 50)]
    return blots == [False, True]
