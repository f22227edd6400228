"""image: strokes -> a 28 x 28 image made as MNIST's were."""

import cv2
import numpy as np
import pytest
from common.pens import ink

from mnistcli.picture import image as images
from mnistcli.picture.layout import Ink


def drawn(digit: int, pen: int, size: int = 300) -> np.ndarray:
    return np.where(ink(digit, size=(size, size), pen=pen) > 0.5, 255, 0).astype(np.uint8)


def bar(width: int, length: int = 160) -> np.ndarray:
    return np.pad(np.full((length, width), 255, np.uint8), 5)


@pytest.mark.parametrize("width", [10, 20, 40])
def test_the_width_of_a_stroke_is_measured(width):
    assert images.stroke_width(bar(width, 800)) == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize(("pen", "wanted"), [(2, images.THIN), (40, images.THICK)])
def test_strokes_become_as_wide_as_mnists(pen, wanted):
    adjusted = images.outlined(images.adjust_stroke(images.fit(drawn(7, pen))))
    assert images.stroke_width(adjusted) / images.FINE == pytest.approx(wanted, rel=0.15)


def test_an_ordinary_stroke_stays_as_it_is():
    canvas = images.fit(drawn(7, 22))
    width = images.stroke_width(images.outlined(canvas))
    assert images.THIN < width / images.FINE < images.THICK
    assert images.adjust_stroke(canvas) is canvas


@pytest.mark.parametrize("size", [40, 300, 1200])
def test_any_size_is_scaled_to_the_box(size):
    canvas = images.fit(drawn(4, size // 20, size))
    assert max(images.boxed(canvas).shape) in (99, 100)
    rows, columns = images.digit_image(drawn(4, size // 20, size)).nonzero()
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == images.BOX


def test_scattered_dots_do_not_vanish():
    dots = np.zeros((74, 3), np.uint8)
    dots[[0, 30, 73], [0, 2, 0]] = 255
    assert images.fit(dots).any()
    assert images.digit_image(dots).any()


def test_the_aspect_ratio_is_kept():
    rows, columns = images.boxed(images.fit(bar(40, 80))).shape
    assert rows == 2 * columns


def test_outlines_are_anti_aliased():
    grey = images.digit_image(drawn(0, 20))
    assert np.count_nonzero((grey > 0) & (grey < 255)) >= 30


def test_a_stroke_that_gets_faint_is_grey():
    """As in MNIST's images, where it tells a 9 with a faint top from a 4."""
    zero = drawn(0, 30)
    zero[140:160] //= 3
    grey = images.digit_image(zero)
    assert grey.max() == 255
    assert 60 <= grey[13:15].max() <= 110


def test_what_fades_is_of_the_ink_it_is_nearest_to():
    mask = np.zeros((60, 80), np.uint8)
    mask[10:50, 10:16] = mask[10:50, 60:66] = mask[44:50, 10:66] = 1
    cup = Ink(10, 10, mask[10:50, 10:66].copy())
    mask[10:34, 36:42] = 1
    sharp = 200 * mask
    fading, both = sharp.copy(), sharp.copy()
    fading[20:30, 16:22] = both[20:30, 16:22] = both[20:30, 30:36] = 90
    seen = [images.Strokes(mask, tones, 6.0).image(cup) for tones in (sharp, fading, both)]
    assert np.array_equal(seen[1], seen[2])
    assert not np.array_equal(seen[0], seen[1])


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
