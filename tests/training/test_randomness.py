"""What a network draws at random follows from seed, epoch, step and group, and from nothing else."""

import numpy as np
import pytest
from test_loop import TRAIN, digest, digits, train, variables

from mnistcli.errors import NetworkError
from mnistcli.networks import model, objectives
from mnistcli.networks.catalogue import configure
from mnistcli.networks.framework import keras, tf
from mnistcli.training.fitting import graph, groups

DROPOUT = {"dropout": 0.5, "hidden": (32,), "batch_size": 100, "epochs": 2}


def network(*layers):
    """Return a compiled softmax regression with these layers before its last."""
    keras.utils.set_random_seed(0)
    stack = [keras.Input((28, 28)), keras.layers.Rescaling(1 / 255), *layers]
    last = [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    built = keras.Sequential([*stack, *last])
    built.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return built


def contribution(built, seeds):
    """Return a group's gradients for given seeds."""
    data = digits(32)
    call = groups.training_contribution(built, objectives.measures((), 10), 0.0).call
    values = groups.current_values(built)
    x, y = tf.cast(data.images, tf.float32), tf.constant(data.labels)
    seeds = tf.fill((len(groups.generators(built)), 2), seeds)
    return np.asarray(call(*values, seeds, x, y, 32).gradients[0])


RANDOM = {
    "dropout": lambda: [keras.layers.Dropout(0.5)],
    "noise": lambda: [keras.layers.GaussianNoise(0.5)],
    "noise of one seed": lambda: [keras.layers.GaussianNoise(0.5, seed=3)],
    "rotation": lambda: [
        keras.layers.Reshape((28, 28, 1)),
        keras.layers.RandomRotation(0.1),
    ],
}


@pytest.mark.parametrize("kind", RANDOM)
def test_what_a_group_draws_follows_from_its_seeds(kind):
    built = network(*RANDOM[kind]())
    first, again, other = (contribution(built, seeds) for seeds in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_each_step_and_each_group_has_seeds_of_its_own():
    config = configure(**DROPOUT)
    trainer = graph.Trainer(model.build(config, 300), TRAIN, config, tf.distribute.get_strategy())
    first, second = (trainer._begin(tf.constant(k, tf.int64))[2].numpy() for k in (1, 2))
    assert first.shape == (3, 2, 1, 2)  # steps, groups, generators
    assert len(np.unique(np.concatenate([first, second]).reshape(-1, 2), axis=0)) == 12


def test_a_run_with_dropout_is_repeated_and_goes_on_from_any_epoch_to_the_bit():
    at_once = DROPOUT | {"batch_size": 512}  # one step, thus one graph to trace
    whole, _ = train(**at_once)
    halfway, _ = train(**(at_once | {"epochs": 1}))
    again, _ = train(network=halfway, first_epoch=2, **at_once)
    assert digest(variables(again)) == digest(variables(whole))


@pytest.mark.long
def test_compiled_whole_or_in_groups_it_draws_the_same(monkeypatch):
    whole, _ = train(**DROPOUT)
    monkeypatch.setattr(graph, "FUSED", 0)
    in_groups, _ = train(**DROPOUT)
    assert digest(variables(whole)) == digest(variables(in_groups))


def test_weights_that_a_pass_moves_are_kept_as_it_left_them():
    normalised = keras.layers.SpectralNormalization(keras.layers.Dense(8, use_bias=False))
    built = network(keras.layers.Flatten(), normalised)
    train(network=built, data=digits(128), optimizer="sgd", learning_rate=1e-30)
    kernel = normalised.layer.kernel.numpy()
    assert np.linalg.svd(kernel, compute_uv=False)[0] == pytest.approx(1, abs=0.05)


class Careless(keras.layers.Layer):
    """Draws numbers in training, as it is told."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def call(self, x, training=False):
        return x + self.draw(tf.shape(x)) if training else x


@pytest.mark.parametrize(
    ("draw", "named"),
    [(tf.random.normal, "RandomStandardNormal"), (keras.random.normal, "seed_generator")],
    ids=["tf.random", "keras.random without a generator"],
)
def test_random_numbers_that_no_seed_decides_are_refused(draw, named):
    with pytest.raises(NetworkError, match=f"{named}.*SeedGenerator"):
        train(network=network(Careless(draw)))


def test_a_variable_that_no_layer_owns_is_refused():
    counter = tf.Variable(1.0, name="counter")
    with pytest.raises(NetworkError, match="variable counter"):
        train(network=network(Careless(lambda _: counter)))
