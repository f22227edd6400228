"""search: what is written is found, whatever there is beside it."""

import cv2
import numpy as np
import pytest
from common.pens import ink, on, seen
from PIL import Image

from mnistcli.picture.view import Look, View


@pytest.mark.parametrize("height", [16, 24])
def test_a_digit_of_a_few_pixels_on_a_large_sheet_is_found(height):
    seven = ink(7, (1100, 1500), (0.6, 0.4), height / 1100, pen=3)
    grain = np.random.default_rng(7).normal(0, 4, seven.shape)
    assert seen((on(225, seven, 60) + grain).clip(0, 255), seven) > 0.6


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


def test_squares_that_slant_too_much_for_rules_do_not_hide_a_number_at_full_size():
    """They are too thin to be seen on the copy, where the way to look is chosen."""
    squares = np.zeros((750, 1000), np.float32)
    for at in range(-960, 1920, 120):
        cv2.line(squares, (0, at), (1000, at - 90), 1, 1, cv2.LINE_AA)
        cv2.line(squares, (at - 134, 0), (at, 750), 1, 1, cv2.LINE_AA)
    places = ((0, 0.35), (7, 0.5), (4, 0.65))
    digits = np.maximum.reduce(
        [ink(digit, (750, 1000), (0.5, column), 0.25, 12) for digit, column in places]
    )
    assert seen(on(230 - 100 * squares, digits, 40), digits) > 0.9


def test_ones_of_a_broad_pen_on_a_strip_that_is_hardly_higher_are_no_sides():
    digits = np.hstack([ink(digit, (280, 280), height=0.8, pen=22) for digit in (4, 1, 1, 7)])
    assert seen(on(255, digits), digits) > 0.9


def row(size: tuple[int, int], pen: int) -> np.ndarray:
    """How much the ink of three digits covers of each pixel, 0..1."""
    return np.maximum.reduce(
        [
            ink(digit, size, (0.5, column), 0.3, pen)
            for digit, column in ((4, 0.3), (7, 0.5), (0, 0.7))
        ]
    )


def test_dots_of_a_dithered_picture_are_noise_at_full_size_and_grey_on_the_copy():
    digits = row((900, 1200), 10)
    dithered = Image.fromarray(on(160, digits, 60)).convert("1").convert("L")
    assert seen(np.asarray(dithered), digits) > 0.9


def test_digits_in_a_bright_spot_are_of_the_same_pen():
    size = (500, 700)
    digits, (y, x) = row(size, 14), np.mgrid[: size[0], : size[1]]
    flash = 100 * np.exp(-((x - 250) ** 2 + (y - 250) ** 2) / (2 * 80**2))
    picture = (90 + flash) * (1 - digits) + (40 + 0.8 * flash) * digits
    assert seen(picture + np.random.default_rng(1).normal(0, 1.5, size), digits) > 0.9
