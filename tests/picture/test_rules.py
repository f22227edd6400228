"""rules: lines of paper, boxes and tables are taken out, and strokes are not."""

import cv2
import numpy as np
import pytest
from common.lined import DIGITS, mask, ruled
from common.pens import ink, on, seen

from mnistcli.picture.furniture.lines import Line, lines
from mnistcli.picture.furniture.rules import choose, without_rules
from mnistcli.picture.view import Look, View


def kept(writing: np.ndarray, lines: np.ndarray) -> float:
    """The share of the writing that is left when lines are drawn over it and taken out."""
    return float((without_rules(writing | lines) & writing).sum() / writing.sum())


def left(writing: np.ndarray, lines: np.ndarray) -> float:
    """The share of the lines that is left."""
    only = lines & ~writing
    return float((without_rules(writing | lines) & only).sum() / only.sum())


@pytest.mark.parametrize("width", [1, 2, 4, 6])
@pytest.mark.parametrize("slope", [0.0, 0.03])
def test_ruled_paper_goes_and_the_digits_on_it_stay(width, slope):
    assert left(DIGITS, ruled(width, slope)) < 0.05
    assert kept(DIGITS, ruled(width, slope)) > 0.9


def test_a_line_as_thick_as_the_pen_goes_that_is_drawn_under_digits_and_touches_them():
    line = np.zeros_like(DIGITS)
    cv2.line(line, (20, 218), (480, 206), 1, 16)
    assert (DIGITS & line).any()
    assert left(DIGITS, line) < 0.05
    assert kept(DIGITS, line) > 0.9


def test_squared_paper_goes_and_the_digits_on_it_stay():
    lines = ruled(2, down=True)
    assert left(DIGITS, lines) < 0.08
    assert kept(DIGITS, lines) > 0.85


def test_lines_of_squared_paper_go_that_are_seen_on_one_side_of_a_digit_only():
    digits = mask((4, 0.5, 0.2, 0.2), (0, 0.5, 0.5, 0.2), (7, 0.5, 0.8, 0.2))
    lines = np.zeros_like(digits)
    for column in (30, 180, 330, 480):
        lines[:, column : column + 2] = 1
    for column in (90, 250, 390):
        lines[160:, column : column + 2] = 1
    assert left(digits, lines) < 0.1
    assert kept(digits, lines) > 0.9


def test_between_two_rules_that_hang_together_by_strokes_there_is_no_line():
    two = np.zeros((60, 300), np.uint8)
    two[[14, 15, 44, 45]] = 1
    for column in range(0, 300, 60):
        cv2.line(two, (column, 14), (column + 30, 45), 1, 2)
    assert not [line for line in lines(two, 10) if 20 < line.at(150) < 40]


@pytest.mark.parametrize("row", [60, 240])
def test_a_writing_line_above_or_below_goes(row):
    line = np.zeros_like(DIGITS)
    line[row : row + 4, 40:460] = 1
    assert left(DIGITS, line) < 0.05
    assert np.array_equal(without_rules(DIGITS | line) & DIGITS, DIGITS)


def test_a_row_of_boxes_goes():
    boxes = np.zeros_like(DIGITS)
    for column in (20, 175, 330):
        cv2.rectangle(boxes, (column, 70), (column + 150, 230), 1, 3)
    assert left(DIGITS, boxes) < 0.1
    assert kept(DIGITS, boxes) > 0.95


@pytest.mark.parametrize("down", [(170,), (170, 320)])
def test_the_lines_of_a_table_drawn_by_hand_go_though_they_end_at_nothing(down):
    table = np.zeros_like(DIGITS)
    cv2.line(table, (30, 82), (465, 74), 1, 4)
    cv2.line(table, (25, 222), (470, 228), 1, 4)
    for column in down:
        cv2.line(table, (column, 40), (column + 5, 275), 1, 4)
    assert left(DIGITS, table) < 0.1
    assert kept(DIGITS, table) > 0.95


def test_the_ends_of_a_comb_go():
    comb = np.zeros_like(DIGITS)
    comb[240:243, 20:480] = 1
    for column in (20, 477):
        comb[90:243, column : column + 3] = 1
    for column in (170, 320):
        comb[200:243, column : column + 3] = 1
    assert left(DIGITS, comb) < 0.1


