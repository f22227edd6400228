"""Stroke models of the ten digits: strokes.txt, read and made ready for drawing.

A style's drawings become matrices, so that a thousand hands are drawn at once: blending drawings,
wobbling their points and running the pen along the curve are each one product.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLES_PER_HEIGHT = 14  # dense enough that straight steps between samples look round in 20 pixels
FEWEST_SAMPLES = 5  # of a piece between two corners, however short

# Knots at equal distances overshoot where points lie close together; at distances of the chord
# length the pen swings wide after long chords. A power between the two looks like a hand.
KNOT_POWER = 0.75

# Points nearer than this along the stroke (in heights) wobble together: a hand errs smoothly.
WOBBLE_LENGTH = 0.45


@dataclass(frozen=True, eq=False)
class Style:
    """A way of writing a digit, lengths in heights of a digit, (x right, y down).

    `drawings` (d, k, 2) are its control points; `stroke` (k,) says which stroke each belongs to.
    `curve` (s, k) maps control points to samples of the pen's way, of which each stroke begins at
    one of `starts`. `wobble` (k, k) maps independent noise to noise of the same variance that is
    alike for neighbours on a stroke.
    """

    digit: int
    name: str
    share: float
    drawings: Floats
    stroke: NDArray[np.intp]
    curve: Floats
    starts: tuple[int, ...]
    wobble: Floats


@functools.cache
def styles(digit: int) -> tuple[Style, ...]:
    """Return the ways of writing a digit; their shares add up to 1."""
    folder = resources.files("mnistcli.datasets.synthetic")
    text = folder.joinpath("strokes.txt").read_text(encoding="utf-8")
    found = [entry for entry in _entries(text) if entry[0] == digit]
    total = sum(share for _, share, _, _ in found)
    return tuple(
        _prepare(digit, name, share / total, drawings) for _, share, name, drawings in found
    )


def _entries(text: str) -> Iterator[tuple[int, float, str, list[str]]]:
    """Yield digit, share, name and drawings of each style in the text."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    openings = [i for i, line in enumerate(lines) if not line[0].isspace()]
    for start, end in itertools.pairwise([*openings, len(lines)]):
        digit, share, name = lines[start].split(maxsplit=2)
        yield int(digit), float(share), name, lines[start + 1 : end]


def _parse(drawing: str) -> tuple[Floats, list[list[bool]]]:
    """Return a drawing's control points (k, 2), and for each stroke which of its are corners."""
    strokes = [stroke.split() for stroke in drawing.split("/")]
    points = [point.rstrip("*").split(",") for stroke in strokes for point in stroke]
    corners = [[point.endswith("*") for point in stroke] for stroke in strokes]
    return np.array(points, dtype=np.float64) / 100, corners


def _prepare(digit: int, name: str, share: float, drawings: list[str]) -> Style:
    parsed = [_parse(drawing) for drawing in drawings]
    controls = np.stack([points for points, _ in parsed])
    corners = parsed[0][1]
    middle = controls.mean(axis=0)
    stroke = np.repeat(np.arange(len(corners)), [len(flags) for flags in corners])

    rows: list[Floats] = []
    starts: list[int] = []
    first = 0
    for flags in corners:
        starts.append(sum(map(len, rows)))
        ends = [0, *(i for i in range(1, len(flags) - 1) if flags[i]), len(flags) - 1]
        for begin, end in itertools.pairwise(ends):
            piece = slice(first + begin, first + end + 1)
            basis = _curve_through(middle[piece])
            placed = np.zeros((len(basis), len(middle)))
            placed[:, piece] = basis
            # The corner itself is the last sample of the piece before.
            rows.append(placed if begin == 0 else placed[1:])
        first += len(flags)

    steps = np.linalg.norm(np.diff(middle, axis=0), axis=1)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    wobble = np.exp(-(((way[:, None] - way) / WOBBLE_LENGTH) ** 2) / 2)
    wobble *= stroke[:, None] == stroke
    wobble /= np.linalg.norm(wobble, axis=1, keepdims=True)
    return Style(digit, name, share, controls, stroke, np.concatenate(rows), tuple(starts), wobble)


def _curve_through(points: Floats) -> Floats:
    """Return the matrix (samples, k) from control points (k, 2) to a smooth curve through them."""
    chords = np.linalg.norm(np.diff(points, axis=0), axis=1)
    knots = np.concatenate([[0.0], np.cumsum(chords**KNOT_POWER)])
    samples = max(FEWEST_SAMPLES, int(np.ceil(chords.sum() * SAMPLES_PER_HEIGHT)))
    return natural_spline(knots, np.linspace(0.0, knots[-1], samples))


def natural_spline(knots: Floats, at: Floats) -> Floats:
    """Return the matrix (m, k) that maps values at k knots to the spline's values at m places.

    The natural cubic spline is linear in its values: Press et al., Numerical Recipes, section 3.3,
    equations 3.3.3, 3.3.4 and 3.3.7.
    """
    k = len(knots)
    h = np.diff(knots)
    inner = np.arange(1, k - 1)
    left, right = np.eye(k), np.zeros((k, k))  # left @ second derivatives = right @ values
    left[inner, inner - 1], left[inner, inner + 1] = h[:-1] / 6, h[1:] / 6
    left[inner, inner] = (h[:-1] + h[1:]) / 3
    right[inner, inner - 1], right[inner, inner + 1] = 1 / h[:-1], 1 / h[1:]
    right[inner, inner] = -1 / h[:-1] - 1 / h[1:]
    curvature = np.linalg.solve(left, right)

    j = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, k - 2)
    width = h[j]
    a, b = (knots[j + 1] - at) / width, (at - knots[j]) / width
    identity = np.eye(k)
    value = a[:, None] * identity[j] + b[:, None] * identity[j + 1]
    bend_a, bend_b = (a**3 - a) * width**2 / 6, (b**3 - b) * width**2 / 6
    spline: Floats = value + bend_a[:, None] * curvature[j] + bend_b[:, None] * curvature[j + 1]
    return spline
