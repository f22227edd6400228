"""pieces: which pieces of ink a pen wrote."""

import cv2
import numpy as np
import pytest
from common.pens import ink, on

from mnistcli.picture.ink import slopes, surroundings
from mnistcli.picture.measures import Sight
from mnistcli.picture.pieces import Writing, find_writing


def found(
    coverage: np.ndarray, ground: float = 240, picture: np.ndarray | None = None
) -> Writing | None:
    """What is chosen among all ink of a picture."""
    picture = on(ground, coverage, 30) if picture is None else picture
    sight = Sight(picture, surroundings(picture), slopes(picture))
    paper = np.full_like(picture, int(ground))
    return find_writing((coverage > 0.5).astype(np.uint8), paper, sight)


def chosen(coverage: np.ndarray, **options: object) -> np.ndarray:
    digit = found(coverage, **options)
    assert digit is not None
    return digit.mask > 0


def test_the_digit_is_chosen_and_specks_are_left():
    specks = np.zeros((300, 300), np.float32)
    specks[::60, ::60] = 1
    digit = ink(7)
    mask = chosen(np.maximum(digit, specks))
    assert np.array_equal(mask, digit > 0.5)


def test_strokes_of_one_pen_that_lie_near_belong_together():
    broken = ink(0)
    broken[140:160] = 0
    assert np.array_equal(chosen(broken), broken > 0.5)


def test_a_bar_is_no_digit_on_its_own():
    bar = np.zeros((300, 300), np.float32)
    bar[150:158, 50:250] = 1
    assert found(bar) is None
    writing = found(np.maximum(ink(7, centre=(0.3, 0.5), height=0.3), bar))
    assert writing is not None
    assert len(writing.bodies) == len(writing.parts) == 1


def test_every_digit_of_a_number_is_written():
    number = np.maximum(
        ink(4, centre=(0.5, 0.25), height=0.3), ink(7, centre=(0.5, 0.75), height=0.3)
    )
    writing = found(number)
    assert writing is not None
    assert len(writing.bodies) == 2
    assert writing.height == pytest.approx(90 + 14, abs=8)


def test_faint_and_thin_ink_is_of_another_pen():
    hair = np.zeros((300, 300), np.float32)
    hair[40:200, 280:282] = 1
    assert not chosen(np.maximum(ink(4, centre=(0.5, 0.4)), hair))[hair > 0].any()


def test_boxes_that_touch_are_a_frame_however_many():
    frames = np.zeros((120, 500), np.float32)
    for left in range(8, 480, 96):
        cv2.rectangle(frames, (left, 10), (left + 96, 110), 1, 5)
    digits = np.maximum.reduce(
        [ink(4, (120, 500), (0.5, (left + 48) / 500), 0.5) for left in range(8, 480, 96)]
    )
    assert np.array_equal(chosen(np.maximum(digits, frames)), digits > 0.5)


def test_a_frame_is_not_the_digit_that_it_holds():
    frame = np.zeros((300, 300), np.uint8)
    cv2.rectangle(frame, (20, 25), (275, 280), 1, 5)
    digit = ink(4)
    assert np.array_equal(chosen(np.maximum(digit, frame)), digit > 0.5)


@pytest.mark.parametrize("tilt", [0, 4])
def test_a_box_to_tick_is_no_zero_beside_a_digit(tilt):
    box = np.zeros((300, 300), np.float32)
    corners = cv2.boxPoints(((60, 150), (70, 80), tilt)).astype(np.int32)
    cv2.polylines(box, [corners], True, 1, 4, cv2.LINE_AA)
    digit = ink(0, centre=(0.5, 0.65), height=0.4)
    assert np.array_equal(chosen(np.maximum(digit, box)), digit > 0.5)


def test_what_goes_around_more_than_it_is_itself_is_none_of_it():
    """The shadow along two sides of a note."""
    shadow = np.zeros((600, 600), np.float32)
    cv2.polylines(shadow, [np.array([(500, 90), (500, 500), (90, 500)])], False, 0.6, 9)
    digits = np.maximum.reduce(
        [ink(7, (600, 600), (0.4, x), 0.15, 7) for x in (0.25, 0.4, 0.55, 0.7)]
    )
    assert np.array_equal(chosen(np.maximum(digits, shadow)), digits > 0.5)


def test_a_zero_holds_nothing_and_is_no_frame():
    zero = ink(0)
    assert np.array_equal(chosen(zero), zero > 0.5)


def test_a_table_at_the_border_is_not_the_digit():
    coverage = ink(4)
    table = np.zeros_like(coverage)
    table[:, 270:] = 1
    assert np.array_equal(chosen(np.maximum(coverage, table)), coverage > 0.5)


def test_a_digit_that_runs_out_of_the_picture_is_one():
    cut = ink(7)[:-70]
    digit = found(cut)
    assert digit is not None
    assert digit.freedom == 1


