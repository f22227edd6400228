"""What the writing is on: it is read, and nothing beside it."""

import numpy as np
from common.pens import ink, on, seen

from mnistcli.picture.search import Look, View


def test_the_dark_end_of_a_sheet_in_a_lamp_s_light_is_no_ink():
    light = np.linspace(240, 90, 400)[:, None].repeat(300, 1)
    picture = np.full((600, 500), 30.0)
    digit = np.zeros(picture.shape, np.float32)
    digit[100:500, 100:400] = ink(7, size=(400, 300), height=0.3, pen=10)
    picture[100:500, 100:400] = light
    assert seen(on(picture, digit, 20), digit) > 0.8


def test_a_brush_that_covers_half_of_a_ground_of_one_colour_is_seen_whole():
    for paper, colour in ((230, 30), (0, 255)):
        zero = ink(0, pen=80, height=0.68)
        assert seen(on(paper, zero, colour), zero) > 0.98


def test_what_is_lighter_than_paper_of_one_colour_is_no_ink():
    paper = np.full((300, 300), 252.0)
    paper[20:-20, 20:-20] = 255
    seven = ink(7, pen=20)
    found = View(np.asarray(on(paper, seven, 30), np.uint8), paper=252).ink(Look(0, 0.5, 1.0))
    drawn = seven > 0.5
    assert found.mask[drawn].mean() > 0.95
    assert not found.mask[seven == 0].any()
