"""rules: what a pen drew along a rule is put back, and nothing of the rule."""

import cv2
import numpy as np
from common.lined import DIGITS, mask, ruled

from mnistcli.picture.furniture.rules import mended, without_rules


def test_a_pen_s_stroke_along_a_paler_rule_is_put_back():
    writing = mask((7, 0.5, 0.5, 0.4))
    cv2.polylines(writing, [np.array([(100, 65), (60, 140), (140, 140)])], False, 1, 3)
    lines = ruled(3)
    dark = np.maximum(80 * lines, 200 * writing).astype(np.uint8)
    both = writing | lines
    rest = without_rules(both)
    assert (rest & writing).sum() < writing.sum()
    assert (mended(rest, both, dark) >= writing).all()


def test_of_a_rule_as_dark_as_the_pen_nothing_is_put_back():
    lines = ruled(3)
    both = DIGITS | lines
    rest = without_rules(both)
    dark = np.where(both, np.random.default_rng(0).integers(120, 200, both.shape), 0)
    assert np.array_equal(mended(rest, both, dark.astype(np.uint8)), rest)


def test_a_darker_rule_among_pale_ones_is_not_put_back():
    margin = np.zeros((300, 500), np.uint8)
    margin[:, 40:43] = 1
    both = DIGITS | ruled(2) | margin
    dark = np.maximum.reduce([80 * ruled(2), 160 * margin, 180 * DIGITS]).astype(np.uint8)
    rest = without_rules(both)
    assert mended(rest, both, dark)[:, 38:45].sum() <= rest[:, 38:45].sum()


def test_a_pen_with_pale_rims_is_darker_than_a_rule_in_the_middle_of_its_strokes():
    lines = ruled(3)
    dark = 100 * lines
    stem = np.array([40, 60, 80, 100, 160, 100, 80, 60, 40], np.uint8)
    dark[60:240, 100:109] = stem
    rest = np.zeros_like(lines)
    rest[60:240, 100:109] = 1
    at = int(np.flatnonzero(lines[100:, 50])[0]) + 101
    dark[at, 109:140] = 160
    back = mended(rest, lines | rest, dark)
    assert back[at, 109:140].all()
    assert back.sum() < rest.sum() + 40
