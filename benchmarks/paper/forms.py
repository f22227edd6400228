"""Digits where a form wants them: boxes, a comb, a table. Layouts that bring their lines along."""

from dataclasses import replace

import numpy as np

from paper.layout import Hand, Placed, Writing, gather
from paper.pen import Floats

Segment = tuple[float, float, float, float]  # from x, y to x, y


def boxes(hand: Hand, n: int) -> Writing:
    """Write a digit into each box of a row; boxes share their sides, or stand apart."""
    return _cells(hand, n, n)


def form_row(hand: Hand, n: int) -> Writing:
    """Write into some boxes of a longer row; the others stay empty."""
    return _cells(hand, n, n + int(hand.rng.integers(2, 5)))


def comb(hand: Hand, n: int) -> Writing:
    """Write between the teeth of a comb: a line below, a short tooth between two digits."""
    pitch = hand.rng.uniform(1.05, 1.4) * hand.height
    tooth = hand.rng.uniform(0.2, 0.5) * hand.height
    base = hand.rng.uniform(0.08, 0.2) * hand.height
    segments: list[Segment] = [(0, base, n * pitch, base)]
    segments += [(i * pitch, base, i * pitch, base - tooth) for i in range(n + 1)]
    placed, text = _in_cells(hand, n, pitch, 0)
    return _printed(hand, [placed], [text], [0.0], segments)


def table(hand: Hand, n: int) -> Writing:
    """Write short numbers into the cells of a table of two or three rows."""
    rows, columns = (1, 1) if n == 1 else (int(hand.rng.integers(2, 4)), 2)
    most = 1 if n == 1 else 3
    wide = (0.95 * most + 0.6) * hand.height
    high = hand.rng.uniform(1.45, 1.9) * hand.height
    lines, texts = [], []
    for i in range(rows):
        line: list[Placed] = []
        words = []
        for j in range(columns):
            count = int(hand.rng.integers(1, most + 1))
            left = j * wide + hand.rng.uniform(0.2, 0.35) * hand.height
            digits, word = _in_cells(hand, count, 0.9 * hand.height, left, i * high)
            line += digits
            words.append(word)
        lines.append(line)
        texts.append(" ".join(words))
    top = -high + (high - hand.height) / 2
    right, bottom = columns * wide, top + rows * high
    segments: list[Segment] = [(0, top + i * high, right, top + i * high) for i in range(rows + 1)]
    segments += [(j * wide, top, j * wide, bottom) for j in range(columns + 1)]
    return _printed(hand, lines, texts, [i * high for i in range(rows)], segments)


def _cells(hand: Hand, n: int, cells: int) -> Writing:
    side = hand.rng.uniform(1.1, 1.45) * hand.height
    high = hand.rng.uniform(1.3, 1.7) * hand.height
    apart = hand.rng.choice([0.0, hand.rng.uniform(0.1, 0.3)]) * hand.height
    first = int(hand.rng.integers(cells - n + 1))
    placed, text = _in_cells(hand, n, side + apart, first * (side + apart), 0, side)
    base = (high - hand.height) / 2
    segments: list[Segment] = []
    for i in range(cells):
        left = i * (side + apart)
        corners = [(left, base - high), (left + side, base - high)]
        corners += [(left + side, base), (left, base)]
        for (x, y), (to_x, to_y) in zip(corners, [*corners[1:], corners[0]], strict=True):
            segments.append((x, y, to_x, to_y))
    return _printed(hand, [placed], [text], [0.0], segments)


def _in_cells(
    hand: Hand, n: int, pitch: float, left: float, base: float = 0, side: float | None = None
) -> tuple[list[Placed], str]:
    """Write a digit into the middle of each cell, about the line `base`."""
    placed = []
    text = ""
    for i, glyph in enumerate(hand.write(n)):
        high, wide = glyph.ink.shape
        x = left + i * pitch + ((side or pitch) - wide) / 2
        x += hand.rng.normal(0, 0.05) * hand.height
        y = base - hand.height / 2 - high / 2 + hand.rng.normal(0, 0.05) * hand.height
        placed.append(Placed(glyph.ink, round(x), round(y)))
        text += str(glyph.label)
    return placed, text


def _printed(
    hand: Hand,
    lines: list[list[Placed]],
    texts: list[str],
    baselines: list[float],
    segments: list[Segment],
) -> Writing:
    """Gather digits on a sheet that has room for the lines, and print these."""
    xs = [x for left, _, right, _ in segments for x in (left, right)]
    ys = [y for _, top, _, bottom in segments for y in (top, bottom)]
    dot = np.zeros((1, 1), np.float32)
    corners = [
        Placed(dot, round(min(xs)), round(min(ys))),
        Placed(dot, round(max(xs)), round(max(ys))),
    ]
    writing = gather(hand, lines, texts, baselines, corners, margin=(0.2, 0.9))
    shift_x = writing.boxes[0][0] - lines[0][0].left
    shift_y = writing.boxes[0][1] - lines[0][0].top
    printed = np.zeros_like(writing.ink)
    width = max(1.0, hand.rng.uniform(0.012, 0.045) * hand.height)
    for left, top, right, bottom in segments:
        stroke(printed, (left + shift_x, top + shift_y), (right + shift_x, bottom + shift_y), width)
    return replace(writing, printed=printed)


def stroke(
    canvas: Floats, start: tuple[float, float], end: tuple[float, float], width: float
) -> None:
    """Print a straight line of this width, with soft edges and round ends, from (x, y) to (x, y)."""
    room = width / 2 + 2
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    rows = slice(max(0, int(top - room)), max(0, int(bottom + room) + 1))
    columns = slice(max(0, int(left - room)), max(0, int(right + room) + 1))
    part = canvas[rows, columns]
    if not part.size:
        return
    y, x = np.ogrid[
        rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]
    ]
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-9)
    along = np.clip(along, 0, 1)
    away = np.hypot(x - start[0] - along * dx, y - start[1] - along * dy)
    np.maximum(part, np.clip(width / 2 + 0.5 - away, 0, 1), out=part)
