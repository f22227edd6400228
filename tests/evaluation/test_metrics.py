"""Labels and probabilities to figures, against formulas in plain Python."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistcli.evaluation.metrics import cross_entropy, measure, wilson_interval

ROUNDING = 1e-12  # of a few operations in double precision


@pytest.fixture(scope="module")
def example():
    """Probabilities and labels of 300 images; digit 9 is never shown, and 3 never read."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(10), 300).astype(np.float32)
    probabilities[:, 3] = 0
    return probabilities, rng.integers(0, 9, 300).astype(np.uint8)


@pytest.fixture(scope="module")
def metrics(example):
    return measure(*example)


@pytest.fixture(scope="module")
def pairs(example):
    """(label, what was read) of each image."""
    probabilities, labels = (array.tolist() for array in example)
    read = [max(range(10), key=row.__getitem__) for row in probabilities]
    return list(zip(labels, read, strict=True))


def test_n_is_the_number_of_images(metrics):
    assert metrics.n == 300


def test_accuracy_is_the_fraction_read_right(metrics, pairs):
    assert metrics.accuracy == sum(label == read for label, read in pairs) / 300


def test_loss_is_the_mean_of_minus_log_of_the_labels_probability(metrics, example):
    probabilities, labels = (array.tolist() for array in example)
    losses = [
        -math.log(min(max(row[label], 1e-7), 1 - 1e-7))
        for row, label in zip(probabilities, labels, strict=True)
    ]
    assert metrics.loss == pytest.approx(sum(losses) / 300, rel=ROUNDING)


def test_loss_of_a_certain_mistake_is_finite():
    certain = np.eye(10, dtype=np.float32)[[0]]
    assert cross_entropy(certain, np.array([1], np.uint8)) == pytest.approx(-math.log(1e-7))


@pytest.mark.parametrize("digit", range(10))
def test_precision_is_the_fraction_right_of_what_was_read_as_the_digit(metrics, pairs, digit):
    labels = [label for label, read in pairs if read == digit]
    expected = labels.count(digit) / len(labels) if labels else 0
    assert metrics.per_class[digit].precision == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("digit", range(10))
def test_recall_is_the_fraction_right_of_what_shows_the_digit(metrics, pairs, digit):
    reads = [read for label, read in pairs if label == digit]
    expected = reads.count(digit) / len(reads) if reads else 0
    assert metrics.per_class[digit].recall == pytest.approx(expected, abs=ROUNDING)


def test_f1_is_the_harmonic_mean_of_precision_and_recall(metrics):
    for each in metrics.per_class:
        total = each.precision + each.recall
        expected = 2 * each.precision * each.recall / total if total else 0
        assert each.f1 == pytest.approx(expected, abs=ROUNDING)


def test_support_counts_the_images_of_each_digit(metrics, pairs):
    labels = [label for label, _ in pairs]
    assert [each.support for each in metrics.per_class] == [labels.count(k) for k in range(10)]
    assert metrics.per_class[9].support == 0


def test_classes_stand_in_the_order_of_the_digits(metrics):
    assert [each.label for each in metrics.per_class] == list(range(10))


def test_confusion_counts_label_by_row_and_reading_by_column(metrics, pairs):
    expected = [[pairs.count((label, read)) for read in range(10)] for label in range(10)]
    assert metrics.confusion_matrix.tolist() == expected


def test_one_image_is_enough():
    metrics = measure(np.eye(10, dtype=np.float32)[[7]], np.array([7], np.uint8))
    assert (metrics.n, metrics.accuracy) == (1, 1.0)


# From Wilson's formula by hand: n = 10, p = 8/10.
def test_the_interval_of_8_in_10_is_the_published_one():
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_ends_where_the_score_test_just_rejects(counts):
    right, n = counts
    for bound in wilson_interval(right, n):
        # |p - bound| = z * sqrt(bound (1 - bound) / n), which is how Wilson defines the interval
        distance = float((Fraction(right, n) - Fraction(bound)) ** 2)
        assert distance == pytest.approx(
            1.959963984540054**2 * bound * (1 - bound) / n, rel=1e-6, abs=1e-12
        )


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_accuracy_and_stays_within_0_and_1(counts):
    right, n = counts
    low, high = wilson_interval(right, n)
    assert 0 <= low <= right / n <= high <= 1
