"""image: strokes -> a 28 x 28 image made as MNIST's were."""

import cv2
import numpy as np
import pytest
from common.pens import ink

from mnistcli.picture import image as images


def mask(digit: int, pen: int, size: int = 300) -> np.ndarray:
    return (ink(digit, size=(size, size), pen=pen) > 0.5).astype(np.uint8)


def bar(width: int, length: int = 160) -> np.ndarray:
    return np.pad(np.ones((length, width), np.uint8), 5)


@pytest.mark.parametrize("width", [10, 20, 40])
def test_the_width_of_a_stroke_is_measured(width):
    assert images.stroke_width(bar(width, 800)) == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize(("pen", "wanted"), [(2, images.THIN), (40, images.THICK)])
def test_strokes_become_as_wide_as_mnists(pen, wanted):
    canvas = images.fit(mask(7, pen), images.BOX * images.FINE)
    adjusted = images.fit(images.adjust_stroke(canvas), images.BOX * images.FINE)
    assert images.stroke_width(adjusted) / images.FINE == pytest.approx(wanted, rel=0.15)


def test_an_ordinary_stroke_stays_as_it_is():
    canvas = images.fit(mask(7, 22), images.BOX * images.FINE)
    assert images.THIN < images.stroke_width(canvas) / images.FINE < images.THICK
    before = np.count_nonzero(canvas)
    assert np.count_nonzero(images.adjust_stroke(canvas)) == pytest.approx(before, rel=0.02)


@pytest.mark.parametrize("size", [40, 300, 1200])
def test_any_size_is_scaled_to_the_box(size):
    assert max(images.fit(mask(4, size // 20, size), 160).shape) == 160


def test_scattered_dots_do_not_vanish():
    dots = np.zeros((74, 3), np.uint8)
    dots[[0, 30, 73], [0, 2, 0]] = 1
    assert images.fit(dots, 160).any()
    assert images.digit_image(dots).any()


def test_the_aspect_ratio_is_kept():
    rows, columns = images.fit(bar(40, 80), 160).shape
    assert rows == 2 * columns


def test_outlines_are_anti_aliased():
    grey = images.digit_image(mask(0, 20))
    assert np.count_nonzero((grey > 0) & (grey < 255)) >= 30


def test_the_mass_is_at_the_centre():
    grey = np.zeros((20, 10), np.uint8)
    grey[4:16, 2:7] = 255
    moments = cv2.moments(images.centre(grey))
    found = moments["m01"] / moments["m00"], moments["m10"] / moments["m00"]
    assert found == pytest.approx((14, 14), abs=0.5)


def test_a_digit_never_leaves_the_image():
    heavy_foot = np.ones((20, 20), np.uint8)
    heavy_foot[-3:] = 255
    assert np.count_nonzero(images.centre(heavy_foot)) == 400
