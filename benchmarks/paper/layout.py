"""Digits beside each other, as hands put them: rows, lines, cells.

A `Hand` writes with one pen; a layout takes a hand and how many digits, and returns a `Writing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from paper.pen import Bytes, Floats, Glyph, crop, enlarge, write

Doubles = NDArray[np.float64]

APART = 0.1  # two ones that touch are an n: they have a gap of so many heights
WORD = 1.25  # gaps wider than this, in heights, are a space in the text
SOFT = 0.25  # share of pictures whose digits are enlarged as programs do


@dataclass(frozen=True, eq=False)
class Hand:
    """Whoever writes: digits to copy, a height and a pen in pixels."""

    images: Bytes
    labels: Bytes
    rng: np.random.Generator
    height: float
    pen: float
    soft: bool = False

    def write(self, n: int) -> list[Glyph]:
        """Write n digits, chosen at random."""
        return [self.one() for _ in range(n)]

    def one(self) -> Glyph:
        """Write a digit, chosen at random."""
        index = int(self.rng.integers(len(self.images)))
        height = self.height * self.rng.uniform(0.92, 1.08)
        pen = self.pen * self.rng.uniform(0.94, 1.06)
        image = self.images[index]
        ink = enlarge(image, height) if self.soft else write(image, height, pen, self.rng)
        return Glyph(ink, int(self.labels[index]))


@dataclass(frozen=True, eq=False)
class Placed:
    """Ink at a place: its left and top, in pixels."""

    ink: Floats
    left: int
    top: int

    @property
    def right(self) -> int:
        """The first column behind it."""
        return self.left + int(self.ink.shape[1])

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + int(self.ink.shape[0])


@dataclass(frozen=True, eq=False)
class Writing:
    """Ink on a sheet, what it says, and where: baselines and digits' boxes in pixels."""

    ink: Floats
    text: str
    height: float
    pen: float
    baselines: tuple[float, ...]
    boxes: tuple[tuple[int, int, int, int], ...]
    """Left, top, right, bottom."""
    printed: Floats | None = field(default=None)
    """Lines that the layout followed, such as a form's boxes."""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The box around all digits: left, top, right, bottom."""
        lefts, tops, rights, bottoms = zip(*self.boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


def beside(before: Placed, ink: Floats, top: int, gap: float, deepest: float) -> int:
    """Return the left of `ink` so that there are `gap` pixels to the digit before it.

    Measured where they come nearest, row by row; of the narrower one's width, at most `deepest`
    lies over or under the other.
    """
    spread = np.ones((2 * max(1, int(max(gap, 0) // 2)) + 1, 1), np.uint8)
    ours, theirs = (cv2.dilate((part > 0.5).astype(np.uint8), spread) for part in (ink, before.ink))
    first, last = max(top, before.top), min(top + ink.shape[0], before.bottom)
    nearest = []
    for y in range(first, last):
        right = np.flatnonzero(theirs[y - before.top])
        left = np.flatnonzero(ours[y - top])
        if len(right) and len(left):
            nearest.append(before.left + right[-1] + 1 - left[0])
    least = before.right - deepest * min(ink.shape[1], before.ink.shape[1])
    return round(float(max([least, *(place + gap for place in nearest)])))


def row(
    hand: Hand, n: int, gaps: Doubles, lifts: Doubles, deepest: float = 0.3
) -> tuple[list[Placed], str]:
    """Write n digits from left to right on the line y = 0, and say what they are.

    Gaps (n - 1) and lifts (n) above the line are in heights.
    """
    placed: list[Placed] = []
    text = ""
    for i, glyph in enumerate(hand.write(n)):
        top = -glyph.ink.shape[0] - round(lifts[i] * hand.height)
        left = 0
        if placed:
            gap = gaps[i - 1]
            if text.endswith("1") and glyph.label == 1:
                gap = max(gap, APART)
            left = beside(placed[-1], glyph.ink, top, gap * hand.height, deepest)
            text += " " if gaps[i - 1] > WORD else ""
        placed.append(Placed(glyph.ink, left, top))
        text += str(glyph.label)
    return placed, text


def moved(placed: Sequence[Placed], right: float, down: float) -> list[Placed]:
    """Move ink by so many pixels."""
    return [Placed(each.ink, each.left + round(right), each.top + round(down)) for each in placed]


def gather(
    hand: Hand,
    lines: Sequence[Sequence[Placed]],
    texts: Sequence[str],
    baselines: Sequence[float],
    strokes: Sequence[Placed] = (),
    margin: tuple[float, float] = (0.35, 1.3),
) -> Writing:
    """Put lines of digits, and strokes that are none, on a sheet with margins in heights."""
    digits = [each for line in lines for each in line]
    everything = [*digits, *strokes]
    above, below, before, behind = (
        max(6, round(share * hand.height)) for share in hand.rng.uniform(*margin, 4)
    )
    left = min(each.left for each in everything) - before
    top = min(each.top for each in everything) - above
    right = max(each.right for each in everything) + behind
    bottom = max(each.bottom for each in everything) + below
    ink = np.zeros((bottom - top, right - left), np.float32)
    for each in everything:
        part = ink[each.top - top : each.bottom - top, each.left - left : each.right - left]
        np.maximum(part, each.ink, out=part)
    return Writing(
        ink,
        "\n".join(texts),
        hand.height,
        hand.pen,
        tuple(y - top for y in baselines),
        tuple(
            (each.left - left, each.top - top, each.right - left, each.bottom - top)
            for each in digits
        ),
    )


def tight(hand: Hand, n: int) -> Writing:
    """Put digits near each other, as in a quickly written number."""
    gaps = hand.rng.uniform(0.07, 0.22, n) + hand.pen / hand.height * 0.3
    return gather(hand, *_one(row(hand, n, gaps, hand.rng.normal(0, 0.03, n))))


def wide(hand: Hand, n: int) -> Writing:
    """Put digits far from each other; sometimes in two numbers with a space between them."""
    gaps = hand.rng.uniform(0.4, 0.9, n)
    if n > 3 and hand.rng.random() < 0.4:
        gaps = hand.rng.uniform(0.2, 0.45, n)
        gaps[hand.rng.integers(1, n - 2)] = hand.rng.uniform(1.5, 2.5)
    return gather(hand, *_one(row(hand, n, gaps, hand.rng.normal(0, 0.04, n))))


def touching(hand: Hand, n: int) -> Writing:
    """Let digits touch, one pair at least, by no more than the pen's width."""
    gaps = hand.rng.uniform(0.06, 0.15, n)
    touch = hand.rng.random(n) < 0.7
    touch[hand.rng.integers(max(n - 1, 1))] = True
    overlap = hand.rng.uniform(0.15, 0.8, n) * hand.pen / hand.height
    gaps = np.where(touch, -overlap, gaps)
    return gather(hand, *_one(row(hand, n, gaps, hand.rng.normal(0, 0.03, n), deepest=0.3)))


