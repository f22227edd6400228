"""Ink -> the straight lines in it, or ink without them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.ink import components

#: ... and leaves its direction by no more than this, so that a slanting one is none.
SLANT = 0.12

#: A part of a rule is longer than this part of the picture's longer side.
SHORTEST = 1 / 16

#: In some row it has ink along this part of its length, unless it slants more than it may.
LEVEL = 0.5

#: Parts of a rule are this much of the longer one apart, at most, where there is no ink between.
NEAR = 0.1

#: Ink covers this part of a rule, where nothing else is written on it.
COVERED = 0.6


@dataclass(frozen=True)
class Line:
    """A straight piece of ink along the rows (or the columns, in a transposed mask)."""

    first: int  # column
    last: int
    slope: float
    offset: float  # row = slope * column + offset
    width: float
    covered: int  # columns with ink

    def at(self, column: float) -> float:
        """Return the row of its middle."""
        return self.slope * column + self.offset

    @property
    def length(self) -> int:
        """Return its length in pixels."""
        return self.last - self.first + 1

    def is_as_wide_as(self, other: "Line") -> bool:
        """Tell whether one pen may have drawn both."""
        thinner, thicker = sorted((self.width, other.width))
        return thicker - thinner <= max(thinner, 2.0)


Lines = tuple[list[Line], list[Line]]
"""Along the rows, and along the columns."""


def lines(mask: NDArray[np.uint8], thickest: int) -> list[Line]:
    """Find straight lines along the rows, the parts of one joined."""
    mask = np.ascontiguousarray(mask)
    deep = runs(mask, thickest + 1)
    # Where a line across it is crossed, it goes on.
    across = np.ones((1, 2 * thickest + 1), np.uint8)
    thin = np.asarray(cv2.morphologyEx(mask & ~deep, cv2.MORPH_CLOSE, across), np.uint8) & mask
    shortest = max(SHORTEST * max(mask.shape), 2 * thickest)
    if not may_have_any(thin, shortest):
        return []
    labels, stats = components(thin)
    wide = np.flatnonzero(stats[1:, cv2.CC_STAT_WIDTH] > shortest) + 1
    parts = [line for i in wide.tolist() for line in _straight(labels, stats[i], i, shortest)]
    found: list[Line] = []
    for part in sorted(parts, key=lambda line: -line.length):
        for number, line in enumerate(found):
            joined = _join(line, part, mask, thickest)
            if joined is not None:
                found[number] = joined
                break
        else:
            found.append(part)
    return [line for line in found if line.covered >= COVERED * _bare(line, deep)]


def bars_among(labels: NDArray[np.integer], stats: NDArray[np.int32]) -> Iterator[tuple[int, Line]]:
    """Yield the connected pieces of ink that are a line along the rows and nothing else."""
    shortest = SHORTEST * max(labels.shape)
    _, top, width, height, area = stats.T
    cropped = (top == 0) | (top + height == labels.shape[0])  # areas may be all that they are
    thin = (width > shortest) & (area <= SLANT * width**2) & ~cropped
    for piece in (np.flatnonzero(thin[1:]) + 1).tolist():
        for line in _straight(labels, stats[piece], piece, shortest):
            if height[piece] <= 2 * line.width + abs(line.slope) * line.length + 1:
                yield piece, line


def may_have_any(mask: NDArray[np.uint8], shortest: float = 0.0) -> bool:
    """Tell whether some row has ink for as long as it has in a line, not too short a one."""
    shortest = max(shortest, SHORTEST * max(mask.shape))
    return bool(cv2.erode(mask, np.ones((1, int(shortest * LEVEL)), np.uint8)).any())


def has_area(mask: NDArray[np.uint8]) -> bool:
    """Tell whether some ink is as broad as a rule is long."""
    side = int(SHORTEST * max(mask.shape))
    return bool(cv2.erode(mask, np.ones((side, side), np.uint8)).any())


def runs(mask: NDArray[np.uint8], least: int) -> NDArray[np.uint8]:
    """Return the ink of a mask, 0 and 1, that is at least so many pixels deep along its column.

    An opening. `cv2.morphologyEx` would move it by a pixel where `least` is even, and leave a
    fringe of each deeper line: the second step needs the first one's kernel upside down.
    """
    kernel, anchor = np.ones((least, 1), np.uint8), least // 2
    begun = cv2.erode(mask, kernel, anchor=(0, anchor), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.dilate(begun, kernel, anchor=(0, least - 1 - anchor)), np.uint8)


def _inked(line: Line, mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell for each column of a mask whether there is ink where the line is, or would be."""
    columns = np.arange(mask.shape[1])
    rows = np.rint(line.slope * columns + line.offset).astype(np.int64)
    inside = (rows >= 1) & (rows < mask.shape[0] - 1)
    rows = np.clip(rows, 1, mask.shape[0] - 2)
    ink = mask[rows, columns] | mask[rows - 1, columns] | mask[rows + 1, columns]
    return np.asarray(inside & (ink > 0), np.bool_)


