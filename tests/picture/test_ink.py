"""ink: each step from light to ink, on a picture made for it."""

import cv2
import numpy as np
import pytest
from common.pens import ink, on, seen

from mnistcli.picture import ink as inks


def test_small_pictures_are_enlarged_and_large_ones_kept():
    assert max(inks.enlarge(np.zeros((28, 20), np.uint8)).shape) >= inks.LEAST_SIDE
    large = np.zeros((300, 400), np.uint8)
    assert inks.enlarge(large) is large


@pytest.mark.parametrize(("pen", "enlarged"), [(8, False), (1, True)])
def test_a_large_drawing_is_enlarged_where_its_strokes_are_thin(pen, enlarged):
    drawing = on(255, ink(4, (128, 128), height=0.7, pen=pen))
    assert (inks.enlarge(drawing) is not drawing) == enlarged


@pytest.mark.parametrize(
    ("paper", "colour"), [((255, 255, 255), (255, 230, 0)), ((60, 140, 60), (160, 80, 60))]
)
def test_colours_of_equal_luminance_keep_their_contrast(paper, colour):
    coverage = ink(4)
    grey = inks.to_grey(on(np.array(paper), coverage, colour)).astype(int)
    assert abs(grey[coverage > 0.9].mean() - grey[coverage == 0].mean()) >= 60


def test_the_surroundings_of_a_digit_are_its_paper():
    around = inks.surroundings(on(230, ink(4), 30))
    assert np.abs(around.astype(int) - 230).max() <= 2


def test_the_paper_behind_a_stroke_is_painted_over_it():
    paper = inks.paper_behind(on(230, ink(4, pen=14), 30), 41)
    assert (paper == 230).all()


def test_the_edge_of_a_shadow_stays_where_it_is():
    picture = np.full((300, 300), 220, np.uint8)
    picture[:, 120:] = 110
    assert np.array_equal(inks.paper_behind(picture, 61), picture)


def test_ink_is_as_dark_in_the_shadow_as_in_the_sun():
    light = np.where(np.arange(300) < 150, 1.0, 0.6)[None, :]
    coverage = ink(0)
    picture = np.rint(on(240, coverage, 40) * light).astype(np.uint8)
    dark = inks.darkness(picture, inks.paper_behind(picture, 101))
    stroke = coverage > 0.9
    in_the_sun, in_the_shadow = dark[:, :150][stroke[:, :150]], dark[:, 150:][stroke[:, 150:]]
    assert abs(in_the_sun.mean() - in_the_shadow.mean()) <= 12


def test_the_threshold_lies_between_noise_and_a_tiny_digit():
    noise = np.abs(np.random.default_rng(3).normal(0, 6, (600, 800)))
    dark = np.maximum(noise, 150 * ink(4, size=(600, 800), height=0.06, pen=4)).astype(np.uint8)
    assert 40 <= inks.threshold(dark) <= 120


def test_there_is_no_threshold_without_an_edge():
    assert inks.threshold(np.full((50, 50), 7, np.uint8)) == 255


def test_a_faint_digit_has_its_own_threshold_beside_a_dark_table():
    dark = (60 * ink(4)).astype(np.uint8)
    dark[:, 260:] = 240
    inside = inks.away_from_border(dark, inks.threshold(dark))
    assert inside[:, :250].all()
    assert not inside[:, 260:].any()
    assert 15 <= inks.threshold(dark, inside) <= 45


def test_faint_ink_counts_where_it_hangs_together_with_strong_ink():
    dark = np.zeros((40, 60), np.uint8)
    dark[10, 5:25] = 200
    dark[10, 25:50] = 80
    dark[30, 5:50] = 80
    marked = inks.connected(inks.inked(dark, strong=100, depth=0.5), dark > 100)
    assert marked[10, 5:50].all()
    assert not marked[30].any()


def test_a_blurred_outline_is_drawn_back_to_half_its_height():
    slope = np.minimum(np.arange(60), 59 - np.arange(60)).clip(0, 20) * 10
    dark = slope.astype(np.uint8)[None, :].repeat(60, 0)
    sharp = inks.sharpen_outline(dark, (dark > 20).astype(np.uint8), width=40)
    assert list(np.flatnonzero(np.diff(sharp[30].astype(int)))) == [10, 48]


def test_more_pieces_than_16_bits_number_are_told_apart():
    dots = np.zeros((520, 520), np.uint8)
    dots[::2, ::2] = 1
    labels, stats = inks.components(dots)
    assert len(stats) == 260 * 260 + 1
    assert labels.max() == 260 * 260
    assert (stats[1:, 4] == 1).all()


def test_pieces_have_the_same_numbers_and_measures_in_16_bits_as_in_32():
    noise = (np.random.default_rng(0).random((300, 200)) < 0.3).astype(np.uint8)
    labels, stats = inks.components(noise)
    _, expected_labels, expected, _ = cv2.connectedComponentsWithStats(noise, connectivity=8)
    assert labels.dtype == np.uint16
    assert np.array_equal(labels, expected_labels)
    assert np.array_equal(stats, expected)


def test_a_pencil_on_grainy_paper_is_seen():
    seven = ink(7, pen=10)
    grain = np.random.default_rng(5).normal(0, 12, seven.shape)
    assert seen((on(230, seven, 200) + grain).clip(0, 255), seven) > 0.8
