"""layout: pieces of ink in reading order."""

import numpy as np

from mnistcli.picture.layout import Ink, join, lines_of

PEN = 4.0


def box(left: int, top: int, width: int = 30, height: int = 60) -> Ink:
    return Ink(left, top, np.ones((height, width), np.uint8))


def lines(bodies: list[Ink], parts: tuple[Ink, ...] = (), height: float = 60) -> list[list[int]]:
    """Where the pieces of each line begin, left to right."""
    return [[ink.left for ink in line] for line in lines_of(bodies, parts, height, PEN)]


def test_ink_joined_covers_both_and_nothing_else():
    whole = join([box(0, 0, 2, 2), box(4, 3, 1, 1)])
    assert (whole.left, whole.top, whole.width, whole.height) == (0, 0, 5, 4)
    assert whole.mask.sum() == 5


def test_ink_is_cropped_to_what_is_there():
    mask = np.zeros((9, 9), np.uint8)
    mask[3:5, 6] = 1
    ink = Ink.of(100, 200, mask)
    assert (ink.left, ink.top, ink.width, ink.height) == (106, 203, 1, 2)


def test_a_line_is_read_from_left_to_right():
    assert lines([box(200, 12), box(0, 0), box(100, 5)]) == [[0, 100, 200]]


def test_lines_are_read_from_top_to_bottom():
    assert lines([box(50, 100), box(0, 0), box(0, 100), box(50, 0)]) == [[0, 50], [0, 50]]


def test_a_line_that_climbs_is_one():
    climbing = [box(60 * k, 300 - 25 * k) for k in range(8)]
    assert lines(climbing) == [[60 * k for k in range(8)]]


def test_lines_that_climb_are_read_one_after_the_other():
    first, second = ([box(150 * k, 200 + down - 30 * k) for k in range(4)] for down in (0, 100))
    assert lines([*first, *second, box(600, 180)]) == [[0, 150, 300, 450], [0, 150, 300, 450, 600]]


def test_heights_may_dance():
    dancing = [box(50 * k, 40 - 20 * (k % 2), height=60 + 25 * (k % 2)) for k in range(6)]
    assert lines(dancing) == [[50 * k for k in range(6)]]


def test_digits_of_one_line_may_be_half_below_the_last_and_above_the_next():
    assert lines([box(0, 50), box(50, 0), box(100, 44), box(150, 2)]) == [[0, 50, 100, 150]]
    assert lines([box(45 * k, 10 * k * (6 - k)) for k in range(7)]) == [[45 * k for k in range(7)]]


def test_lines_that_share_rows_are_two_where_a_digit_stands_above_another():
    two = [*(box(50 * k, 20 * k) for k in range(5)), *(box(50 * k, 70 + 20 * k) for k in range(5))]
    assert lines(two) == [[50 * k for k in range(5)]] * 2


def test_pieces_closely_above_one_another_are_one_digit():
    (line,) = lines_of([box(0, 0, height=30), box(0, 38, height=30)], (), 60, PEN)
    assert [(ink.top, ink.height) for ink in line] == [(0, 68)]


def test_a_bar_that_ends_above_a_digit_s_side_is_part_of_it():
    (line,) = lines_of([box(0, 40), box(26, 12, 40, 25)], (), 60, PEN)
    assert [(ink.top, ink.height) for ink in line] == [(12, 88)]


def test_a_digit_of_a_line_that_climbs_is_not_joined_to_the_last():
    assert len(lines([box(0, 124), box(32, 62), box(64, 0)])) == 3


def test_digits_of_two_lines_are_not_joined_however_near():
    assert len(lines([box(0, 0), box(0, 66), box(50, 0), box(50, 66)])) == 2


def test_digits_one_below_the_other_that_nearly_touch_are_not_the_parts_of_a_torn_one():
    column = [box(0, 0), box(0, 65), *(box(0, 85 * row) for row in range(2, 6))]
    assert len(lines(column)) == len(column)


def test_a_dash_between_digits_stands_in_their_line():
    assert lines([box(0, 0), box(100, 0)], (box(45, 28, 20, 5),)) == [[0, 45, 100]]


def test_a_bar_above_a_digit_stands_in_its_line():
    assert lines([box(0, 20)], (box(4, 8, 24, 6),)) == [[0, 4]]


def test_the_bar_of_a_5_that_begins_where_its_stem_ends_stands_in_its_line():
    assert lines([box(0, 20)], (box(29, 6, 24, 12),)) == [[0, 29]]
    assert lines([box(0, 20), box(50, 0, 30, 80)], (box(29, 6, 15, 12),)) == [[0, 29, 50]]


def test_the_two_low_parts_of_a_flat_5_are_a_digit_of_its_line():
    flat = (box(100, 20, 40, 18), box(95, 42, 35, 18))
    found = lines_of([box(0, 0), box(50, 0)], flat, 60, PEN)
    assert [(ink.left, ink.height) for ink in found[0]] == [(0, 60), (50, 60), (95, 40)]


def test_the_bar_of_a_5_that_begins_over_its_end_stands_in_its_line():
    """Wide beside the 5, and as far from it as a bar may be; of a low 5, the bar comes after it."""
    assert lines([box(0, 0), box(100, 20, 30, 40)], (box(125, 3, 40, 8),)) == [[0, 100, 125]]
    low = (box(100, 38, 30, 18), box(125, 34, 60, 5))
    assert lines([box(0, 0), box(50, 0)], low) == [[0, 50, 100, 125]]


def test_what_is_too_low_for_a_digit_is_a_part_of_one():
    assert lines([box(0, 20), box(45, 40, 20, 22), box(100, 0)]) == [[0, 45, 100]]


def test_what_is_far_from_the_digits_or_much_lower_is_left():
    assert lines([box(0, 0)], (box(200, 0, 20, 5),)) == [[0]]
    assert lines([box(0, 0), box(200, 200, 10, 20)]) == [[0]]


def test_printing_above_a_digit_is_left():
    assert lines([box(0, 40)], (box(0, 0, 60, 12),)) == [[0]]


def test_a_column_of_digits_that_grow_is_a_line_each():
    tops = {14: 23, 52: 26, 92: 30, 132: 33, 186: 46, 248: 45, 317: 45, 383: 53, 451: 50}
    column = [box(45, top, 25, height) for top, height in tops.items()]
    assert len(lines(column, height=49)) == len(column)
