"""Ink -> ink without ruled lines: of paper, boxes, tables, axes, a writing line.

A rule is straight, thin, and longer than what is written beside it, or it ends at other rules. It is
taken out where it alone is ink: where a stroke crosses it, ink is deeper than the rule is thick and
stays, so that the stroke needs no mending. Run lengths tell the two apart, as they do for staves in
scores (Dalitz et al. 2008, "A comparative study of staff removal algorithms").
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.furniture.feet import STUB, of_digits
from mnistcli.picture.furniture.lines import (
    COVERED,
    SHORTEST,
    Line,
    Lines,
    bars_among,
    ends_at,
    erase,
    extended,
    grid,
    lines,
    may_have_any,
    meets,
)
from mnistcli.picture.furniture.loops import without_loops
from mnistcli.picture.ink import components, connected
from mnistcli.picture.measures import usual_height

#: A rule is thinner than this part of the picture's longer side; looked for among thinner ink
#: first, as long strokes of a thin pen would hide it among all that is thinner than this. The last
#: is a pen's width, of a line drawn by hand; the flat sides of a loop would be such lines, too.
THICKEST = (1 / 160, 1 / 40, 1 / 20)

#: A rule is so many times as long as what is written is high. One along the columns, as stems are,
#: begins or ends at another rule, or runs from border to border.
LONG = 1.5

#: One along the rows that touches nothing is longer than this part of it. The bar of a 5 is shorter.
ALONE = 0.9

#: A rule that ends at others on both sides, as the side of a box does, is longer than what is
#: written is high by this factor.
SIDE = 1.1

#: Less ink than this part of the lines' own is left where nothing but lines was there.
SCRAPS = 0.2

#: Rules are paler than a pen where less than this part of them is darker than half-way to it.
PALER = 0.2


def without_rules(
    mask: NDArray[np.uint8], beside: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return the ink of `mask`, (h, w) of 0 and 1, without rules, and loops drawn by hand.

    Those that run to the edge of a sheet, `beside` which is 1, run to the picture's border.
    """
    beside = np.zeros_like(mask) if beside is None else beside
    mask, bars = _without_bars(mask)
    gone: Lines = bars, []
    for part in THICKEST:
        if part == THICKEST[-1]:
            mask = without_loops(mask)
        mask, *more = _without(mask, beside, max(3, round(part * max(mask.shape))), *gone)
        gone = gone[0] + more[0], gone[1] + more[1]
    rules = gone[0][len(bars) :] + gone[1]
    if not rules:
        return mask
    # What touches writing is found best by the width of its like.
    thickest = max(3, round(max(line.width for line in rules)) + 1)
    mask, *more = _without(mask, beside, thickest, *gone)
    return _without_stubs(mask, gone[0] + more[0], thickest)


