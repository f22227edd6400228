"""Lines along the rows -> those that are digits' own: feet and bars that touch."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.furniture.lines import Line, Lines, ends_at, erase
from mnistcli.picture.ink import components

#: What stands on a rule and is no digit is lower than this part of what is written.
STUB = 0.8


def of_digits(
    rules: list[Line],
    others: Lines,
    mask: NDArray[np.uint8],
    height: float,
    thickest: int,
    printed: float,
) -> list[Line]:
    """Return those of the `rules` that are feet and bars of digits that touch.

    A rule ends at the picture's border, or at the sides among `others`, or beyond what is written:
    where feet end, their row goes on. One broader than `printed` ones goes on beyond what it touches.
    """
    last = mask.shape[1] - 1
    free = [
        line
        for line in rules
        if min(line.first, last - line.last) > line.width + 2
        and not all(ends_at(line, others[1], thickest))
    ]
    if not free:
        return []
    rest = erase(mask, rules)
    labels, stats = components(rest)
    written = (stats[:, cv2.CC_STAT_HEIGHT] >= STUB * height)[labels] & (labels > 0)
    reach = int(height / 2) + 1

    def is_passed(line: Line) -> bool:
        row = line.at((line.first + line.last) / 2)
        along = [
            line,
            *(other for other in others[0] if abs(other.at(line.first) - row) <= thickest),
        ]
        begin, end = min(part.first for part in along), max(part.last for part in along)
        band = written[max(0, int(row) - reach) : int(row) + reach]
        before = band[:, max(0, begin - 2 * reach) : max(0, begin - reach)]
        return bool(before.any() or band[:, end + reach : end + 2 * reach].any())

    def is_bar(line: Line) -> bool:
        if line.width <= printed:
            return False
        top, bottom = sorted((line.at(line.first), line.at(line.last)))
        near = rest[max(0, int(top) - thickest) : int(bottom) + thickest + 1]
        touched = np.flatnonzero(near[:, line.first : line.last + 1].any(axis=0))
        beyond = min(touched[0], line.length - touched[-1]) if len(touched) else line.length
        return bool(beyond <= line.width / 2)

    return [line for line in free if is_passed(line) or is_bar(line)]
