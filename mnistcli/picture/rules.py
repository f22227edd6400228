"""Ink -> ink without ruled lines: of paper, boxes, tables, axes, a writing line.

A rule is straight, thin, and longer than what is written beside it, or it ends at other rules. It is
taken out where it alone is ink: where a stroke crosses it, ink is deeper than the rule is thick and
stays, so that the stroke needs no mending. Run lengths tell the two apart, as they do for staves in
scores (Dalitz et al. 2008, "A comparative study of staff removal algorithms").
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

#: A rule is thinner than this part of the picture's longer side; looked for among thinner ink
#: first, as long strokes of a thin pen would hide it among all that is thinner than this.
THICKEST = (1 / 160, 1 / 40)

#: ... and leaves its direction by no more than this, so that a slanting one is none.
SLANT = 0.12

#: A rule is so many times as long as what is written is high. One along the columns, as stems are,
#: begins or ends at another rule, or runs from border to border.
LONG = 1.5

#: A rule that ends at others on both sides, as the side of a box does, is longer than what is
#: written is high by this factor.
SIDE = 1.1

#: Of the ink that is in no line, this part is in pieces no higher than what is written.
TALLER = 0.75

#: What stands on a rule and is no digit is lower than this part of what is written.
STUB = 0.8

#: Less ink than this part of the lines' own is left where nothing but lines was there.
SCRAPS = 0.2

#: A part of a rule is longer than this part of the picture's longer side.
SHORTEST = 1 / 16

#: In some row it has ink along this part of its length, unless it slants more than it may.
LEVEL = 0.5

#: Parts of a rule are this much of the longer one apart, at most, where there is no ink between.
NEAR = 0.1

#: Ink covers this part of a rule.
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


def without_rules(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink of `mask`, (h, w) of 0 and 1, without rules."""
    for part in THICKEST:
        mask = _without(mask, max(3, round(part * max(mask.shape))))
    return mask


def _without(mask: NDArray[np.uint8], thickest: int) -> NDArray[np.uint8]:
    """Take out rules of at most that width in pixels."""
    across, down = lines(mask, thickest), lines(mask.T, thickest)
    if not across and not down:
        return mask
    rest = erase(erase(mask, across).T, down).T
    height = written_height(rest, int(mask.sum()))
    rules, sides = choose(across, down, mask.shape, height, thickest)
    if not rules and not sides:
        return mask
    rules, sides = [_extended(r, mask) for r in rules], [_extended(s, mask.T) for s in sides]
    return _without_stubs(erase(erase(mask, rules).T, sides).T, rules, height, thickest)


def _without_stubs(
    mask: NDArray[np.uint8], rules: list[Line], height: float, thickest: int
) -> NDArray[np.uint8]:
    """Take out what stands on a rule alone, thin and lower than writing: the teeth of a comb."""
    mask = np.ascontiguousarray(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    stubs = np.zeros(count, np.uint8)
    for piece in range(1, count):
        left, top, width, tall, area = (int(value) for value in stats[piece])
        if (
            width <= min(thickest, tall / 2)
            and tall < STUB * height
            and area > COVERED * width * tall
        ):
            column = left + width / 2
            stubs[piece] = any(
                rule.first - thickest <= column <= rule.last + thickest
                and min(abs(rule.at(column) - top), abs(rule.at(column) - top - tall))
                <= rule.width + 2
                for rule in rules
            )
    return mask & ~stubs[labels] & 1 if stubs.any() else mask


def lines(mask: NDArray[np.uint8], thickest: int) -> list[Line]:
    """Find straight lines along the rows, the parts of one joined."""
    mask = np.ascontiguousarray(mask)
    deep = np.asarray(
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thickest + 1, 1), np.uint8)), np.uint8
    )
    # Where a line across it is crossed, it goes on.
    across = np.ones((1, 2 * thickest + 1), np.uint8)
    thin = np.asarray(cv2.morphologyEx(mask & ~deep, cv2.MORPH_CLOSE, across), np.uint8) & mask
    shortest = max(SHORTEST * max(mask.shape), 2 * thickest)
    if not cv2.erode(thin, np.ones((1, int(shortest * LEVEL)), np.uint8)).any():
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(thin, connectivity=8)
    wide = [i for i in range(1, count) if stats[i, cv2.CC_STAT_WIDTH] > shortest]
    parts = [
        line
        for i in wide
        for line in _straight(np.asarray(labels, np.int32), stats[i], i, shortest)
    ]
    found: list[Line] = []
    for part in sorted(parts, key=lambda line: -line.length):
        for number, line in enumerate(found):
            joined = _join(line, part, mask, thickest)
            if joined is not None:
                found[number] = joined
                break
        else:
            found.append(part)
    return [line for line in found if line.covered >= COVERED * line.length]