def mended(
    rest: NDArray[np.uint8], mask: NDArray[np.uint8], dark: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Put back what was taken out of `mask` with paler rules, and is as dark as the rest is."""
    gone = rest < mask
    if not gone.any():
        return rest
    # A stroke is as dark as in its middle: its rims are as pale as a rule.
    middle = dark == cv2.dilate(dark, np.ones((3, 3), np.uint8))
    rules, pen = dark[middle & gone], dark[middle & (rest > 0)]
    usual = np.median(rules) if len(rules) else 255
    pen = pen[pen > usual]
    if not len(pen):
        return rest
    between = (usual + np.median(pen)) / 2.0
    if (rules > between).mean() >= PALER:
        return rest
    return connected(rest | mask & (dark > between), rest > 0)


def _without(
    mask: NDArray[np.uint8],
    beside: NDArray[np.uint8],
    thickest: int,
    rules_gone: list[Line],
    sides_gone: list[Line],
) -> tuple[NDArray[np.uint8], list[Line], list[Line]]:
    """Take out rules of at most that width in pixels; return them, along the rows and the columns.

    Those that are gone already count as others that a rule may end at.
    """
    along = mask | beside
    across = [extended(line, along) for line in lines(mask, thickest)]
    down = [extended(line, along.T) for line in lines(mask.T, thickest)]
    if not across and not down:
        return mask, [], []
    gone = rules_gone, sides_gone
    height = _height_without(mask, across, down)
    boxes = _held((across, down), gone, thickest)
    if any(boxes):  # what they hold is as it is: strokes of digits are lines, too
        height = max(height, _height_without(mask, *boxes))
    longest = max(line.length for line in across + down)
    # Straight parts of a digit are short beside a rule: without them, its rest would be low.
    long = [[line for line in these if line.length > longest / 2] for these in (across, down)]
    whole = height if long == [across, down] else max(height, _height_without(mask, *long))
    rules, sides = choose(across, down, mask.shape, height, whole, thickest, gone)
    others = across + gone[0], sides + gone[1]
    printed = THICKEST[1] * max(mask.shape)
    feet = of_digits(rules, others, mask, height, thickest, printed)
    rules = [line for line in rules if line not in feet]
    if not rules and not sides:
        return mask, [], []
    return erase(erase(mask, rules).T, sides).T, rules, sides


def _without_bars(mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list[Line]]:
    """Take out straight lines along the rows that hang together with nothing else; return them."""
    if not may_have_any(mask):
        return mask, []
    labels, stats = components(mask)
    bars = dict(bars_among(labels, stats))
    if not bars:
        return mask, []
    height = usual_height(labels, stats, without=bars)
    long = {piece: bar for piece, bar in bars.items() if bar.length > ALONE * height > 0}
    if not long:
        return mask, []
    kept = np.ones(len(stats), np.uint8)
    kept[list(long)] = 0
    return mask & kept[labels], list(long.values())


def _without_stubs(mask: NDArray[np.uint8], rules: list[Line], thickest: int) -> NDArray[np.uint8]:
    """Take out what stands on a rule alone, thin and lower than writing: the teeth of a comb."""
    labels, stats = components(mask)
    height = usual_height(labels, stats)
    stubs = np.zeros(len(stats), np.uint8)
    for piece in range(1, len(stats)):
        left, top, width, tall, area = (int(value) for value in stats[piece])
        if (
            area <= (thickest + 1) * tall
            and width <= tall / 2
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


def _height_without(mask: NDArray[np.uint8], across: list[Line], down: list[Line]) -> float:
    """Return the height of what is written if lines are taken out; 0 if nothing is left."""
    return written_height(erase(erase(mask, across).T, down).T, mask)


def written_height(rest: NDArray[np.uint8], mask: NDArray[np.uint8]) -> float:
    """Return the height of what is no line: the rest of its ink is in higher pieces; 0 without.

    `mask` is the ink with the lines. What hangs together with none is no scrap of them, if it is
    long enough for one.
    """
    labels, stats = components(rest)
    ink, before = int(stats[1:, cv2.CC_STAT_AREA].sum()), int(mask.sum())
    if ink < SCRAPS * (before - ink):
        sides = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA].max(axis=1)
        lost = cv2.dilate(mask & ~rest & 1, np.ones((3, 3), np.uint8)) > 0
        sides[labels[lost]] = 0
        if sides[1:].max(initial=0) <= SHORTEST * max(mask.shape):
            return 0.0
    return usual_height(labels, stats)


def choose(
    across: list[Line],
    down: list[Line],
    shape: tuple[int, ...],
    height: float,
    whole: float,
    thickest: int,
    gone: Lines = ([], []),
) -> Lines:
    """Tell which lines are rules: those from border to border, the long ones, those between.

    What is written is `height` high without any line, and `whole` without long ones. Rules that
    are gone already, along the rows and the columns, are others that a rule may end at.
    """

    def at_border(line: Line, side: int) -> tuple[bool, bool]:
        margin = line.width + 2
        return line.first < margin, line.last >= side - margin

    sides = [line for line in down if all(at_border(line, shape[0]))]

    def squared(line: Line) -> bool:
        """Tell whether a line comes from the border, as whole ones beside it do."""
        return any(at_border(line, shape[0])) and any(
            line.is_as_wide_as(other) for other in gone[1] + sides
        )

    crossing = grid(across, down, LONG * height, thickest)
    sides += [line for line in crossing[1] if line not in sides]
    # A stem is a line, too, and its foot no rule.
    stem = max((line.length for line in down if line not in sides), default=0)
    long = LONG * max(whole, stem)
    rules = [
        line
        for line in across
        if line.length > long or line in crossing[0] or all(at_border(line, shape[1]))
    ]
    if not rules + gone[0]:  # no longer than what is written is high: ones, on a tight crop
        sides = [line for line in sides if line.length > SIDE * height]
    sides += [
        line
        for line in down
        if line not in sides
        and line.length > LONG * height > 0
        and (any(meets(line, rule, thickest) for rule in gone[0] + rules) or squared(line))
    ]
    ends = _cornered(down, gone[0] + rules, SIDE * height, thickest)
    sides += [line for line in ends if line not in sides]
    # A narrow box is no wider than what is written in it is high, but higher.
    tops = [line for line in across if line not in rules and line.length <= SIDE * height]
    across, down = (
        [line for line in these if line not in chosen and line.length > SIDE * height > 0]
        for these, chosen in ((across, rules), (down, sides))
    )
    across += [line for line in tops if all(ends_at(line, down, thickest, corners=True))]
    held = _held((across, down), (gone[0] + rules, gone[1] + sides), thickest)
    return rules + held[0], sides + held[1]


def _cornered(down: list[Line], rules: list[Line], longer: float, thickest: int) -> list[Line]:
    """Return the sides, so long, that stand at both ends of one of the `rules`: a comb's."""

    def corners(line: Line, others: list[Line]) -> tuple[bool, bool]:
        return ends_at(line, others, thickest, corners=True)

    sides = [line for line in down if line.length > longer > 0 and any(corners(line, rules))]
    closed = [rule for rule in rules if all(corners(rule, sides))]
    return [line for line in sides if any(corners(line, closed))]


def _held(lines: Lines, others: Lines, thickest: int) -> Lines:
    """Return the lines that begin and end at one another, as the sides of a box do, or at others.

    What does not end so is taken away, until all do.
    """
    while True:
        rules, sides = others[0] + lines[0], others[1] + lines[1]
        held = (
            [line for line in lines[0] if all(ends_at(line, sides, thickest))],
            [line for line in lines[1] if all(ends_at(line, rules, thickest))],
        )
        if held == lines:
            return held
        lines = held