def test_a_broad_soft_thing_beside_a_pen_is_none_of_it_but_on_a_ground_of_one_colour():
    """A finger's shadow; and a digit that was enlarged beside a tick that was drawn."""
    digit = ink(4, (300, 600), (0.5, 0.25), 0.5, 6)
    broad = cv2.GaussianBlur(ink(1, (300, 600), (0.5, 0.75), 0.5, 34), (0, 0), 6)
    both = np.maximum(digit, broad)
    assert chosen(both)[broad > 0.5].all()
    photo = on(240, both, 30)
    photo[:40] = np.linspace(200, 240, 600)
    writing = found(both, picture=photo)
    assert writing is not None
    assert not writing.mask[broad > 0.5].any()
    assert writing.left_out  # it may be a digit out of focus: who reads the rest is told


def test_digits_of_one_row_may_be_softer_and_what_lies_elsewhere_may_not():
    size, pen = (400, 900), 12
    row = [ink(each, size, (0.3, x), 0.3, pen) for each, x in ((4, 0.2), (7, 0.4))]
    softer = [ink(each, size, (0.3, x), 0.3, pen) for each, x in ((0, 0.55), (7, 0.7))]
    elsewhere = cv2.GaussianBlur(ink(4, size, (0.8, 0.2), 0.3, pen), (0, 0), 2.5)
    both = np.maximum.reduce([*row, *(cv2.GaussianBlur(each, (0, 0), 2.5) for each in softer)])
    photo = on(240, np.maximum(both, elsewhere), 30)
    photo[-10:] = np.linspace(200, 240, 900)
    assert np.array_equal(chosen(np.maximum(both, elsewhere), picture=photo), both > 0.5)


def test_thin_strokes_beside_a_broad_one_are_not_left_out_unsaid():
    """They may be scratches, and digits of a finer pen."""
    size = (300, 900)

    def written(broad: int, thin: int) -> Writing:
        digits = [ink(each, size, (0.5, x), 0.5, thin) for each, x in ((4, 0.4), (7, 0.6))]
        writing = found(np.maximum.reduce([ink(0, size, (0.5, 0.15), 0.5, broad), *digits]))
        assert writing is not None
        return writing

    fine, like = written(34, 6), written(26, 12)
    assert (len(fine.bodies), fine.left_out) == (1, True)
    assert (len(like.bodies), like.left_out) == (3, False)


def test_a_thing_that_lies_beside_a_number_is_not_its_pen_however_much_there_is_of_it():
    size = (400, 600)
    number = np.maximum.reduce([ink(4, size, (0.25, x), 0.25, 5) for x in (0.2, 0.4, 0.6)])
    thing = np.zeros(size, np.float32)
    cv2.line(thing, (60, 350), (560, 250), 1, 30)
    thing = cv2.GaussianBlur(thing, (0, 0), 2)
    photo = on(240, np.maximum(number, thing), 30)
    photo[-10:] = np.linspace(200, 240, 600)
    found_here = chosen(np.maximum(number, thing), picture=photo)
    assert np.array_equal(found_here, number > 0.5)


def test_a_blot_is_no_digit():
    blot = np.zeros((300, 300), np.uint8)
    cv2.circle(blot, (150, 150), 60, 1, -1)
    assert found(blot.astype(np.float32)) is None


@pytest.mark.parametrize("ratio", [2.2, 3.1, 3.9])
def test_a_short_upright_stroke_of_a_broad_pen_is_one(ratio):
    pen = 70
    number = ink(0, (300, 600), (0.5, 0.25), 0.6, pen)
    tall = round(ratio * pen / 2)
    cv2.rectangle(number, (415, 150 - tall), (485, 150 + tall), 1, -1)
    assert np.array_equal(chosen(number), number > 0.5)


def test_a_blot_beside_a_digit_is_left_out():
    number = ink(0, (300, 600), (0.5, 0.25), 0.6, 70)
    zero = number > 0.5
    cv2.circle(number, (450, 150), 60, 1, -1)
    assert np.array_equal(chosen(number), zero)


def test_ink_whose_surroundings_are_darker_than_its_paper_is_of_the_same_pen():
    """As in the light of a lamp, at the dark end."""
    coverage = np.maximum(
        ink(4, centre=(0.5, 0.25), height=0.3), ink(7, centre=(0.5, 0.75), height=0.3)
    )
    picture = on(240, coverage, 30)
    around = np.full_like(picture, 170)
    around[:, 150:] = 125
    sight = Sight(picture, around, slopes(picture))
    writing = find_writing((coverage > 0.5).astype(np.uint8), np.full_like(picture, 240), sight)
    assert writing is not None
    assert len(writing.bodies) == 2


def test_paper_enclosed_by_a_stroke_is_no_digit():
    picture = 255 - on(240, ink(0), 30)  # read as dark ink, the paper is inside the zero
    inside = np.zeros((300, 300), np.uint8)
    cv2.ellipse(inside, (150, 150), (50, 70), 0, 0, 360, 1, 8)
    assert found(inside.astype(np.float32), ground=225, picture=picture) is None


def test_the_pen_is_measured():
    digit = found(ink(1, pen=14))
    assert digit is not None
    assert 12 <= digit.pen <= 17
