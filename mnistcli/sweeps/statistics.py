"""What a few seeds allow to be said: Student's t, paired by seed. Pure functions of numbers.

W. S. Gosset ("Student"), "The probable error of a mean", Biometrika 6, 1908; the incomplete beta
function by its continued fraction, as in Press et al., "Numerical Recipes", 6.4.
"""

import bisect
import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
POWER = 0.8
"""How likely so many seeds are to show a difference that is as large as it seems to be now."""
MOST = 1000
"""Seeds that anyone would train."""
PRECISION = 1e-15  # of the continued fraction
TERMS = 1000  # of it, at most: a few dozen are enough
TWO = 2  # values have a spread


@dataclass(frozen=True)
class Sample:
    """Mean and standard deviation of n values; nan where there are too few."""

    n: int
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        """Return those of these values; the deviation is that of a sample, by n - 1."""
        return cls(
            len(values),
            statistics.fmean(values) if values else math.nan,
            statistics.stdev(values) if len(values) >= TWO else math.nan,
        )


@dataclass(frozen=True)
class Difference:
    """What n pairs say of the mean difference between two settings."""

    n: int
    mean: float
    low: float
    high: float
    """Bounds of its 95 % interval; nan from fewer than two pairs."""
    p: float
    """How likely a mean as far from 0 would be if there were no difference."""
    needed: int | None
    """Pairs that would do to tell it from 0; None: more than MOST."""

    @property
    def told(self) -> bool:
        """Whether 0 is outside the interval."""
        return self.low > 0 or self.high < 0


def paired(differences: Sequence[float]) -> Difference:
    """Return what the differences of pairs say: Student's t with n - 1 degrees of freedom."""
    sample = Sample.of(differences)
    if sample.n < TWO:
        return Difference(sample.n, sample.mean, math.nan, math.nan, math.nan, None)
    error = sample.deviation / math.sqrt(sample.n)
    half = quantile(0.5 + CONFIDENCE / 2, sample.n - 1) * error
    return Difference(
        sample.n,
        sample.mean,
        sample.mean - half,
        sample.mean + half,
        2 * cumulative(-abs(sample.mean) / error, sample.n - 1)
        if error
        else float(not sample.mean),
        needed(sample.mean, sample.deviation),
    )


def needed(mean: float, deviation: float) -> int | None:
    """Return how many pairs would tell such a difference from 0, four times in five.

    The least n with |mean| >= (t(0.975) + t(0.8)) deviation / sqrt(n); None above MOST.
    """

    def enough(n: int) -> bool:
        t = quantile(0.5 + CONFIDENCE / 2, n - 1) + quantile(POWER, n - 1)
        return abs(mean) * math.sqrt(n) >= t * deviation

    if mean == 0 or not enough(MOST):
        return None
    return bisect.bisect_left(range(MOST), True, lo=TWO, key=enough)


def cumulative(t: float, freedom: int) -> float:
    """Return the probability that Student's t with so many degrees of freedom is below `t`."""
    tail = _beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2
    return 1 - tail if t > 0 else tail


@functools.cache
def quantile(probability: float, freedom: int) -> float:
    """Return the t, at least 0, that Student's t stays below with this probability (from 0.5)."""
    low, high = 0.0, 1.0
    while cumulative(high, freedom) < probability:
        high *= 2
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if cumulative(middle, freedom) < probability else (low, middle)
    return high


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b), x in [0, 1]."""
    if x in (0, 1):
        return x
    if x > (a + 1) / (a + b + TWO):  # where the fraction of the other side converges sooner
        return 1 - _beta(b, a, 1 - x)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x)
    front = math.exp(log + b * math.log1p(-x)) / a
    # Lentz's method, from the first term on.
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return front * fraction
