"""What the writing is on: it is read, and nothing beside it."""

import cv2
import numpy as np
from common.pens import ink, on, seen

from mnistcli.picture.search import Look, View
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


def test_of_a_small_note_among_much_print_the_note_is_read():
    size = (600, 800)
    keys = np.zeros(size, np.float32)
    for y, x in np.ndindex(10, 14):
        if not (2 < y < 7 and 3 < x < 10):
            keys = np.maximum(keys, ink(0, size, ((y + 0.5) / 10, (x + 0.5) / 14), 0.035, 2))
    note = np.full(size, 120.0)
    note[220:380, 260:540] = 245
    number = np.maximum(ink(7, size, (0.5, 0.42), 0.14, 5), ink(4, size, (0.5, 0.58), 0.14, 5))
    assert seen(on(on(note, keys, 235), number, 30), number) > 0.7


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
