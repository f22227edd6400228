"""cutting: ink that may be several digits, in slices."""

import cv2
import numpy as np

from mnistcli.picture.cutting import cut
from mnistcli.picture.layout import Ink

PEN = 6


def drawn(*shapes) -> Ink:
    mask = np.zeros((120, 240), np.uint8)
    for shape in shapes:
        shape(mask)
    return Ink.of(0, 0, mask)


def ring(column: int):
    return lambda mask: cv2.ellipse(mask, (column, 60), (35, 50), 0, 0, 360, 1, PEN)


def stem(column: int):
    return lambda mask: cv2.line(mask, (column, 10), (column, 110), 1, PEN)


def angle(tip: int, ends: int):
    points = np.array([(ends, 10), (tip, 60), (ends, 110)], np.int32)
    return lambda mask: cv2.polylines(mask, [points], isClosed=False, color=1, thickness=PEN)


def bridge(first: int, last: int, row: int = 60):
    return lambda mask: cv2.line(mask, (first, row), (last, row), 1, PEN)


def test_slices_are_all_of_the_ink_from_left_to_right():
    ink = drawn(ring(50), ring(120))
    slices = [piece for piece, _ in cut(ink, PEN)]
    assert sum(int(piece.mask.sum()) for piece in slices) == ink.mask.sum()
    assert [piece.right for piece in slices] == sorted(piece.right for piece in slices)


def test_two_digits_that_touch_are_cut_where_they_touch():
    ink = drawn(ring(50), stem(130), bridge(85, 130))
    ends = [piece.right for piece, _ in cut(ink, PEN)[:-1]]
    assert any(85 - ink.left <= end <= 130 - ink.left for end in ends)


def test_a_one_is_cut_from_what_it_touches_on_both_sides():
    ink = drawn(ring(50), stem(110), ring(170), bridge(85, 110), bridge(110, 135, 50))
    ends = [piece.right for piece, _ in cut(ink, PEN)]
    assert any(85 <= end <= 107 for end in ends)
    assert any(113 <= end <= 135 for end in ends)


def test_all_but_the_first_slice_are_cut_from_what_is_before_them():
    slices = cut(drawn(stem(20), stem(120), bridge(20, 120)), PEN)
    assert [through is None for _, through in slices] == [True, *[False] * (len(slices) - 1)]


def test_a_gap_is_no_cut():
    assert all(through is None for _, through in cut(drawn(stem(20), stem(120)), PEN))


def test_a_cut_from_notch_to_notch_goes_through_less_outline_than_one_through_a_stroke():
    notches = {
        piece.left: through for piece, through in cut(drawn(angle(100, 50), angle(100, 150)), PEN)
    }
    (between,) = (through for left, through in notches.items() if 90 <= left <= 105)
    assert between < 1.3
    bar = cut(drawn(stem(20), stem(120), bridge(20, 120)), PEN)
    assert any(1.7 < through < 2.3 for _, through in bar if through is not None)
