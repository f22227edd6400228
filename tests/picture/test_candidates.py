"""candidates: everything on a picture that could be a digit."""

import cv2
import numpy as np
import pytest
from common.pens import alike, file, ink, largest, on
from common.written import number, places

from mnistcli.errors import PictureError
from mnistcli.picture.conversion import segment_picture, whole_picture
from mnistcli.picture.segmentation import Segmentation
from mnistcli.reading.graph import LETTER


def segmented(text: str) -> Segmentation:
    return segment_picture(file(np.asarray(number(text).convert("L"))))


def test_each_digit_is_a_candidate_at_its_place():
    found = segmented("1470")
    boxes = np.array([candidate.box for candidate in found.candidates])
    for place in places("1470"):
        assert np.abs(boxes - place).max(axis=1).min() <= 8


@pytest.mark.parametrize("segment", [segment_picture, whole_picture])
def test_a_drawing_is_the_same_at_its_place_however_much_ground_there_is(segment):
    digit = ink(1, (400, 900), (0.6, 0.8), 0.3)
    rows, columns = (np.flatnonzero((digit > 0.5).any(axis=axis)) for axis in (1, 0))
    alone, beside = (
        segment(file(on(255, drawn))).candidates[0] for drawn in (digit[140:340, 600:], digit)
    )
    assert np.array_equal(alone.image, beside.image)
    corners = (columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert beside.box == pytest.approx(corners, abs=5)


@pytest.mark.parametrize("spread", [0, 1.5])
@pytest.mark.parametrize("digit", [1, 5, 7])
def test_a_drawing_that_was_cropped_to_its_ink_is_what_it_was(digit, spread):
    drawn = ink(digit, (400, 400), height=0.6, pen=30)
    rows, columns = (np.flatnonzero((drawn > 0.5).any(axis=axis)) for axis in (1, 0))
    cropped = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    grain = np.random.default_rng(digit).normal(0, spread, drawn.shape)
    drawn, cropped = (
        (on(250, each, 20) + grain[: len(each), : each.shape[1]]).round().astype(np.uint8)
        for each in (drawn, cropped)
    )
    image, other = (largest(file(each)) for each in (drawn, cropped))
    assert alike(image, other) > (0.97 if spread else 0.99)
    for left, top, width, height in (
        each.box for each in segment_picture(file(cropped)).candidates
    ):
        assert min(left, top) >= 0
        assert left + width <= cropped.shape[1]
        assert top + height <= cropped.shape[0]


@pytest.mark.parametrize(("lean", "longer"), [(0.3, 1.6), (0.3, 1.1), (0.0, 1.6), (-0.3, 1.6)])
def test_a_stroke_between_digits_that_leans_and_is_much_higher_is_a_slash(lean, longer):
    date = np.zeros((300, 800), np.float32)
    for column in (0.15, 0.3, 0.7, 0.85):
        date = np.maximum(date, ink(7, date.shape, (0.5, column), 0.35, 8))
    high = int(longer * 57)
    stroke = np.zeros(date.shape, np.uint8)
    foot, top = (int(400 - lean * high), 150 + high), (int(400 + lean * high), 150 - high)
    cv2.line(stroke, foot, top, 1, 5, cv2.LINE_AA)
    found = segment_picture(file(on(255, np.maximum(date, stroke), 20)))
    at_middle = [each for each in found.candidates if abs(each.box[0] + each.box[2] / 2 - 400) < 20]
    assert bool(at_middle) is not (lean > 0 and longer > 1.3)


@pytest.mark.parametrize("black", [False, True])
def test_what_is_scribbled_out_beside_digits_is_left_out_and_costs_as_much_as_a_letter(black):
    page = np.zeros((300, 700), np.float32)
    for column, digit in ((0.15, 4), (0.35, 7), (0.55, 0)):
        page = np.maximum(page, ink(digit, page.shape, (0.5, column), 0.35, 8))
    zigzag = [(500 + 70 * (k % 2), 100 + 11 * k) for k in range(9)]
    strokes = np.array([zigzag, [(y + 400, x - 400) for x, y in zigzag]], np.int32)
    pen = 14 if black else 5
    cv2.polylines(page, list(strokes), isClosed=False, color=1, thickness=pen, lineType=cv2.LINE_AA)
    found = segment_picture(file(on(255, page, 20)))
    assert {each.box[0] // 100 for each in found.candidates} <= {0, 1, 2, 3, 4}
    assert max(each.box[0] + each.box[2] for each in found.candidates) < 480
    assert found.unread[0][-1] >= LETTER


def test_a_scribble_alone_is_refused():
    strokes = [[(100 + 90 * (k % 2), 90 + 12 * k) for k in range(10)] for _ in range(2)]
    strokes[1] = [(y, x) for x, y in strokes[1]]
    scribble = np.zeros((300, 300), np.float32)
    lines = list(np.array(strokes, np.int32))
    cv2.polylines(scribble, lines, isClosed=False, color=1, thickness=4, lineType=cv2.LINE_AA)
    with pytest.raises(PictureError, match="none of its strokes is one"):
        segment_picture(file(on(255, scribble, 20)))


def test_a_candidate_is_an_image_as_mnist_has_them():
    for candidate in segmented("14").candidates:
        assert candidate.image.shape == (28, 28)
        assert candidate.image.dtype == np.uint8
        assert candidate.image.max() == 255


def test_lines_have_pieces_and_heights_of_their_own():
    found = segmented("14\n70")
    assert {candidate.line for candidate in found.candidates} == {0, 1}
    assert len(found.unread) == len(found.heights) == 2
    assert found.heights == pytest.approx([number("1").height * 0.7] * 2, rel=0.3)


def test_a_hairline_beside_broad_strokes_is_a_candidate():
    digits = ink(0, (300, 500), (0.5, 0.7), 0.5, pen=7)
    digits[75:225, 100] = 1
    found = segment_picture(file(on(255, digits))).candidates
    assert any(candidate.box[0] == 100 for candidate in found)


def test_what_touches_is_cut():
    touching = np.maximum(
        ink(0, (300, 500), (0.5, 0.3), 0.5, pen=10), ink(0, (300, 500), (0.5, 0.535), 0.5, pen=10)
    )
    found = segment_picture(file(on(255, touching))).candidates
    halves = [candidate for candidate in found if 110 < candidate.box[2] < 140]
    assert all(candidate.cut for candidate in halves)
    assert {candidate.box[0] // 100 for candidate in halves} == {0, 2} or len(halves) >= 2


def test_a_wide_zero_that_stands_alone_is_a_candidate_as_it_is():
    low = np.zeros((200, 700), np.float32)
    cv2.ellipse(low, (450, 100), (120, 60), 0, 0, 360, 1, 10)
    (wide,) = (
        each
        for each in segment_picture(file(on(255, np.maximum(low, ink(4, (200, 700), (0.5, 0.2), 0.6)))))
        .candidates
        if each.box[2] > 220
    )  # fmt: skip
    assert not wide.cut


def test_a_pen_that_lies_beside_the_number_is_no_candidate_as_it_is():
    page = ink(4, (400, 700), (0.4, 0.5), 0.5)
    cv2.line(page, (100, 320), (600, 350), 1, 24, cv2.LINE_AA)
    found = segment_picture(file(on(255, page))).candidates
    assert max(candidate.box[2] for candidate in found) < 250


def test_a_digit_as_such_costs_nothing():
    (whole,) = (each for each in segmented("4").candidates if not each.cut)
    assert whole.cost == pytest.approx(0, abs=0.2)


def test_boxes_are_in_pixels_of_the_picture_however_large():
    large = np.kron(np.asarray(number("4").convert("L")), np.ones((15, 15), np.uint8))
    (small,) = (each for each in segmented("4").candidates if not each.cut)
    (found,) = (each for each in segment_picture(file(large)).candidates if not each.cut)
    assert np.array(found.box) / 15 == pytest.approx(np.array(small.box), abs=3)


def test_writing_on_a_sheet_on_a_table_is_found():
    table = np.full((600, 900), 60, np.uint8)
    table[200:420, 150:760] = on(235, ink(4, (220, 610), (0.5, 0.5), 0.5, pen=9), 30)
    found = segment_picture(file(table))
    left, top, width, height = max(found.candidates, key=lambda each: each.last - each.first).box
    assert 350 < left < left + width < 560
    assert 220 < top < top + height < 400


def test_a_plot_that_was_saved_is_read_without_its_frame():
    page = np.full((480, 640), 255, np.uint8)
    page[50:430, 130:510] = on(10, ink(0, (380, 380), pen=30), 240)
    (found,) = (each for each in segment_picture(file(page)).candidates if not each.cut)
    assert found.box[0] > 140
    assert found.box[3] > 200


def test_a_digit_out_of_focus_beside_a_fine_pen_is_not_left_out_unsaid():
    """A marker beside a ballpoint; it may be a shadow as well."""
    fine = ink(4, (300, 600), (0.5, 0.25), 0.5, 6)
    broad = cv2.GaussianBlur(ink(1, (300, 600), (0.5, 0.75), 0.5, 30), (0, 0), 6)
    light = np.linspace(0.9, 1, 600)
    both, one = (
        segment_picture(file((on(240, strokes, 30) * light).astype(np.uint8)))
        for strokes in (np.maximum(fine, broad), fine)
    )
    assert both.candidates[0].box == one.candidates[0].box
    assert len(both.unread[0]) == len(one.unread[0])  # the pieces of the fine one
    assert both.left_out
    assert not one.left_out


def test_nothing_is_refused():
    with pytest.raises(PictureError, match="no digit found"):
        segment_picture(file(np.full((200, 300), 255, np.uint8)))