def _extended(line: Line, mask: NDArray[np.uint8]) -> Line:
    """Go on in a line's direction as far as there is ink."""
    inked = _inked(line, mask)
    bare = np.flatnonzero(~inked)
    before, after = bare[bare < line.first], bare[bare > line.last]
    return replace(
        line,
        first=int(before[-1]) + 1 if len(before) else 0,
        last=int(after[0]) - 1 if len(after) else mask.shape[1] - 1,
    )


def _inked(line: Line, mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell for each column of a mask whether there is ink where the line is, or would be."""
    columns = np.arange(mask.shape[1])
    rows = np.rint(line.slope * columns + line.offset).astype(np.int64)
    inside = (rows >= 1) & (rows < mask.shape[0] - 1)
    rows = np.clip(rows, 1, mask.shape[0] - 2)
    ink = mask[rows, columns] | mask[rows - 1, columns] | mask[rows + 1, columns]
    return np.asarray(inside & (ink > 0), np.bool_)


def _straight(
    labels: NDArray[np.int32], stat: NDArray[np.int32], number: int, shortest: float
) -> Iterator[Line]:
    """Fit a line to a thin piece of ink; none where it is not straight."""
    left, top, width, height = (int(value) for value in stat[:4])
    piece = labels[top : top + height, left : left + width] == number
    thickness = piece.sum(axis=0)
    columns = np.flatnonzero(thickness)
    rows = (piece * np.arange(height)[:, None]).sum(axis=0)[columns] / thickness[columns]
    thickness = thickness[columns]
    usual = float(np.median(thickness))
    tolerance = max(1.0, usual / 2)
    kept = np.ones(len(columns), np.bool_)
    slope = offset = 0.0
    for _ in range(3):
        if kept.sum() <= shortest:
            return
        slope, offset = _fitted(columns[kept], rows[kept])
        away = np.abs(rows - slope * columns - offset)
        # The first fit may be drawn aside by what hangs on the line.
        kept = away <= max(tolerance, float(np.median(away)) * 1.5)
    kept = away <= tolerance
    if abs(slope) > SLANT or kept.sum() < COVERED * width or kept.sum() <= shortest:
        return
    columns, thickness = columns[kept], thickness[kept]
    yield Line(
        first=left + int(columns[0]),
        last=left + int(columns[-1]),
        slope=float(slope),
        offset=float(top + offset - slope * left),
        width=float(np.median(thickness)),
        covered=len(columns),
    )


def _fitted(columns: NDArray[np.int64], rows: NDArray[np.float64]) -> tuple[float, float]:
    """Fit rows = slope * columns + offset by least squares."""
    middle, centre = columns.mean(), rows.mean()
    across = columns - middle
    slope = float(across @ (rows - centre) / max(float(across @ across), 1.0))
    return slope, float(centre - slope * middle)


def _join(line: Line, part: Line, mask: NDArray[np.uint8], thickest: int) -> Line | None:
    """Return both as one line, or None if they are not in line or far apart."""
    middle = (part.first + part.last) / 2
    gap = max(part.first - line.last, line.first - part.last)
    near = abs(line.at(middle) - part.at(middle)) <= max(line.width, 2.0)
    if not near or gap < -thickest:
        return None
    if gap > NEAR * max(line.length, part.length):
        # Only through strokes that lie upon it.
        between = sorted((line.first, line.last, part.first, part.last))[1:3]
        if _inked(line, mask)[between[0] : between[1] + 1].mean() < COVERED:
            return None
    weights = line.covered, part.covered
    long = line.length >= 4 * part.length
    ends = (line.first, line.last, part.first, part.last)
    first, last = min(ends), max(ends)
    slope = line.slope
    offset = line.offset
    if not long:
        other = (line.first + line.last) / 2
        slope = (part.at(middle) - line.at(other)) / (middle - other)
        offset = line.at(other) - slope * other
        if abs(slope) > SLANT:
            return None
    width = (line.width * weights[0] + part.width * weights[1]) / sum(weights)
    return Line(first, last, slope, offset, width, sum(weights))


def erase(mask: NDArray[np.uint8], rules: list[Line]) -> NDArray[np.uint8]:
    """Take rules along the rows out, but for what is deeper than they are thick."""
    if not rules:
        return mask
    mask = np.ascontiguousarray(mask)
    rest = mask.copy()
    for rule in rules:
        deepest = round(rule.width * 1.5) + 2
        columns = np.arange(rule.first, rule.last + 1)
        middle = np.rint(rule.at(columns.astype(np.float64))).astype(np.int64)  # type: ignore[arg-type]
        reach = deepest + 1
        top, bottom = int(middle.min()) - reach, int(middle.max()) + reach + 1
        top, bottom = max(0, top), min(mask.shape[0], bottom)
        if bottom <= top:
            continue
        window = np.ascontiguousarray(mask[top:bottom, rule.first : rule.last + 1])
        deep = cv2.morphologyEx(
            window,
            cv2.MORPH_OPEN,
            np.ones((deepest + 1, 1), np.uint8),
            borderType=cv2.BORDER_REPLICATE,
        )
        rows = np.arange(top, bottom)[:, None]
        band = np.abs(rows - middle) <= rule.width / 2 + 1.5
        rest[top:bottom, rule.first : rule.last + 1][band & (deep == 0)] = 0
    return rest


def written_height(rest: NDArray[np.uint8], before: int) -> float:
    """Return the height of what is no line: the rest of its ink is in higher pieces; 0 without.

    `before` is how much ink there was with the lines, in pixels.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(rest), connectivity=8)
    heights, areas = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_AREA]
    ink = int(areas.sum())
    if ink < SCRAPS * (before - ink):
        return 0.0
    order = np.argsort(heights)
    return float(heights[order][np.searchsorted(np.cumsum(areas[order]), ink * TALLER)])


