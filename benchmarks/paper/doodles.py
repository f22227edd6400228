"""What is no digit: capitals that are no digit's twin, and scribbles, as people draw them.

Ways of the pen are lists of polylines, each (points, 2), x right and y down, 1 the height of a
capital. None of them is drawn like those that `benchmarks/no_digits.py` draws to train with.
"""

import itertools
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from paper.furniture import Printed, nothing, ruled_narrow, ruled_wide
from paper.layout import Hand, Placed, gather
from paper.light import any_light
from paper.pen import Bytes, Floats, crop

Way = NDArray[np.float64]

#: Strokes by their points, 100 to the height; a stroke that begins with ~ is curved. The second
#: shape is what others write.
LETTERS: dict[str, tuple[str, ...]] = {
    "A": (
        "0,100 38,0 76,100 / 14,64 62,64",
        "~0,100 4,40 32,0 62,10 66,50 68,100 / 2,58 68,58",
    ),
    "C": ("~68,16 40,0 8,22 0,55 14,90 42,100 70,84", "~60,8 30,4 4,30 6,78 34,98 62,90"),
    "E": (
        "60,0 0,0 0,100 62,100 / 0,48 50,48",
        "~58,12 28,0 8,18 20,42 40,46 / ~40,46 10,54 2,82 28,100 62,88",
    ),
    "F": ("0,0 0,100 / 0,0 60,0 / 0,46 46,46", "66,-2 6,4 0,100 / -10,52 44,46"),
    "H": ("0,0 0,100 / 64,0 64,100 / 0,50 64,50", "8,0 0,100 / 70,2 58,98 / -6,60 70,42"),
    "J": ("~50,0 50,70 38,98 14,98 0,78", "20,0 80,0 / ~50,0 50,72 36,98 12,96 0,78"),
    "K": ("0,0 0,100 / 60,0 2,56 / 18,44 64,100", "0,0 0,100 / 58,4 4,50 60,98"),
    "M": (
        "0,100 6,0 44,70 80,0 88,100",
        "~0,100 4,20 22,2 40,30 42,96 / ~42,96 44,30 62,2 82,20 84,100",
    ),
    "N": ("0,100 0,0 62,100 62,0", "0,4 4,100 / ~4,40 30,4 58,20 62,100"),
    "P": ("0,0 0,100 / ~0,4 40,0 60,24 40,50 2,54", "6,8 2,100 / ~-14,12 30,-4 64,18 46,48 4,56"),
    "R": (
        "0,0 0,100 / ~0,4 40,0 60,24 40,50 2,54 / 20,54 64,100",
        "4,4 0,100 / ~-10,8 34,-4 58,20 38,46 6,52 / ~6,52 30,70 72,96",
    ),
    "T": ("0,0 70,0 / 35,0 35,100", "~0,8 30,0 74,2 / 38,2 32,100"),
    "U": ("~0,0 2,70 20,98 46,96 62,66 64,0", "~0,0 0,70 22,98 50,88 62,60 / 62,0 64,100"),
    "V": ("0,0 36,100 70,0", "~0,6 14,30 34,98 50,50 74,0"),
    "W": (
        "0,0 24,100 46,30 68,100 92,0",
        "~0,4 4,70 22,96 42,70 46,30 / ~46,30 50,76 70,96 88,60 92,2",
    ),
    "X": ("0,0 64,100 / 64,0 0,100", "~0,8 20,30 44,74 68,94 / ~66,2 40,40 20,70 -4,100"),
    "Y": ("0,0 34,48 / 68,0 34,48 34,100", "0,0 36,50 / 72,0 10,100"),
}


LETTER_PENS, SCRIBBLE_PENS = (0.05, 0.14), (0.03, 0.08)

#: How often the pen swings across and down: seldom enough to see, and no 0 and no 8.
KNOTS = ((3, 4), (5, 4), (5, 6), (7, 5), (4, 5), (5, 3), (3, 5), (7, 6))


def letter(name: str, shape: int, rng: np.random.Generator) -> list[Way]:
    """Write a capital in one of its shapes, a little differently every time."""
    ways = []
    for stroke in LETTERS[name][shape].split("/"):
        points = [tuple(map(float, p.split(","))) for p in stroke.strip().lstrip("~").split()]
        way = np.array(points) / 100 + rng.normal(0, 0.025, (len(points), 2))
        ways.append(_curve(way) if stroke.strip().startswith("~") else _hand_drawn(way, rng))
    return _leaning(ways, rng)


