"""Connected pieces of ink -> how high most of what is written is."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.pieces import STROKE

#: Of the ink that is in no line, this part is in pieces no higher than what is written.
TALLER = 0.75


def usual_height(
    labels: NDArray[np.integer], stats: NDArray[np.int32], without: Iterable[int] = ()
) -> float:
    """Return the height that pieces have in which most of the ink is; 0 without any.

    Shadows, and all that comes in from the border as an area, are not counted: no pen writes so.
    """
    rows, columns = labels.shape
    left, top, width, height, _ = stats.T
    room = np.minimum.reduce([left, top, columns - left - width, rows - top - height])
    at_border = (np.flatnonzero(room[1:] == 0) + 1).tolist()
    areas = [piece for piece in at_border if _is_area(labels, stats[piece], piece)]
    strokes = np.delete(stats, [0, *areas, *without], axis=0)
    heights, ink = strokes[:, cv2.CC_STAT_HEIGHT], strokes[:, cv2.CC_STAT_AREA]
    order = np.argsort(heights)
    place = np.searchsorted(np.cumsum(ink[order]), ink.sum() * TALLER)
    return float(heights[order][place]) if len(heights) else 0.0


def _is_area(labels: NDArray[np.integer], stat: NDArray[np.int32], number: int) -> bool:
    """Tell whether a piece is too stout for a stroke, as if it went on beyond the border."""
    left, top, width, height, area = stat.tolist()
    side = int(max(width, height) / STROKE) + 1
    if area < side**2 / 4:  # what is seen of such a square in a corner
        return False
    window = np.s_[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1]
    piece = (labels[window] == number).astype(np.uint8)
    core = cv2.erode(piece, np.ones((side, side), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return bool(core.any())
