"""The registry of networks."""

import numpy as np
import pytest

from mnistcli.choices import OPTIMIZERS, SCHEDULES
from mnistcli.networks.catalogue import NETWORKS
from mnistcli.networks.framework import keras

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.float32)


@pytest.fixture(params=list(NETWORKS))
def network(request):
    return NETWORKS[request.param]


def test_the_books_network_has_407_050_parameters():
    assert NETWORKS["mlp"].build().count_params() == 407_050


def test_raw_pixels_give_ten_probabilities(network):
    probabilities = network.build()(PIXELS).numpy()
    assert probabilities.shape == (3, 10)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_the_last_layer_is_dense_so_that_its_logits_can_be_scaled(network):
    last = network.build().layers[-1]
    assert isinstance(last, keras.layers.Dense)
    assert last.activation is keras.activations.softmax


def test_every_layer_is_built_into_keras(network):
    for layer in network.build().layers:
        assert getattr(keras.layers, type(layer).__name__) is type(layer)


def test_defaults_are_choices_a_user_could_make(network):
    assert network.optimizer in OPTIMIZERS
    assert network.schedule in SCHEDULES
    assert network.epochs >= 1
    assert network.temperature > 0
