"""What the writing is on: it is read, and nothing beside it."""

import cv2
import numpy as np
from common.pens import ink, on, seen

from mnistcli.picture.search import View
from mnistcli.picture.sheet import is_apart


def test_the_dark_end_of_a_sheet_in_a_lamp_s_light_is_no_ink():
    light = np.linspace(240, 90, 400)[:, None].repeat(300, 1)
    picture = np.full((600, 500), 30.0)
    digit = np.zeros(picture.shape, np.float32)
    digit[100:500, 100:400] = ink(7, size=(400, 300), height=0.3, pen=10)
    picture[100:500, 100:400] = light
    assert seen(on(picture, digit, 20), digit) > 0.8


def test_a_sheet_on_a_table_of_nearly_its_shade_is_apart_and_a_patch_of_light_is_none():
    sheet = np.zeros((300, 300), np.uint8)
    sheet[60:240, 40:260] = 1

    def is_one(difference: float, blur: float) -> bool:
        picture = cv2.GaussianBlur(200 - difference * (1.0 - sheet), (0, 0), blur)
        view = View(np.asarray(picture, np.uint8))
        return is_apart(sheet, view.grey, view.slopes)

    assert is_one(45, blur=0.7)
    assert not is_one(20, blur=0.7)
    assert not is_one(45, blur=5)
