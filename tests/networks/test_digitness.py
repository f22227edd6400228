"""digitness: a second answer, whether an image shows a digit at all."""

import numpy as np
import pytest

from mnistcli.networks import digitness

RNG = np.random.default_rng(0)


def described(images):
    """Features that any network could have: 49 means of 4 x 4 pixels; all are read as a 3."""
    means = images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)
    answers = np.zeros((len(images), 10), np.float32)
    answers[:, 3] = 1
    return means.astype(np.float32), answers


def test_the_sheet_holds_digits_and_what_is_none():
    digits, others = digitness.strokes()
    assert len(digits) == digitness.DIGITS
    assert len(others) > 5000
    assert digits.shape[1:] == others.shape[1:] == (28, 28)
    assert all(
        images.max() >= 240 and images[:100].any(axis=(1, 2)).all() for images in (digits, others)
    )


def test_what_is_none_is_told_from_digits_and_few_digits_are_doubted():
    digits, others = digitness.strokes()
    found = digitness.fit(described, digits[:1000])
    features, probabilities = described(np.concatenate([digits, others]))
    none = found.logits(features, probabilities.argmax(axis=1)) > 0
    assert none[: len(digits)].mean() < 0.01
    assert none[len(digits) :].mean() > 5 * none[: len(digits)].mean()


def test_the_same_images_give_the_same_discriminant():
    digits, _ = digitness.strokes()
    first, second = (digitness.fit(described, digits[:500]) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.biases, second.biases)


def test_weights_do_not_depend_on_their_last_bits():
    rounded = digitness._rounded(np.array([1.0, 1.0 + 1e-9, -0.1, 0.0]))
    assert rounded[0] == rounded[1] == 1
    assert rounded[2] == pytest.approx(-0.1, rel=1e-3)
    assert rounded[3] == 0
