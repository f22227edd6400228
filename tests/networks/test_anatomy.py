"""What a network is made of, counted."""

import keras
import pytest

from mnistcli.networks import anatomy
from mnistcli.networks.catalogue import cnn, mlp


def test_the_books_network_layer_by_layer():
    rows = anatomy.layers(mlp())
    assert [(row.kind, row.output, row.parameters) for row in rows] == [
        ("Rescaling", (28, 28), 0),
        ("Flatten", (784,), 0),
        ("Dense", (512,), 401_920),
        ("Dense", (10,), 5_130),
    ]
    assert rows[2].flops == 2 * 784 * 512 + 512


@pytest.mark.parametrize("build", [mlp, cnn])
def test_parameters_add_up(build):
    network = build()
    assert sum(row.parameters for row in anatomy.layers(network)) == network.count_params()


def test_layers_inside_of_other_models_are_listed_and_what_is_outside_of_layers_is_counted():
    inner = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(4)])
    images = keras.Input((28, 28))
    outer = keras.Model(images, keras.layers.Dense(10, activation="softmax")(inner(images) * 2.0))
    rows = anatomy.layers(outer)
    assert [row.kind for row in rows] == ["Flatten", "Dense", "Dense", "Functional"]
    assert rows[-1].flops == 4


@pytest.mark.parametrize(
    ("network", "compiled"),
    [
        (lambda: mlp((64, 32), "tanh", 0.5, 0.1), True),
        (cnn, False),
        (lambda: keras.Sequential([keras.Input((28, 28)), keras.layers.LSTM(4)]), False),
    ],
)
def test_xla_is_for_what_it_makes_faster(network, compiled):
    assert anatomy.compiles(network()) is compiled


def test_counting_leaves_the_layers_as_they_were():
    network = mlp()
    anatomy.layers(network)
    assert all("call" not in vars(layer) for layer in network.layers)