def test_the_teeth_of_a_comb_go():
    comb = np.zeros_like(DIGITS)
    comb[240:243, 20:480] = 1
    for column in (20, 170, 325, 477):
        comb[200:243, column : column + 3] = 1
    assert left(DIGITS, comb) < 0.1


@pytest.mark.parametrize("digit", [1, 4, 5, 7])
def test_straight_strokes_of_a_digit_alone_are_no_rules(digit):
    alone = mask((digit, 0.5, 0.5, 0.8))
    assert np.array_equal(without_rules(alone), alone)


def test_a_one_on_a_foot_with_a_long_flag_is_no_rule():
    one = np.zeros((300, 300), np.uint8)
    cv2.line(one, (150, 40), (150, 250), 1, 6)
    cv2.line(one, (90, 110), (150, 40), 1, 6)
    cv2.line(one, (60, 250), (240, 250), 1, 6)
    assert np.array_equal(without_rules(one), one)


def test_ones_in_a_row_are_no_rules():
    ones = mask(*((1, 0.5, column, 0.6) for column in (0.2, 0.4, 0.6, 0.8)))
    assert np.array_equal(without_rules(ones), ones)


def test_bars_of_sevens_in_a_row_are_no_rule():
    sevens = mask(*((7, 0.5, column, 0.25) for column in (0.2, 0.4, 0.6, 0.8)))
    assert np.array_equal(without_rules(sevens), sevens)


def test_a_line_as_wide_as_is_looked_for_leaves_no_fringe_of_wider_ones():
    for width in range(4, 12):
        line = np.zeros((300, 500), np.uint8)
        line[100 : 100 + width] = 1
        for thickest in range(3, width):
            assert not lines(line, thickest), (width, thickest)
        assert [round(each.width) for each in lines(line, width)] == [width]


def test_rules_that_digits_cover_for_the_most_part_go():
    row = np.zeros_like(DIGITS)
    for column in (0.1, 0.3, 0.5, 0.7, 0.9):
        row |= mask((7, 0.5, column, 0.2))
    row = cv2.dilate(row, np.ones((25, 9), np.uint8))
    for slope in (0.0, 0.02):
        line = np.zeros_like(row)
        cv2.line(line, (0, 125), (499, round(125 + 499 * slope)), 1, 2)
        assert left(row, line) < 0.1
        assert kept(row, line) > 0.95


def test_a_thin_line_that_goes_on_as_a_stroke_is_not_one_line_with_it():
    both = np.zeros((300, 500), np.uint8)
    both[150:153, :70] = 1
    cv2.line(both, (70, 151), (160, 151), 1, 13)
    assert max(line.length for line in lines(both, 20)) < 120


@pytest.mark.parametrize("width", [3, 4, 5, 6, 8])
def test_boxes_that_stand_apart_go_also_where_one_touches_a_digit(width):
    boxes = np.zeros_like(DIGITS)
    for column in (20, 180, 345):
        cv2.rectangle(boxes, (column, 75), (column + 140, 225), 1, width)
    touching = mask((4, 0.5, 0.2, 0.4), (0, 0.5, 0.44, 0.4), (7, 0.5, 0.8, 0.4))
    assert left(touching, boxes) < 0.1
    assert kept(touching, boxes) > 0.9


def test_a_row_of_boxes_goes_though_but_one_holds_a_small_digit():
    digit = mask((0, 0.5, 0.12, 0.2))
    boxes = np.zeros_like(digit)
    for column in range(20, 460, 120):
        cv2.rectangle(boxes, (column, 90), (column + 85, 210), 1, 5)
    assert left(digit, boxes) < 0.05
    assert np.array_equal(without_rules(digit | boxes) & digit, digit)


def test_a_short_line_goes_that_is_as_thick_as_the_pen():
    digit = mask((7, 0.5, 0.5, 0.5))
    line = np.zeros_like(digit)
    cv2.line(line, (170, 270), (330, 266), 1, 15)
    assert left(digit, line) == 0
    assert np.array_equal(without_rules(digit | line) & digit, digit)


def test_what_ends_at_a_rule_of_another_width_is_no_side_of_a_box():
    thin, thick = (Line(50, 150, 0.0, 100.0, width, 101) for width in (3.0, 11.0))
    rule = Line(0, 300, 0.0, 155.0, 3.0, 301)
    for line, sides in ((thin, [thin]), (thick, [])):
        found = choose([], [line], (300, 500), height=60, whole=60, thickest=12, gone=([rule], []))
        assert found == ([], sides)


