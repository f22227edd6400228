"""Pieces of ink -> lines of writing, in reading order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

#: Pieces one above the other are one digit up to this height beside that of the line's digits; a
#: stroke that is higher may be a slash.
STACK = 1.3

#: ... if no farther apart than so many widths of the pen. A stroke that is torn has a gap of no more
#: than this between its parts, however high they are together, where one in so many pieces is torn.
CLOSE = 3.0
TORN = 1.5
RARE = 8

#: Neighbours in a line share this part of the lower one's rows.
BESIDE = 0.4

#: Lines climb as most pairs of neighbours do, beside so many that are level.
LEVEL = 2

#: A digit is torn into so many low parts, or fewer; print that lies as close has more.
FEW = 3

#: What stands so low beside the highest digit is a mark, or a part of one.
LOWER = 0.4

#: A bar or a dot is written no farther from the line's digits than this part of their height.
NEAR = 0.5


@dataclass(frozen=True, eq=False)
class Ink:
    """A piece of ink and where it lies; `mask` is (height, width) of 0 and 1."""

    left: int
    top: int
    mask: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Return its width in pixels."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Return its height in pixels."""
        return int(self.mask.shape[0])

    @property
    def right(self) -> int:
        """Return the column behind its last one."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Return the row below its last one."""
        return self.top + self.height

    @classmethod
    def of(cls, left: int, top: int, mask: NDArray[np.uint8]) -> Self:
        """Return the ink in a mask whose corner lies there, cropped."""
        x, y, width, height = cv2.boundingRect(mask)
        return cls(left + x, top + y, mask[y : y + height, x : x + width])


def is_slash(ink: Ink, height: float, pen: float) -> bool:
    """Tell whether ink is a straight stroke that leans to the right, higher than the digits beside it.

    These are `height` high, and of a pen so wide, in pixels.
    """
    if ink.height <= STACK * height:
        return False
    rows, columns = np.nonzero(ink.mask)
    slope, offset = np.polyfit(rows, columns, 1)
    away = np.abs(columns - slope * rows - offset)
    return bool(-slope * ink.height > pen and away.mean() <= pen / 2)


def join(inks: Sequence[Ink]) -> Ink:
    """Return several pieces of ink as one."""
    if len(inks) == 1:
        return inks[0]
    left, top = min(ink.left for ink in inks), min(ink.top for ink in inks)
    width = max(ink.right for ink in inks) - left
    height = max(ink.bottom for ink in inks) - top
    mask = np.zeros((height, width), np.uint8)
    for ink in inks:
        mask[ink.top - top : ink.bottom - top, ink.left - left : ink.right - left] |= ink.mask
    return Ink(left, top, mask)


def lines_of(
    bodies: Sequence[Ink], parts: Sequence[Ink], height: float, pen: float
) -> list[list[Ink]]:
    """Sort ink into lines from top to bottom, each from left to right.

    `bodies` are about as high as a digit, which `height` is. `parts` are smaller: they stand in
    the line of the digit they are near, and may be one with it; those far from any are left.
    """
    stacked = _stack(bodies, height, pen)
    highest = max(ink.height for ink in stacked)
    parts = [*parts, *(ink for ink in stacked if ink.height < LOWER * highest)]
    gathered = [
        ink
        for ink in _gathered(parts, height, pen)
        if ink.height >= LOWER * highest and sum(_is_within(part, ink) for part in parts) <= FEW
    ]
    parts = [part for part in parts if not any(_is_within(part, ink) for ink in gathered)]
    stacked = [ink for ink in stacked if ink.height >= LOWER * highest] + gathered
    climb = _climb(stacked)
    lines: list[list[Ink]] = []
    for ink in sorted(stacked, key=lambda ink: ink.left):
        gaps = [
            (ink.left - line[-1].right, line) for line in lines if _beside(ink, line[-1], climb)
        ]
        if gaps:
            min(gaps, key=lambda pair: abs(pair[0]))[1].append(ink)
        else:
            lines.append([ink])
    lines = _whole(lines, climb)
    for part in sorted(parts, key=lambda ink: -ink.width * ink.height):
        away = [(_distance(part, ink), number, line) for line in lines for number, ink in
                enumerate(line)]  # fmt: skip
        distance, number, line = min(away, key=lambda found: found[0])
        near = line[number]
        hangs = _shared_columns(part, near) > 0 and join([near, part]).height <= STACK * height
        beside = _beside(part, near, climb) and not _overlap(part, near)
        if distance <= (CLOSE * pen if hangs else NEAR * height if beside else pen):
            line.append(part)
    for line in lines:
        line.sort(key=lambda ink: ink.left + ink.right)
    lines.sort(key=lambda line: float((_middles(line) @ (-climb, 1)).mean()))
    return lines


def _climb(inks: Sequence[Ink]) -> float:
    """Return by how many rows a line goes down in a column; negative where it climbs.

    That is the median slope from each piece to the nearest one on its right (L. O'Gorman, "The
    document spectrum for page layout analysis", 1993).
    """
    middles = _middles(inks)
    slopes = [0.0] * LEVEL
    for middle in middles:
        across, down = (middles - middle).T
        away = np.where(across > np.abs(down), np.hypot(across, down), np.inf)
        nearest = int(away.argmin())
        if np.isfinite(away[nearest]):
            slopes.append(float(down[nearest] / across[nearest]))
    return float(np.median(slopes))