def climbing(hand: Hand, n: int) -> Writing:
    """Write on a line that climbs or falls."""
    slope = hand.rng.choice([-1, 1]) * hand.rng.uniform(0.12, 0.35)
    placed, text = row(hand, n, hand.rng.uniform(0.1, 0.4, n), np.zeros(n))
    return gather(hand, *_one(([moved([p], 0, slope * p.left)[0] for p in placed], text)))


def dancing(hand: Hand, n: int) -> Writing:
    """Let heights and places dance about the line."""
    placed: list[Placed] = []
    text = ""
    for _ in range(n):
        size = float(np.exp(hand.rng.normal(0, 0.16)))
        other = Hand(hand.images, hand.labels, hand.rng, hand.height * size, hand.pen, hand.soft)
        glyph = other.one()
        top = -glyph.ink.shape[0] + round(hand.rng.normal(0, 0.12) * hand.height)
        gap = hand.rng.uniform(0.12, 0.4) * hand.height
        left = beside(placed[-1], glyph.ink, top, gap, 0.2) if placed else 0
        placed.append(Placed(glyph.ink, left, top))
        text += str(glyph.label)
    return gather(hand, *_one((placed, text)))


def lines(hand: Hand, n: int, many: int = 0) -> Writing:
    """Write two lines, sometimes three, of about n digits each."""
    many = many or int(hand.rng.choice([2, 2, 2, 3]))
    pitch = hand.rng.uniform(1.35, 2.1) * hand.height
    rows, texts, baselines = [], [], []
    for i in range(many):
        count = int(np.clip(n + hand.rng.integers(-1, 2), 1, 7))
        gaps = hand.rng.uniform(0.12, 0.4, count)
        placed, text = row(hand, count, gaps, hand.rng.normal(0, 0.04, count))
        rows.append(moved(placed, hand.rng.normal(0, 0.25) * hand.height, i * pitch))
        texts.append(text)
        baselines.append(i * pitch)
    return gather(hand, rows, texts, baselines)


