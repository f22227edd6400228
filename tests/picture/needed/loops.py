"""Loops around numbers."""

import cv2
import numpy as np
from common.lined import DIGITS
from needed.drawing import needs

from mnistcli.picture.furniture import loops


def _goes(gap: int, pen: int) -> bool:
    loop = cv2.ellipse(np.zeros_like(DIGITS), (250, 150), (225, 115), 0, -90 + gap, 270, 1, pen)
    rest = loops.without_loops(DIGITS | loop)
    return bool((rest & DIGITS).sum() > 0.85 * (rest | DIGITS).sum())


@needs("loops.NARROW")
def a_loop_may_be_drawn_with_a_broad_pen() -> bool:
    return _goes(0, 26)


@needs("loops.BEND")
def a_loop_may_have_a_gap() -> bool:
    return _goes(24, 8)
