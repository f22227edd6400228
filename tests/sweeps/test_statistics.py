"""Student's t, beside SciPy's."""

import random

import pytest
from scipy import stats

from mnistcli.sweeps import statistics as ours

FREEDOMS = (1, 2, 3, 4, 7, 29, 100, 999)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("t", [-60, -4.2, -1, -0.01, 0, 0.3, 2, 12, 300])
def test_the_distribution_is_scipys(freedom, t):
    assert ours.cumulative(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), rel=1e-9)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("probability", [0.5, 0.8, 0.975, 0.9999])
def test_its_quantiles_are_scipys(freedom, probability):
    expected = stats.t.ppf(probability, freedom)
    assert ours.quantile(probability, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_pairs_say_what_scipys_test_of_pairs_says(n):
    draw = random.Random(n)
    first = [draw.gauss(0.98, 0.002) for _ in range(n)]
    second = [draw.gauss(0.979, 0.002) for _ in range(n)]
    expected = stats.ttest_rel(first, second)
    interval = expected.confidence_interval(0.95)
    found = ours.paired([a - b for a, b in zip(first, second, strict=True)])
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_one_pair_has_no_interval():
    found = ours.paired([0.01])
    assert found.mean == 0.01
    assert found.low != found.low
    assert not found.told


def test_pairs_that_all_differ_by_the_same_leave_no_doubt():
    found = ours.paired([-0.25] * 3)
    assert (found.low, found.high, found.p, found.told) == (-0.25, -0.25, 0.0, True)


def test_pairs_that_do_not_differ_at_all():
    found = ours.paired([0.0] * 3)
    assert (found.low, found.high, found.p, found.told) == (0.0, 0.0, 1.0, False)
    assert found.needed is None


def test_as_many_pairs_as_would_do_find_the_difference_four_times_in_five():
    draw = random.Random(0)
    mean, deviation = 0.001, 0.0015
    enough = ours.needed(mean, deviation)
    assert 15 <= enough <= 25
    found = [
        ours.paired([draw.gauss(mean, deviation) for _ in range(enough)]).low > 0
        for _ in range(500)
    ]
    assert 0.74 < sum(found) / 500 < 0.86


def test_a_difference_that_no_seeds_would_show_says_so():
    assert ours.needed(1e-6, 0.01) is None


def test_a_sample_has_the_deviation_of_one():
    sample = ours.Sample.of([1.0, 2.0, 3.0])
    assert (sample.n, sample.mean, sample.deviation) == (3, 2.0, 1.0)
    assert ours.Sample.of([1.0]).deviation != ours.Sample.of([1.0]).deviation
