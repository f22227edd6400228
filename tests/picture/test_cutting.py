"""cutting: ink that may be several digits, in slices."""

import cv2
import numpy as np
import pytest

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


def test_a_loop_is_cut_at_the_price_of_both_its_strokes():
    assert all(cost > 1.5 for _, cost in cut(drawn(ring(60)), PEN)[1:])


def test_what_a_cut_goes_through_is_counted_in_pens():
    ink = drawn(stem(20), stem(120), bridge(20, 120))
    costs = [cost for _, cost in cut(ink, PEN)]
    assert costs[0] == 0
    assert costs[1:] == pytest.approx([1] * len(costs[1:]), abs=0.4)


def test_a_gap_costs_nothing():
    ink = drawn(stem(20), stem(120))
    assert [cost for _, cost in cut(ink, PEN)] == [0, pytest.approx(0, abs=0.01)]
