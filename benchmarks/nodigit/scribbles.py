"""What means nothing: a pen that is tried, something crossed out, a child's line."""

from collections.abc import Callable

import numpy as np

from nodigit.hand import Mask, Way, curved, ink, straight, varied

HEAVIEST = 0.11  # pen: a heavier one fills a scribble


def scribble(rng: np.random.Generator) -> Mask:
    """Draw any scribble."""
    ways = KINDS[int(rng.integers(len(KINDS)))](rng)
    return ink(varied(ways, rng), rng, HEAVIEST)


def wander(rng: np.random.Generator) -> list[Way]:
    """Let a few slow waves move the pen, across and down, for long."""
    t = np.linspace(0, 1, 260)
    way = np.zeros((len(t), 2))
    for _ in range(4):
        often, phase = rng.uniform(1.2, 4.5, 2), rng.uniform(0, 2 * np.pi, 2)
        way += rng.uniform(0.1, 0.3, 2) * np.sin(2 * np.pi * often * t[:, None] + phase)
    return [way]


def hatching(rng: np.random.Generator) -> list[Way]:
    """Draw strokes beside each other, sometimes others across them."""
    ways = []
    for turn in rng.uniform(0, np.pi, int(rng.integers(1, 3))):
        n = int(rng.integers(4, 8))
        ends = np.stack([np.linspace(0, 1, n), np.zeros(n)], axis=1)
        for i, end in enumerate(ends):
            way = np.array([end, end + np.array([0, 1])]) + rng.normal(0, 0.06, (2, 2)) - 0.5
            cos, sin = np.cos(turn), np.sin(turn)
            ways.append(straight(way @ np.array([(cos, sin), (-sin, cos)])) * (1 if i else 0.9))
    return ways


def there_and_back(rng: np.random.Generator) -> list[Way]:
    """Rub the pen to and fro without lifting it."""
    n = int(rng.integers(8, 16))
    side = np.where(np.arange(n) % 2, -0.5, 0.5) * rng.uniform(0.6, 1.1, n)
    along = np.linspace(-0.5, 0.5, n) * rng.uniform(0.5, 1.5) + rng.normal(0, 0.04, n)
    points = np.stack([along, side] if rng.random() < TURNED else [side, along], axis=1)
    return [(curved if rng.random() < TURNED else straight)(points)]


def crossing(rng: np.random.Generator) -> list[Way]:
    """Throw straight strokes over each other."""
    n = int(rng.integers(4, 8))
    return [straight(rng.uniform(-0.5, 0.5, (2, 2)) * 1.2) for _ in range(n)]


def rounds(rng: np.random.Generator) -> list[Way]:
    """Go round several times, each time elsewhere."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(3.5, 6), 300)
    size = 0.35 + 0.2 * np.sin(t * rng.uniform(0.3, 0.7) + rng.uniform(0, 6))
    drift = np.outer(t, rng.normal(0, 0.06, 2))
    return [np.stack([size * np.cos(t), size * rng.uniform(0.5, 1.1) * np.sin(t)], axis=1) + drift]


def knots(rng: np.random.Generator) -> list[Way]:
    """Join points that lie anywhere, with corners or without."""
    n = int(rng.integers(9, 15))
    return [(curved if rng.random() < TURNED else straight)(rng.uniform(-0.5, 0.5, (n, 2)))]


def script(rng: np.random.Generator) -> list[Way]:
    """Write as if it were words: loops and waves along a line."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 5), 300)
    x = t * rng.uniform(0.07, 0.14) - rng.uniform(0.05, 0.25) * np.sin(t + rng.uniform(0, 6))
    high = 0.3 + 0.15 * np.sin(t * rng.uniform(0.2, 0.7) + rng.uniform(0, 6))
    return [np.stack([x, high * np.cos(t)], axis=1)]


TURNED = 0.5  # share of scribbles that lie, or are round

KINDS: tuple[Callable[[np.random.Generator], list[Way]], ...] = (
    wander, hatching, there_and_back, crossing, rounds, knots, script,
)  # fmt: skip
