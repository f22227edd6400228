"""Losses and metrics by name: each is Keras's, and a sum over images however they are cut."""

import numpy as np
import pytest

from mnistcli.choices import ACTIVATIONS, LOSSES, METRICS
from mnistcli.networks import model, objectives
from mnistcli.networks.catalogue import configure
from mnistcli.networks.framework import keras

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, 90).astype(np.uint8)
LOGITS = RNG.normal(size=(90, 10)) + 2 * np.eye(10)[LABELS]
PROBABILITIES = (np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_of_parts_adds_up_to_that_of_the_whole(name):
    whole = objectives.Measure(name, 10)
    whole.update(LABELS, PROBABILITIES)
    sums = [0.0] * len(whole.variables)
    for part in (slice(0, 13), slice(13, 50), slice(50, 90)):
        each = objectives.Measure(name, 10)
        each.update(LABELS[part], PROBABILITIES[part])
        sums = [s + np.asarray(v) for s, v in zip(sums, each.variables, strict=True)]
    for expected, found in zip(whole.variables, sums, strict=True):
        assert found == pytest.approx(np.asarray(expected), rel=1e-5, abs=1e-5)
    assert np.ndim(whole.result()) == 0


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_keras_own_mean_over_images(name):
    network = model.build(configure(hidden=(), loss=name), 1000)
    targets = objectives.targets(name, LABELS, 10)
    whole = float(network.compute_loss(None, targets, PROBABILITIES))
    parts = (slice(0, 30), slice(30, 90))
    halves = [
        float(network.compute_loss(None, objectives.targets(name, LABELS[p], 10), PROBABILITIES[p]))
        for p in parts
    ]
    assert (halves[0] + 2 * halves[1]) / 3 == pytest.approx(whole, rel=1e-5)
    more = {"q": 0.5} if name == "categorical_generalized_cross_entropy" else {}
    expected = getattr(keras.losses, name)(targets, PROBABILITIES, **more)
    assert whole == pytest.approx(float(np.mean(expected)), rel=1e-5)


def test_every_metric_and_loss_of_keras_is_listed_or_has_a_reason_why_not():
    from mnistcli.choices import UNSUITABLE

    of_keras = {name for name in vars(keras.losses) if name.islower() and name[0] != "_"}
    assert of_keras - {"get", "serialize", "deserialize"} <= {*LOSSES, *UNSUITABLE}


def test_labels_become_one_hot_only_where_they_have_to():
    assert objectives.targets("sparse_categorical_crossentropy", LABELS, 10) is LABELS
    assert np.asarray(objectives.targets("mean_squared_error", LABELS, 10)).shape == (90, 10)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mean_squared_error"])
def test_the_compiled_model_measures_in_plain_keras_what_fits_its_labels(loss):
    metric = ("f1_score", "sparse_categorical_accuracy")
    network = model.build(configure(hidden=(), loss=loss, metric=metric), 1000)
    images = RNG.integers(0, 256, (90, 28, 28)).astype(np.uint8)
    found = network.evaluate(
        images, np.asarray(objectives.targets(loss, LABELS, 10)), verbose=0, return_dict=True
    )
    fitting = "sparse_categorical_accuracy" if loss.startswith("sparse") else "f1_score"
    assert set(found) == {"loss", "accuracy", fitting}


UNLIKE = ("gelu", "sparse_plus", "tanh")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in UNLIKE else pytest.mark.long) for n in ACTIVATIONS],
)
def test_every_activation_makes_a_network_that_litert_can_have(name):
    network = model.build(configure(hidden=(8,), activation=name), 1000)
    images = RNG.integers(0, 256, (4000, 28, 28)).astype(np.uint8)[:40]
    assert model.to_litert(network, images)
