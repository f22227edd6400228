"""Digits, and the lines of paper they are written on, as masks of 0 and 1."""

import cv2
import numpy as np
from common.pens import ink


def mask(*digits: tuple[int, float, float, float]) -> np.ndarray:
    """Digits (which, row, column, height) on 300 x 500 pixels, 0 and 1."""
    coverage = np.zeros((300, 500), np.float32)
    for digit, row, column, height in digits:
        coverage = np.maximum(coverage, ink(digit, (300, 500), (row, column), height, pen=10))
    return (coverage > 0.5).astype(np.uint8)


DIGITS = mask((4, 0.5, 0.2, 0.4), (0, 0.5, 0.5, 0.4), (7, 0.5, 0.8, 0.4))


def ruled(
    width: int = 2, slope: float = 0.0, *, across: bool = True, down: bool = False
) -> np.ndarray:
    lines = np.zeros((300, 500), np.uint8)
    for at in range(-40, 560, 45):
        if across:
            cv2.line(lines, (-5, at), (505, round(at + 510 * slope)), 1, width)
        if down:
            cv2.line(lines, (at, -5), (round(at - 310 * slope), 305), 1, width)
    return lines
