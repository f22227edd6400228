"""Sheets of paper on something else: what is read on them, and nothing beside them."""

import numpy as np
from common.pens import ink, on

from mnistcli.picture.search import find


def test_the_dark_end_of_a_sheet_in_a_lamp_s_light_is_no_ink():
    light = np.linspace(240, 90, 400)[:, None].repeat(300, 1)
    picture = np.full((600, 500), 30.0)
    digit = ink(7, size=(400, 300), height=0.3, pen=10)
    picture[100:500, 100:400] = on(light, digit, 20)
    mask = find(np.asarray(picture, np.uint8)).writing.mask[100:500, 100:400] > 0
    drawn = digit > 0.5
    assert (mask & drawn).sum() > 0.8 * (mask | drawn).sum()