def loops(rng: np.random.Generator) -> list[Way]:
    """Go round and round: a Lissajous figure."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(0.9, 1), 400)
    a, b = KNOTS[int(rng.integers(len(KNOTS)))]
    x, y = np.sin(a * t + rng.uniform(0, 3)), np.sin(b * t)
    return _leaning([np.stack([x * rng.uniform(0.3, 0.5), y * 0.5], axis=1)], rng)


def zigzag(rng: np.random.Generator) -> list[Way]:
    """Go up and down, from left to right."""
    n = int(rng.integers(7, 13))
    x = np.arange(n) * rng.uniform(0.1, 0.18)
    y = np.where(np.arange(n) % 2, 0.0, rng.uniform(0.5, 1)) + rng.normal(0, 0.08, n)
    return _leaning([_hand_drawn(np.stack([x, y], axis=1), rng)], rng)


def blot(rng: np.random.Generator) -> list[Way]:
    """Cross something out until nobody can read it."""
    n = int(rng.integers(12, 20))
    x = np.where(np.arange(n) % 2, 0.0, 0.8) + rng.normal(0, 0.08, n)
    y = np.linspace(0, rng.uniform(0.4, 0.8), n) + rng.normal(0, 0.05, n)
    other = np.stack([np.linspace(0, 0.8, 8), rng.uniform(0, 0.7, 8)], axis=1)
    return _leaning([_curve(np.stack([x, y], axis=1)), _curve(other)], rng)


def spiral(rng: np.random.Generator) -> list[Way]:
    """Turn from the middle outwards, three times or more."""
    turns = rng.uniform(3, 4.5)
    t = np.linspace(0, 2 * np.pi * turns, 300) * rng.choice([-1, 1])
    r = np.linspace(0.03, 0.5, 300)
    return _leaning([np.stack([r * np.cos(t + 1), r * np.sin(t + 1)], axis=1)], rng)


def tangle(rng: np.random.Generator) -> list[Way]:
    """Let a line go anywhere, for long."""
    return [_curve(rng.uniform(0, 1, (int(rng.integers(12, 18)), 2)))]


def coil(rng: np.random.Generator) -> list[Way]:
    """Draw loops in a row, as one tries a pen."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(3.5, 6), 400)
    x = t * rng.uniform(0.05, 0.09) + 0.3 * np.cos(t)
    y = 0.5 * np.sin(t) + 0.02 * np.cumsum(rng.normal(0, 0.1, 400))
    return _leaning([np.stack([x, y], axis=1)], rng)


def burst(rng: np.random.Generator) -> list[Way]:
    """Draw many strokes through one point."""
    turns = np.arange(n := int(rng.integers(4, 7))) * np.pi / n + rng.normal(0, 0.1, n)
    ways = []
    for turn in turns:
        reach = rng.uniform(0.3, 0.55, 2)
        ends = np.outer([-reach[0], reach[1]], [np.cos(turn), np.sin(turn)])
        ways.append(_hand_drawn(ends + rng.normal(0, 0.02, 2), rng))
    return ways


SCRIBBLES: dict[str, Callable[[np.random.Generator], list[Way]]] = {
    each.__name__: each for each in (loops, zigzag, blot, spiral, tangle, coil, burst)
}


def picture(ways: Sequence[Way], pens: tuple[float, float], rng: np.random.Generator) -> Bytes:
    """Draw with a pen of a width within `pens`, in heights, on plain paper or, one time in four, on ruled paper."""
    height = rng.uniform(70, 170)
    pen = max(1.0, rng.uniform(*pens) * height)
    ink = ink_of(ways, height, pen)
    none = np.zeros((0, 28, 28), np.uint8)
    hand = Hand(none, none[:, 0, 0], rng, height, pen)
    writing = gather(hand, [[Placed(ink, 0, -ink.shape[0])]], [""], [0.0])
    paper = (nothing, nothing, nothing, nothing, nothing, nothing, ruled_narrow, ruled_wide)
    printed: list[Printed] = paper[int(rng.integers(len(paper)))](writing, rng)
    return any_light(writing.ink, printed, rng)


def ink_of(ways: Sequence[Way], height: float, pen: float) -> Floats:
    """Draw polylines (1 = `height` pixels) with a round pen: coverage, cropped."""
    fine = 4
    room = round(fine * pen) + fine
    least = np.min([way.min(axis=0) for way in ways], axis=0)
    placed = [np.round((way - least) * height * fine + room).astype(np.int32) for way in ways]
    right, bottom = np.max([way.max(axis=0) for way in placed], axis=0) + room
    canvas = np.zeros((int(bottom), int(right)), np.uint8)
    cv2.polylines(canvas, placed, False, 255, max(1, round(fine * pen)))
    size = (-(-canvas.shape[1] // fine), -(-canvas.shape[0] // fine))
    ink = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return crop(np.asarray(ink, np.float32))


def _curve(points: Way) -> Way:
    """Return a smooth way through points: Catmull and Rom's spline."""
    ends = np.concatenate([points[:1] * 2 - points[1:2], points, points[-1:] * 2 - points[-2:-1]])
    t = np.linspace(0, 1, 16)[:, None]
    parts = []
    for a, b, c, d in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True):
        bend = (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        parts.append(b + 0.5 * ((c - a) * t + bend))
    return np.concatenate(parts)


def _hand_drawn(points: Way, rng: np.random.Generator) -> Way:
    """Bend the straight lines between points a little, as a hand does."""
    parts = []
    t = np.linspace(0, 1, 16)[:, None]
    for a, b in itertools.pairwise(points):
        across = np.array([a[1] - b[1], b[0] - a[0]])
        parts.append(a + (b - a) * t + across * rng.normal(0, 0.03) * 4 * t * (1 - t))
    return np.concatenate(parts)


def _leaning(ways: Sequence[Way], rng: np.random.Generator) -> list[Way]:
    """Slant, turn and stretch all strokes together."""
    slant, turn = rng.normal(0.08, 0.12), rng.normal(0, 0.06)
    shape = np.array([(np.exp(rng.normal(0, 0.12)), -slant), (0, 1)])
    turned = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    return [way @ (turned @ shape).T for way in ways]
