"""Ink -> ink without ruled lines: of paper, boxes, tables, axes, a writing line.

A rule is straight, thin, and longer than what is written beside it, or it ends at other rules. It is
taken out where it alone is ink: where a stroke crosses it, ink is deeper than the rule is thick and
stays, so that the stroke needs no mending. Run lengths tell the two apart, as they do for staves in
scores (Dalitz et al. 2008, "A comparative study of staff removal algorithms").
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.lines import COVERED, Line, extended, lines

#: A rule is thinner than this part of the picture's longer side; looked for among thinner ink
#: first, as long strokes of a thin pen would hide it among all that is thinner than this.
THICKEST = (1 / 160, 1 / 40)

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
    height = _height_without(mask, across, down)
    longest = max(line.length for line in across + down)
    # Straight parts of a digit are short beside a rule: without them, its rest would be low.
    whole = _height_without(
        mask,
        [line for line in across if line.length > longest / 2],
        [line for line in down if line.length > longest / 2],
    )
    rules, sides = choose(across, down, mask.shape, height, max(height, whole), thickest)
    if not rules and not sides:
        return mask
    rules, sides = [extended(r, mask) for r in rules], [extended(s, mask.T) for s in sides]
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


def _height_without(mask: NDArray[np.uint8], across: list[Line], down: list[Line]) -> float:
    """Return the height of what is written if lines are taken out; 0 if nothing is left."""
    return written_height(erase(erase(mask, across).T, down).T, int(mask.sum()))


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
    across: list[Line],
    down: list[Line],
    shape: tuple[int, ...],
    height: float,
    whole: float,
    thickest: int,
) -> tuple[list[Line], list[Line]]:
    """Tell which lines are rules: those from border to border, the long ones, those between.

    What is written is `height` high without any line, and `whole` without long ones.
    """
    margin = max(2, thickest)

    def spans(line: Line, side: int) -> bool:
        return line.first < margin and line.last >= side - margin

    sides = [line for line in down if spans(line, shape[0])]
    # A stem is a line, too, and its foot no rule.
    stem = max((line.length for line in down if line not in sides), default=0)
    long = LONG * max(whole, stem)
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