def _bare(line: Line, deep: NDArray[np.uint8]) -> int:
    """Count the columns of a line where nothing that is deeper lies upon it."""
    return line.length - int(_inked(line, deep)[line.first : line.last + 1].sum())


def _straight(
    labels: NDArray[np.integer], stat: NDArray[np.int32], number: int, shortest: float
) -> Iterator[Line]:
    """Fit a line to a thin piece of ink; none where it is not straight."""
    left, top, width, height = (int(value) for value in stat[:4])
    piece = labels[top : top + height, left : left + width] == number
    thickness = piece.sum(axis=0)
    columns = np.flatnonzero(thickness)
    rows = (piece * np.arange(height)[:, None]).sum(axis=0)[columns] / thickness[columns]
    thickness = thickness[columns]
    # Between two strokes, or two lines, that hang together elsewhere, there is paper.
    solid = piece[np.rint(rows).astype(np.int64), columns]
    if solid.sum() <= max(shortest, COVERED * width):
        return
    usual = _median(thickness[solid])
    tolerance = max(1.0, usual / 2)
    kept = solid
    slope = offset = 0.0
    for _ in range(3):
        if kept.sum() <= shortest:
            return
        slope, offset = _fitted(columns[kept], rows[kept])
        away = np.abs(rows - slope * columns - offset)
        # The first fit may be drawn aside by what hangs on the line.
        near = solid & (away <= max(tolerance, _median(away[solid]) * 1.5))
        if (near == kept).all():
            break
        kept = near
    # A stroke that goes on as a rule is as wide as either, not both.
    kept = solid & (away <= tolerance) & (thickness >= (usual - 1) / 2)
    if abs(slope) > SLANT or kept.sum() < COVERED * width or kept.sum() <= shortest:
        return
    columns, thickness = columns[kept], thickness[kept]
    yield Line(
        first=left + int(columns[0]),
        last=left + int(columns[-1]),
        slope=float(slope),
        offset=float(top + offset - slope * left),
        width=_median(thickness),
        covered=len(columns),
    )