def test_boxes_go_though_all_but_one_are_empty_and_it_holds_straight_strokes():
    seven = mask((7, 0.5, 0.14, 0.22))
    boxes = np.zeros_like(seven)
    for column in range(20, 460, 120):
        cv2.rectangle(boxes, (column, 90), (column + 85, 210), 1, 3)
    assert left(seven, boxes) < 0.05
    assert kept(seven, boxes) == 1


def test_a_box_goes_that_is_hardly_wider_than_its_digit_is_high():
    zero = mask((0, 0.5, 0.5, 0.44))
    box = cv2.rectangle(np.zeros_like(zero), (183, 60), (317, 240), 1, 3)
    assert left(zero, box) < 0.05
    assert kept(zero, box) == 1


def test_a_pale_rule_goes_as_a_whole_where_only_the_ink_upon_it_holds_it():
    picture = np.full((300, 600), 235, np.uint8)
    for column in range(0, 600, 50):  # as faint lines come out of a camera
        picture[150:152, column : column + 42] = 160
    picture[100:200, 296:304] = 40
    found = View(picture).through(Look(0, 0.5, 0.4))
    assert found is not None
    assert found.writing.mask[:, 320:].sum() == 0


def test_a_stem_nearly_as_high_as_the_picture_stays():
    stem = np.zeros((60, 900), np.uint8)
    stem[6:54, 300:307] = 1
    stem[10:50, 400:404] = stem[10:50, 420:424] = stem[10:14, 400:424] = 1
    assert np.array_equal(without_rules(stem), stem)


def test_ones_of_a_tight_crop_stay_and_the_sides_of_squares_around_it_go():
    number = mask((0, 0.5, 0.4, 0.9), (7, 0.5, 0.65, 0.9))
    top, bottom = np.flatnonzero(number.any(axis=1))[[0, -1]]
    number[top : bottom + 1, 30:40] = number[top : bottom + 1, 450:460] = 1
    tight = number[top : bottom + 1]
    assert np.array_equal(without_rules(tight), tight)
    squares = ruled(2, down=True)[top : bottom + 1]
    assert without_rules(tight | squares).sum() < 1.1 * tight.sum()


def test_a_margin_s_line_goes_from_a_strip_and_the_lines_of_columns():
    strip = np.zeros_like(DIGITS)
    strip[:, 30:33] = strip[:, 180:183] = strip[:, 330:333] = 1
    window = np.s_[75:225]
    assert np.array_equal(without_rules((DIGITS | strip)[window]), DIGITS[window])


def test_a_line_goes_however_high_the_shadows_at_the_border_are():
    shadows, line = np.zeros_like(DIGITS), np.zeros_like(DIGITS)
    shadows[:, :70] = shadows[:, 440:] = 1
    line[260:264, 160:400] = 1
    both = DIGITS | shadows
    assert left(both, line) == 0
    assert np.array_equal(without_rules(both | line) & DIGITS, DIGITS & both)


def test_a_box_in_the_shadow_at_the_border_goes():
    size, columns = (400, 520), np.arange(520)
    paper = 210 - 50 / (1 + np.exp((columns - 80) / 8))
    digits = np.maximum.reduce(
        [ink(digit, size, (0.5, x), 0.13, 4) for digit, x in ((4, 0.4), (7, 0.5), (0, 0.6))]
    )
    box = np.zeros(size, np.float32)
    cv2.rectangle(box, (20, 20), (499, 379), 1, 2)
    assert seen(on(paper[None, :].repeat(400, 0), np.maximum(digits, box), 40), digits) > 0.8


def test_bars_that_touch_are_no_rule_where_their_row_goes_on():
    def kept(*others: int) -> bool:
        mask = np.zeros((200, 700), np.uint8)
        for x in (260, 350):  # two sevens whose bars are one
            cv2.polylines(mask, [np.array([(x, 60), (x + 90, 60), (x + 80, 140)])], False, 1, 6)
        for x in others:
            cv2.ellipse(mask, (x, 100), (25, 40), 0, 0, 360, 1, 6)
        return bool(without_rules(mask)[60, 270:430].all())

    assert kept(100, 180, 520)
    assert kept(200, 550)
    assert not kept()
