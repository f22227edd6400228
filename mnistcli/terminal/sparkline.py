"""A curve in a line of text."""

import math
from collections.abc import Sequence

LEVELS = "▁▂▃▄▅▆▇█"
WIDTH = 40  # characters; more epochs than that share them


def sparkline(values: Sequence[float | None], low: float, high: float) -> str:
    """Return the values as blocks, one a value, `low` the lowest block and `high` the highest.

    More than WIDTH values are thinned out evenly, the last one kept. What is None or no number
    is left blank.
    """
    if len(values) > WIDTH:
        step = (len(values) - 1) / (WIDTH - 1)
        values = [values[round(place * step)] for place in range(WIDTH)]
    return "".join(_block(value, low, high) for value in values)


def bounds(*curves: Sequence[float | None]) -> tuple[float, float]:
    """Return the least and greatest number of several curves, so that they share a scale."""
    numbers = [v for curve in curves for v in curve if v is not None and math.isfinite(v)]
    return (min(numbers), max(numbers)) if numbers else (0.0, 0.0)


def _block(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    share = (value - low) / (high - low) if high > low else 0.0
    return LEVELS[min(int(share * len(LEVELS)), len(LEVELS) - 1)]
