"""loops: what is drawn around a number goes, though its digits touch it; what goes round in a digit stays."""

import cv2
import numpy as np
import pytest
from common.lined import DIGITS
from needed.drawing import drawn, ring, stroke

from mnistcli.picture.furniture.loops import without_loops


def around(*, end: int = 360, tilt: int = 0) -> np.ndarray:
    """A loop that the 7 of `DIGITS` touches."""
    return cv2.ellipse(np.zeros_like(DIGITS), (250, 150), (225, 105), tilt, 0, end, 1, 6)


def box() -> np.ndarray:
    corners = np.array([(20, 70), (456, 78), (450, 230), (26, 222)], np.int32)
    return cv2.polylines(np.zeros_like(DIGITS), [corners], True, 1, 6)


@pytest.mark.parametrize(
    "loop",
    [around(), around(end=330), around(tilt=4), box()],
    ids=["closed", "gap", "tilted", "box"],
)
def test_a_loop_that_digits_touch_goes(loop):
    assert (DIGITS & loop).any()
    rest = without_loops(DIGITS | loop)
    assert (rest & DIGITS).sum() / (rest | DIGITS).sum() > 0.93


def test_a_loop_that_nothing_touches_is_as_it_is():
    loop = cv2.ellipse(np.zeros_like(DIGITS), (250, 150), (240, 130), 0, 0, 360, 1, 6)
    assert not (DIGITS & loop).any()
    assert np.array_equal(without_loops(DIGITS | loop), DIGITS | loop)


@pytest.mark.parametrize(
    "sign",
    [
        [ring(150, 150, 60, 100), stroke((105, 215), (195, 85))],
        [ring(150, 100, 40, 50), ring(150, 205, 50, 55)],
        [ring(90, 150, 30, 60), ring(150, 150, 30, 60), ring(210, 150, 30, 60)],
        [ring(150, 190, 60, 60), stroke((95, 170), (140, 60))],
    ],
    ids=["slashed 0", "8", "three 0s that touch", "6"],
)
def test_digits_that_go_round_stay(sign):
    assert np.array_equal(without_loops(drawn(*sign)), drawn(*sign))
