"""Ways of the pen -> ink, differently every time. Lengths are in heights; x right, y down."""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Way = NDArray[np.float64]
Mask = NDArray[np.uint8]

HEIGHT = 120  # pixels of ink for one height
JITTER = 0.03  # spread of a point
BEND = 0.13  # spread of each quadratic term by which the plane is bent
ASPECT, SLANT, TURN = 0.2, (0.08, 0.2), 0.09  # spreads; people lean to the right
PEN, PEN_SPREAD = 0.105, 0.35  # median width; spread of its logarithm
THINNEST, THICKEST = 0.04, 0.2
PRESSURE = 0.12  # spread of the relative change of width along a stroke
STEPS = 12  # of a stroke from point to point
ROUGH = 18  # spread of the noise that frays edges, in grey levels


def read_strokes(text: str) -> list[tuple[Way, bool]]:
    """Read strokes "x,y x,y / x,y ...", 100 to the height; those that begin with ~ are curved."""
    strokes = []
    for stroke in text.split("/"):
        points = [point.split(",") for point in stroke.replace("~", " ").split()]
        strokes.append((np.array(points, dtype=np.float64) / 100, "~" in stroke))
    return strokes


def ways_of(strokes: Sequence[tuple[Way, bool]], rng: np.random.Generator) -> list[Way]:
    """Let a hand go through the points, not quite."""
    return [
        (curved if round_ else straight)(points + rng.normal(0, JITTER, points.shape))
        for points, round_ in strokes
    ]


def curved(points: Way) -> Way:
    """Return a smooth way through points: Catmull and Rom's spline."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, STEPS)[:, None]
    return np.concatenate(
        [
            b
            + 0.5
            * ((c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            for a, b, c, d in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True)
        ]
    )


def straight(points: Way) -> Way:
    """Return the way from point to point."""
    t = np.linspace(0, 1, STEPS)[:, None]
    return np.concatenate([a + (b - a) * t for a, b in itertools.pairwise(points)])


def varied(ways: Sequence[Way], rng: np.random.Generator) -> list[Way]:
    """Bend, stretch, slant and turn the plane under all ways."""
    middle = np.concatenate(ways).mean(axis=0)
    bend = rng.normal(0, BEND, (3, 2))
    shape = np.array([(np.exp(rng.normal(0, ASPECT)), -rng.normal(*SLANT)), (0, 1)])
    turn = rng.normal(0, TURN)
    turned = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    found = []
    for way in ways:
        x, y = (way - middle).T
        bent = way - middle + np.stack([x * x, x * y, y * y], axis=1) @ bend
        found.append(bent @ (turned @ shape).T)
    return found


def ink(ways: Sequence[Way], rng: np.random.Generator, heaviest: float = THICKEST) -> Mask:
    """Draw along the ways with one pen, of a width that differs from hand to hand."""
    pen = float(np.clip(PEN * np.exp(rng.normal(0, PEN_SPREAD)), THINNEST, heaviest)) * HEIGHT
    room = round(1.5 * pen) + 6
    least = np.min([way.min(axis=0) for way in ways], axis=0)
    placed = [np.round((way - least) * HEIGHT + room).astype(np.int32) for way in ways]
    right, bottom = np.max([way.max(axis=0) for way in placed], axis=0) + room
    canvas = np.zeros((int(bottom), int(right)), np.uint8)
    for way in placed:
        swing = np.sin(np.linspace(0, rng.uniform(2, 6), len(way)) + rng.uniform(0, 6))
        widths = np.maximum(np.round(pen * (1 + PRESSURE * rng.normal() * swing)), 1).astype(int)
        for i in range(len(way) - 1):
            cv2.line(canvas, way[i].tolist(), way[i + 1].tolist(), 255, int(widths[i]))
    soft = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(1, 2.5))
    noise = cv2.GaussianBlur(rng.normal(0, 1, canvas.shape).astype(np.float32), (0, 0), 2.0)
    rough = soft + np.clip(noise * 7 * abs(rng.normal(0, ROUGH)), -70, 70)
    mask = (rough > rng.uniform(95, 150)).astype(np.uint8)
    return mask if mask.any() else (canvas > 0).astype(np.uint8)