def choose(
    across: list[Line], down: list[Line], shape: tuple[int, ...], height: float, thickest: int
) -> tuple[list[Line], list[Line]]:
    """Tell which lines are rules: those from border to border, the long ones, those between."""
    margin = max(2, thickest)

    def spans(line: Line, side: int) -> bool:
        return line.first < margin and line.last >= side - margin

    sides = [line for line in down if spans(line, shape[0])]
    # A stem is a line, too, and its foot no rule.
    stem = max((line.length for line in down if line not in sides), default=0)
    long = LONG * max(height, stem)
    rules = [line for line in across if line.length > long or spans(line, shape[1])]
    sides += [
        line
        for line in down
        if line not in sides
        and line.length > LONG * height > 0
        and any(_ends(line, rules, thickest))
    ]
    while True:
        more = [
            [
                line
                for line in these
                if line not in chosen
                and line.length > SIDE * height
                and all(_ends(line, others, thickest))
            ]
            for these, chosen, others in (
                (across, rules, sides or down),
                (down, sides, rules or across),
            )
        ]
        if not height or not any(more):
            return rules, sides
        rules, sides = rules + more[0], sides + more[1]


def _ends(line: Line, others: list[Line], thickest: int) -> tuple[bool, bool]:
    """Tell whether a line begins, and whether it ends, at one of the `others` across it."""

    def meets(column: int) -> bool:
        row = line.at(column)
        return any(
            abs(other.at(row) - column) <= thickest
            and other.first - thickest <= row <= other.last + thickest
            for other in others
        )

    return meets(line.first), meets(line.last)
