"""Shapes on masks of 0 and 1, and which constant of `mnistcli.picture` needs which check."""

from collections.abc import Callable

import cv2
import numpy as np

Check = Callable[[], bool]
Shape = Callable[[np.ndarray], object]

CASES: dict[str, Check] = {}
"""By `module.NAME`: true as the constant is, false with half or twice it."""


def needs(*names: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        CASES.update(dict.fromkeys(names, check))
        return check

    return register


def drawn(*shapes: Shape, size: tuple[int, int] = (300, 300)) -> np.ndarray:
    """A mask of 0 and 1 with some shapes."""
    mask = np.zeros(size, np.uint8)
    for shape in shapes:
        shape(mask)
    return mask


def bar(left: int, top: int, width: int, height: int) -> Shape:
    def draw(mask: np.ndarray) -> None:
        mask[top : top + height, left : left + width] = 1

    return draw


def stroke(*points: tuple[int, int], pen: int = 10) -> Shape:
    line = np.array(points, np.int32)
    return lambda mask: cv2.polylines(mask, [line], isClosed=False, color=1, thickness=pen)


def ring(x: int, y: int, across: int, down: int, pen: int = 10) -> Shape:
    return lambda mask: cv2.ellipse(mask, (x, y), (across, down), 0, 0, 360, 1, pen)


def polygon(*points: tuple[int, int]) -> Shape:
    return lambda mask: cv2.fillPoly(mask, [np.array(points, np.int32)], 1)
