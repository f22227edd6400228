"""Curves in a line of text."""

import pytest

from mnistcli.terminal.sparkline import WIDTH, bounds, sparkline


def test_the_least_is_the_lowest_block_and_the_greatest_the_highest():
    assert sparkline([0, 0.5, 1], 0, 1) == "▁▅█"


def test_two_curves_can_share_a_scale():
    low, high = bounds([1.0, 2.0], [3.0, None])
    assert (low, high) == (1.0, 3.0)
    assert sparkline([1.0, 2.0], low, high) == "▁▅"


def test_a_flat_curve_is_a_flat_line():
    assert sparkline([2, 2, 2], 2, 2) == "▁▁▁"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_is_left_blank(value):
    assert sparkline([0, value, 1], *bounds([0, value, 1])) == "▁ █"


def test_many_epochs_share_the_width_and_the_last_is_kept():
    line = sparkline([0] * 999 + [1], 0, 1)
    assert len(line) == WIDTH
    assert line[-1] == "█"
