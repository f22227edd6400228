"""Loops around numbers."""

import cv2
import numpy as np
from common.lined import DIGITS
from needed.drawing import drawn, needs, ring, stroke

from mnistcli.picture.furniture import loops


def _goes(gap: int, pen: int) -> bool:
    loop = cv2.ellipse(np.zeros_like(DIGITS), (250, 150), (225, 105), 0, -90 + gap, 270, 1, pen)
    rest = loops.without_loops(DIGITS | loop)
    return bool((rest & DIGITS).sum() > 0.85 * (rest | DIGITS).sum())


@needs("loops.NARROW")
def a_loop_may_be_drawn_with_a_broad_pen() -> bool:
    return _goes(0, 21)


@needs("loops.BEND")
def a_loop_may_have_a_gap() -> bool:
    return _goes(24, 8)


@needs("loops.DIGIT")
def the_curls_in_a_0_are_no_digits() -> bool:
    curled = drawn(ring(150, 150, 60, 90, 8), stroke((130, 75), (125, 110), pen=8), stroke((170, 75), (175, 110), pen=8))  # fmt: skip
    return np.array_equal(loops.without_loops(curled), curled)
