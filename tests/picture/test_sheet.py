"""What the writing is on: it is read, and nothing beside it."""

import numpy as np
import pytest
from common.pens import ink, on

from mnistcli.picture.search import Look, View, find


def test_the_dark_end_of_a_sheet_in_a_lamp_s_light_is_no_ink():
    light = np.linspace(240, 90, 400)[:, None].repeat(300, 1)
    picture = np.full((600, 500), 30.0)
    digit = ink(7, size=(400, 300), height=0.3, pen=10)
    picture[100:500, 100:400] = on(light, digit, 20)
    mask = find(np.asarray(picture, np.uint8)).writing.mask[100:500, 100:400] > 0
    drawn = digit > 0.5
    assert (mask & drawn).sum() > 0.8 * (mask | drawn).sum()


def test_a_brush_that_covers_half_of_a_ground_of_one_colour_is_seen_whole():
    for paper, colour in ((230, 30), (0, 255)):
        zero = ink(0, pen=80, height=0.68)
        mask = find(np.asarray(on(paper, zero, colour), np.uint8)).writing.mask > 0
        drawn = zero > 0.5
        assert (mask & drawn).sum() > 0.98 * (mask | drawn).sum()


def test_what_is_lighter_than_paper_of_one_colour_is_no_ink():
    paper = np.full((300, 300), 252.0)
    paper[20:-20, 20:-20] = 255
    seven = ink(7, pen=20)
    seen = View(np.asarray(on(paper, seven, 30), np.uint8), paper=252).ink(Look(0, 0.5, 1.0))
    drawn = seven > 0.5
    assert (seen.mask[drawn].mean(), seen.mask[seven == 0].mean()) == (
        pytest.approx(1, abs=0.05),
        0,
    )
