"""Letters and signs: the shapes of shapes.txt, as hands write them."""

import functools
from pathlib import Path

import numpy as np

from nodigit.hand import Mask, Way, ink, read_strokes, varied, ways_of

Strokes = list[tuple[Way, bool]]


@functools.cache
def shapes(kind: str) -> tuple[tuple[Strokes, ...], ...]:
    """Return the shapes of every `letter` or `sign`: for each name, those that it has."""
    found: dict[str, list[Strokes]] = {}
    text = Path(__file__).with_name("shapes.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith(kind):
            name, strokes = line.removeprefix(kind).strip().split("  ", maxsplit=1)
            found.setdefault(name, []).append(read_strokes(strokes))
    return tuple(tuple(each) for each in found.values())


def letter(rng: np.random.Generator) -> Mask:
    """Write any letter."""
    return _one("letter", rng)


def sign(rng: np.random.Generator) -> Mask:
    """Write any sign."""
    return _one("sign", rng)


def _one(kind: str, rng: np.random.Generator) -> Mask:
    names = shapes(kind)
    of_name = names[int(rng.integers(len(names)))]
    strokes = of_name[int(rng.integers(len(of_name)))]
    return ink(varied(ways_of(strokes, rng), rng), rng)
