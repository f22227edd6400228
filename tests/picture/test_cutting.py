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


def bridge(first: int, last: int, row: int = 60):
    return lambda mask: cv2.line(mask, (first, row), (last, row), 1, PEN)


def test_slices_are_all_of_the_ink_from_left_to_right():
    ink = drawn(ring(50), ring(120))
    slices = [piece for piece, _ in cut(ink, PEN)]
    assert sum(int(piece.mask.sum()) for piece in slices) == ink.mask.sum()
    assert [piece.left for piece in slices] == sorted(piece.left for piece in slices)


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
    assert [through for _, through in slices] == [False, *[True] * (len(slices) - 1)]


def test_a_gap_is_no_cut():
    assert not any(through for _, through in cut(drawn(stem(20), stem(120)), PEN))