def _median(values: NDArray[np.integer] | NDArray[np.floating]) -> float:
    """Return the median, as `np.median` does, which takes longer to begin than a line is long."""
    ordered = np.sort(values)
    return float((ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2)


def _fitted(columns: NDArray[np.int64], rows: NDArray[np.float64]) -> tuple[float, float]:
    """Fit rows = slope * columns + offset by least squares."""
    middle, centre = columns.sum() / len(columns), rows.sum() / len(rows)
    across = columns - middle
    slope = float(across @ (rows - centre) / max(float(across @ across), 1.0))
    return slope, float(centre - slope * middle)


def _join(line: Line, part: Line, mask: NDArray[np.uint8], thickest: int) -> Line | None:
    """Return both as one line, or None if they are not in line, of one width, or far apart."""
    gap = max(part.first - line.last, line.first - part.last)
    if not line.is_as_wide_as(part) or gap < -thickest:
        return None
    weights = line.covered, part.covered
    ends = (line.first, line.last, part.first, part.last)
    slope, offset = line.slope, line.offset
    if line.length < 4 * part.length:
        # Either may be too short to tell where it leads; both together are not.
        middle, other = (part.first + part.last) / 2, (line.first + line.last) / 2
        slope = (part.at(middle) - line.at(other)) / (middle - other)
        offset = line.at(other) - slope * other
    width = (line.width * weights[0] + part.width * weights[1]) / sum(weights)
    joined = Line(min(ends), max(ends), slope, offset, width, sum(weights))
    away = (
        abs(joined.at(end) - each.at(end))
        for each in (line, part)
        for end in (each.first, each.last)
    )
    if abs(slope) > SLANT or max(away) > max(width, 2.0):
        return None
    between = sorted(ends)[1:3] if gap > 0 else (0, 0)
    bare = gap - int(_inked(joined, mask)[between[0] : between[1] + 1].sum())
    if bare > NEAR * max(line.length, part.length):
        return None
    return joined


def extended(line: Line, mask: NDArray[np.uint8]) -> Line:
    """Go on in a line's direction as far as there is ink."""
    inked = _inked(line, mask)
    bare = np.flatnonzero(~inked)
    before, after = bare[bare < line.first], bare[bare > line.last]
    return replace(
        line,
        first=int(before[-1]) + 1 if len(before) else 0,
        last=int(after[0]) - 1 if len(after) else mask.shape[1] - 1,
    )


def ends_at(
    line: Line, others: list[Line], thickest: int, *, corners: bool = False
) -> tuple[bool, bool]:
    """Tell whether a line begins, and ends, at one of the `others` of its width across it.

    Where there are to be corners, that other one has to end there, too.
    """

    def meets(column: int) -> bool:
        row = line.at(column)
        return any(
            line.is_as_wide_as(other)
            and abs(other.at(row) - column) <= thickest + other.width / 2
            and other.first - thickest <= row <= other.last + thickest
            and (not corners or min(row - other.first, other.last - row) <= thickest)
            for other in others
        )

    return meets(line.first), meets(line.last)


def meets(line: Line, other: Line, reach: float) -> bool:
    """Tell whether a line comes within `reach` pixels of another of its width, across it.

    Where that is below 0, each goes on beyond the other by so many.
    """
    column = other.at(line.at((line.first + line.last) / 2))
    row = line.at(column)
    return (
        line.is_as_wide_as(other)
        and line.first - reach <= column <= line.last + reach
        and other.first - reach <= row <= other.last + reach
    )


def grid(
    across: list[Line], down: list[Line], longer: float, thickest: int
) -> tuple[list[Line], list[Line]]:
    """Return the lines, so long, of an open table: where they cross twice, and what meets these.

    A digit's bar and its stem cross once.
    """
    across, down = (
        [line for line in these if line.length > longer > 0] for these in (across, down)
    )

    def crossed(line: Line, others: list[Line]) -> int:
        return sum(meets(line, other, -line.width) for other in others)

    def held(line: Line, others: list[Line]) -> bool:
        return any(meets(line, other, thickest) for other in others)

    rules = [line for line in across if crossed(line, down) > 1]
    sides = [line for line in down if crossed(line, across) > 1]
    while True:
        more = [line for line in across if line in rules or held(line, sides)]
        also = [line for line in down if line in sides or held(line, more)]
        if (more, also) == (rules, sides):
            return rules, sides
        rules, sides = more, also


def erase(mask: NDArray[np.uint8], drawn: list[Line]) -> NDArray[np.uint8]:
    """Take lines along the rows out, but for what is deeper than they are thick."""
    if not drawn:
        return mask
    mask = np.ascontiguousarray(mask)
    rest = mask.copy()
    for line in drawn:
        deepest = round(line.width * 1.5) + 2
        columns = np.arange(line.first, line.last + 1)
        middle = np.rint(line.at(columns.astype(np.float64))).astype(np.int64)  # type: ignore[arg-type]
        reach = deepest + 1
        top, bottom = int(middle.min()) - reach, int(middle.max()) + reach + 1
        top, bottom = max(0, top), min(mask.shape[0], bottom)
        if bottom <= top:
            continue
        window = np.ascontiguousarray(mask[top:bottom, line.first : line.last + 1])
        deep = runs(window, deepest + 1)
        rows = np.arange(top, bottom)[:, None]
        band = np.abs(rows - middle) <= line.width / 2 + 1.5
        rest[top:bottom, line.first : line.last + 1][band & (deep == 0)] = 0
    return rest
