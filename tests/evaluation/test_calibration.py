"""Temperature and calibration error."""

import numpy as np
import pytest

from mnistcli.evaluation.calibration import COLDEST, fit_temperature
from mnistcli.evaluation.metrics import expected_calibration_error


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.fixture
def drawn():
    """Logits, and labels that were drawn from their softmax."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (20_000, 10))
    labels = np.array([rng.choice(10, p=p) for p in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_logits_were_divided_by_is_found_again(drawn, temperature):
    logits, labels = drawn
    assert fit_temperature(softmax(logits * temperature), labels) == pytest.approx(
        temperature, rel=0.03
    )


def test_probabilities_of_zero_and_a_perfect_score_leave_the_temperature_in_its_range():
    perfect = np.eye(10, dtype=np.float32)
    assert fit_temperature(perfect, np.arange(10)) == pytest.approx(COLDEST, rel=0.01)


def test_true_probabilities_have_a_small_calibration_error(drawn):
    logits, labels = drawn
    assert expected_calibration_error(softmax(logits), labels) < 0.01


def test_always_sure_and_half_the_time_right_is_an_error_of_a_half():
    sure = np.zeros((4, 10))
    sure[:, 3] = 1
    assert expected_calibration_error(sure, np.array([3, 3, 1, 2])) == 0.5
