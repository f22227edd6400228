"""How good predictions are: labels and probabilities to accuracy, loss, per class, confusion."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcli.classes import DIGITS

Z_95 = 1.959963984540054  # two-sided 95 % quantile of the standard normal distribution
BINS = 15  # of confidence, as in Guo et al. 2017
EPSILON = 1e-7  # keras.config.epsilon(): Keras clips probabilities there before the logarithm


@dataclass(frozen=True)
class ClassMetrics:
    """One class's precision, recall and F1, all in [0, 1], and how many images show it."""

    label: int
    precision: float
    recall: float
    f1: float
    support: int
    name: str


@dataclass(frozen=True)
class ConfidenceBin:
    """The n >= 1 images whose confidence falls into one bin: their means, both in [0, 1]."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class Metrics:
    """What a model scores on n labelled images."""

    n: int
    accuracy: float
    """Fraction right, in [0, 1]."""
    loss: float
    """Mean cross-entropy, in nats."""
    confidence_interval: tuple[float, float]
    """95 % interval of the accuracy."""
    expected_calibration_error: float
    """How far confidence and accuracy are apart on average, in [0, 1]."""
    per_class: tuple[ClassMetrics, ...]
    confusion_matrix: NDArray[np.int64]
    """(k, k): images of row's label that were read as column's class."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the labels."""
        return tuple(each.name for each in self.per_class)


def measure(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint8],
    classes: Sequence[str] = DIGITS,
) -> Metrics:
    """Return the metrics of probabilities (n, k) against labels (n,), n >= 1, of k classes."""
    n, k = probabilities.shape
    predicted = probabilities.argmax(axis=1)
    confusion = np.bincount(labels.astype(np.int64) * k + predicted, minlength=k**2)
    confusion = confusion.reshape(k, k)
    right = int(np.trace(confusion))
    return Metrics(
        n=n,
        accuracy=right / n,
        loss=cross_entropy(probabilities, labels),
        confidence_interval=wilson_interval(right, n),
        expected_calibration_error=expected_calibration_error(probabilities, labels),
        per_class=_per_class(confusion, classes),
        confusion_matrix=confusion,
    )


def cross_entropy(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the mean cross-entropy in nats of probabilities (n, k), clipped as Keras does."""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(of_label, EPSILON, 1 - EPSILON)).mean())


def expected_calibration_error(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8]
) -> float:
    """Return the mean gap between confidence and accuracy over BINS equal bins of confidence.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks",
    ICML 2017, equation 3.
    """
    return calibration_error(reliability(probabilities, labels))


def calibration_error(bins: Sequence[ConfidenceBin]) -> float:
    """Return the mean gap between confidence and accuracy over bins."""
    n = sum(each.n for each in bins)
    return math.fsum(abs(each.confidence - each.accuracy) * each.n for each in bins) / n


def reliability(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8]
) -> tuple[ConfidenceBin, ...]:
    """Return the bins, of BINS equal ones of confidence in [0, 1], that hold an image, in order."""
    return reliability_of(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)


def reliability_of(
    confidences: ArrayLike, rights: Sequence[bool] | NDArray[np.bool_]
) -> tuple[ConfidenceBin, ...]:
    """Return the bins of answers with these confidences, each right or not, in order."""
    confidence = np.asarray(confidences, np.float64)
    right = np.asarray(rights, np.float64)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    n = np.bincount(bins, minlength=BINS)
    claims = np.bincount(bins, weights=confidence, minlength=BINS)
    hits = np.bincount(bins, weights=right, minlength=BINS)
    return tuple(
        ConfidenceBin(float(claims[k] / n[k]), float(hits[k] / n[k]), int(n[k]))
        for k in np.flatnonzero(n)
    )


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion, right of n.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22 (1927).
    """
    p = right / n
    z2 = Z_95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # Rounding must not move a bound past p, nor past 0 or 1, where p itself may lie.
    return max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))


def _per_class(confusion: NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassMetrics, ...]:
    """Precision, recall and F1 of each class; 0 where the denominator is 0."""
    right = np.diag(confusion)
    predicted = confusion.sum(axis=0)
    support = confusion.sum(axis=1)
    precision = right / np.maximum(predicted, 1)
    recall = right / np.maximum(support, 1)
    f1 = 2 * right / np.maximum(predicted + support, 1)
    return tuple(
        ClassMetrics(k, float(precision[k]), float(recall[k]), float(f1[k]), int(support[k]), name)
        for k, name in enumerate(classes)
    )