def page(hand: Hand, n: int) -> Writing:
    """Write sixty digits: six lines of ten, in two groups of five."""
    pitch = hand.rng.uniform(1.5, 2.0) * hand.height
    rows, texts = [], []
    for i in range(6):
        gaps = hand.rng.uniform(0.2, 0.5, 10)
        gaps[4] = hand.rng.uniform(1.5, 2.0)
        placed, text = row(hand, 10, gaps, hand.rng.normal(0, 0.04, 10))
        rows.append(moved(placed, hand.rng.normal(0, 0.1) * hand.height, i * pitch))
        texts.append(text)
    return gather(hand, rows, texts, [i * pitch for i in range(6)])


def separated(hand: Hand, n: int) -> Writing:
    """Put dashes or commas between some of the digits."""
    placed: list[Placed] = []
    strokes: list[Placed] = []
    text = ""
    comma = hand.rng.random() < 0.4
    for i, glyph in enumerate(hand.write(n)):
        top = -glyph.ink.shape[0] - round(hand.rng.normal(0, 0.03) * hand.height)
        gap = hand.rng.uniform(0.12, 0.25) * hand.height
        if placed and (i == 1 or hand.rng.random() < 0.4):
            mark, lift = _comma(hand) if comma else _dash(hand)
            at = round(placed[-1].right + hand.rng.uniform(0.1, 0.2) * hand.height)
            strokes.append(Placed(mark, at, round(-lift * hand.height)))
            left = round(strokes[-1].right + hand.rng.uniform(0.1, 0.22) * hand.height)
        else:
            left = beside(placed[-1], glyph.ink, top, gap, 0.2) if placed else 0
        placed.append(Placed(glyph.ink, left, top))
        text += str(glyph.label)
    return gather(hand, [placed], [text], [0.0], strokes)


def _one(line: tuple[list[Placed], str]) -> tuple[list[list[Placed]], list[str], list[float]]:
    placed, text = line
    return [placed], [text], [0.0]


def _stroke(hand: Hand, points: Sequence[tuple[float, float]]) -> Floats:
    """Draw straight strokes of the hand's pen through points in heights, (x right, y down)."""
    unit, room = 8 * hand.height, round(8 * hand.pen)
    way = np.array(points) * unit
    way = np.round(way - way.min(axis=0) + room).astype(np.int32)
    canvas = np.zeros((int(way[:, 1].max()) + room, int(way[:, 0].max()) + room), np.uint8)
    cv2.polylines(canvas, [way], False, 255, max(8, round(8 * hand.pen)))
    size = (-(-canvas.shape[1] // 8), -(-canvas.shape[0] // 8))
    ink = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return crop(np.asarray(ink, np.float32))


def _dash(hand: Hand) -> tuple[Floats, float]:
    """Draw a dash and say how high above the line its top is, in heights."""
    rise = hand.rng.normal(0, 0.03)
    return _stroke(hand, [(0, 0), (hand.rng.uniform(0.22, 0.4), rise)]), hand.rng.uniform(0.4, 0.6)


def _comma(hand: Hand) -> tuple[Floats, float]:
    """Draw a comma and say how high above the line its top is, in heights."""
    long = hand.rng.uniform(0.12, 0.22)
    return _stroke(hand, [(0.3 * long, 0), (0.3 * long, 0.3 * long), (0, long)]), 0.06