def _middles(inks: Sequence[Ink]) -> NDArray[np.float64]:
    """Return the middles of the boxes around n pieces, (n, 2): column and row."""
    return np.array([(ink.left + ink.right, ink.top + ink.bottom) for ink in inks]) / 2


def _stack(inks: Sequence[Ink], height: float, pen: float) -> list[Ink]:
    """Join what lies closely above one another, while it is no higher than the others' digits.

    Or whatever is torn, where that is not rare: of two lines, some digits nearly touch.
    """

    def torn(one: Ink, other: Ink) -> bool:
        return _overlap(one, other) and _are_near(one, other, TORN * pen)

    tears = [pair for pair in combinations(inks, 2) if torn(*pair)]
    wholes = [ink.height for ink in inks if not any(ink in pair for pair in tears)]
    as_high = float(np.median(wholes)) / STACK if wholes else np.inf  # as a digit that is not torn

    def may_be_one(one: Ink, other: Ink, others: list[Ink]) -> bool:
        if not _overlap(one, other) and (_distance(one, other) > pen or _beside(one, other)):
            return False
        whole = join([one, other]).height
        usual = float(np.median([ink.height for ink in others])) if others else whole
        low = whole <= STACK * max(height, usual)
        two = min(one.height, other.height) >= as_high
        return low or (len(tears) * RARE >= len(inks) and torn(one, other) and not two)

    return _joined(inks, CLOSE * pen, may_be_one)


def _gathered(parts: Sequence[Ink], height: float, pen: float) -> list[Ink]:
    """Join parts that lie close, while they are no higher than a digit: a flat one, or a torn one."""
    return _joined(
        parts, CLOSE * pen, lambda one, other, _: join([one, other]).height <= STACK * height
    )


def _joined(
    inks: Sequence[Ink], reach: float, may_be_one: Callable[[Ink, Ink, list[Ink]], bool]
) -> list[Ink]:
    """Join pieces within so many pixels that may be one beside all others, the nearest first."""
    inks = list(inks)
    while True:
        pairs = sorted(
            (away, number, beside)
            for number, one in enumerate(inks)
            for beside, other in enumerate(inks[:number])
            if (away := _distance(one, other)) <= reach
        )
        for _, number, beside in pairs:
            others = [ink for i, ink in enumerate(inks) if i not in (number, beside)]
            if may_be_one(inks[number], inks[beside], others):
                inks = [*others, join([inks[number], inks[beside]])]
                break
        else:
            return inks


def _is_within(one: Ink, other: Ink) -> bool:
    """Tell whether the box around one piece is within that around another."""
    return (
        other.left <= one.left
        and one.right <= other.right
        and other.top <= one.top
        and one.bottom <= other.bottom
    )


def _are_near(one: Ink, other: Ink, reach: float) -> bool:
    """Tell whether the ink of two pieces, not their boxes, is within so many pixels."""
    if _distance(one, other) > reach:
        return False
    whole = join([one, other])
    first, second = (
        np.s_[
            ink.top - whole.top : ink.bottom - whole.top,
            ink.left - whole.left : ink.right - whole.left,
        ]
        for ink in (one, other)
    )
    paper = np.ones_like(whole.mask)
    paper[first][one.mask > 0] = 0
    away = cv2.distanceTransform(paper, cv2.DIST_L2, cv2.DIST_MASK_5)
    return bool(away[second][other.mask > 0].min() <= reach)


def _whole(lines: Sequence[list[Ink]], climb: float) -> list[list[Ink]]:
    """Join lines that are one."""
    whole: list[list[Ink]] = []
    for line in lines:
        for other in whole:
            if _are_one(line, other, climb):
                other.extend(line)
                break
        else:
            whole.append(list(line))
    return whole if len(whole) == len(lines) else _whole(whole, climb)


def _are_one(line: Sequence[Ink], other: Sequence[Ink], climb: float) -> bool:
    """Tell whether two lines are one that bends, or whose digits dance.

    No digit of one stands above another's, and some two beside each other share rows.
    """
    if any(_overlap(one, two) for one in line for two in other):
        return False
    both = sorted([*line, *other], key=lambda ink: ink.left + ink.right)
    return any(
        (one in line) != (two in line) and _shared(one, two, climb) > 0
        for one, two in pairwise(both)
    )


def _overlap(one: Ink, other: Ink) -> bool:
    """Tell whether more than half of the narrower one's columns are the other's, too."""
    return _shared_columns(one, other) * 2 > min(one.width, other.width)


def _shared_columns(one: Ink, other: Ink) -> int:
    """Count the columns that two pieces share; below 0 if apart."""
    return min(one.right, other.right) - max(one.left, other.left)


def _beside(one: Ink, other: Ink, climb: float = 0.0) -> bool:
    """Tell whether two pieces share so many rows that they stand in one line, climbing so much."""
    return _shared(one, other, climb) > BESIDE * min(one.height, other.height)


def _shared(one: Ink, other: Ink, climb: float) -> float:
    """Count the rows that two pieces share in a line that climbs so much; below 0 if apart."""
    rise = climb * (one.left + one.right - other.left - other.right) / 2
    return min(one.bottom, other.bottom + rise) - max(one.top, other.top + rise)


def _distance(one: Ink, other: Ink) -> float:
    """Return how far the boxes around two pieces are from each other, in pixels."""
    across = max(one.left - other.right, other.left - one.right, 0)
    down = max(one.top - other.bottom, other.top - one.bottom, 0)
    return float(np.hypot(across, down))
