"""What the writing is on: it is read, and nothing beside it."""

import cv2
import numpy as np
from common.pens import ink, on, seen

from mnistcli.picture.furniture.sheet import is_apart
from mnistcli.picture.view import View


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


def test_of_panels_side_by_side_all_are_read_and_their_rounded_corners_are_no_ink():
    picture, digits = np.full((400, 1000), 255.0), np.zeros((400, 1000), np.float32)
    for left in (40, 360, 680):
        rounded = np.zeros((280, 280), np.uint8)
        cv2.rectangle(rounded, (30, 0), (249, 279), 1, cv2.FILLED)
        cv2.rectangle(rounded, (0, 30), (279, 249), 1, cv2.FILLED)
        for corner in ((30, 30), (249, 30), (30, 249), (249, 249)):
            cv2.circle(rounded, corner, 30, 1, cv2.FILLED)
        picture[60:340, left : left + 280][rounded > 0] = 20
        digits[60:340, left : left + 280] = ink(7, (280, 280), height=0.5, pen=16)
    assert seen(on(picture, digits, 240), digits) > 0.8


def test_a_margin_s_line_goes_that_runs_from_edge_to_edge_of_a_sheet_on_a_table():
    picture, size = np.full((700, 700), 40.0), (700, 700)
    sheet = np.array([(90, 60), (640, 90), (620, 640), (70, 610)], np.int32)
    cv2.fillPoly(picture, [sheet], 230)
    cv2.line(picture, (190, 66), (170, 614), 120, 4)
    rows = (0.25, 0.5, 0.75)
    digits = np.maximum.reduce([ink(7, size, (y, x), 0.13, 10) for x in (0.45, 0.65) for y in rows])
    assert seen(on(picture, digits, 30), digits) > 0.8
