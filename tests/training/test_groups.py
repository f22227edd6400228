"""How a batch is cut into groups, and that what they add up to does not depend on who adds."""

import itertools

import numpy as np
import pytest
from test_loop import digest, digits, train, variables

from mnistcli.choices import OPTIMIZERS
from mnistcli.networks import model, objectives
from mnistcli.networks.catalogue import NETWORKS, configure
from mnistcli.networks.framework import keras, tf
from mnistcli.training.fitting import graph, groups

SMOOTHING = 0.1
EVERY_DAY = (("adam", 130),)  # and RMSprop, with dropout, in `test_workers.py`


@pytest.mark.parametrize("images", [1, 63, 64, 65, 96, 128, 129, 1000])
def test_groups_take_every_image_once_and_are_of_like_size(images):
    bounds = [groups._bounds(k, groups.count(images), images) for k in range(groups.count(images))]
    assert [image for bound in bounds for image in range(*bound)] == list(range(images))
    sizes = {end - begin for begin, end in bounds}
    assert max(sizes) <= groups.SIZE
    assert max(sizes) - min(sizes) <= 1


@pytest.fixture(scope="module", params=list(NETWORKS))
def network(request):
    return model.build(configure(model=request.param), 1000)


def of_a_group(network, images, smoothing=SMOOTHING):
    """Return the function of a group's contribution to a batch, and what it looks like."""
    data = digits(images)
    traced = groups.training_contribution(network, objectives.measures((), 10), smoothing)
    values = groups.current_values(network)
    x, y = tf.cast(data.images, tf.float32), tf.constant(data.labels)
    seeds = tf.zeros((len(groups.generators(network)), 2), tf.int32)

    def group(number, begin, end):
        return traced.call(*values, seeds + number, x[begin:end], y[begin:end], images)

    return group, traced.like


def in_float32(contribution):
    return [np.asarray(each, np.float32) for each in tf.nest.flatten(contribution)]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def totals(terms):
    """Return the sums of terms, in every order."""
    return [
        [sum(parts[k] for k in order) for parts in zip(*terms, strict=True)]
        for order in itertools.permutations(range(len(terms)))
    ]


def test_the_order_of_the_groups_leaves_no_trace(network):
    group, _ = of_a_group(network, 250)
    terms = [tf.nest.flatten(group(k, *groups._bounds(k, 4, 250))) for k in range(4)]
    first, *others = totals(terms)
    for other in others:
        assert same(in_float32(first), in_float32(other))


def test_in_float32_it_would(network):
    group, _ = of_a_group(network, 250)
    first, *others = totals([in_float32(group(k, *groups._bounds(k, 4, 250))) for k in range(4)])
    assert not all(same(first, other) for other in others)


def test_nor_does_it_with_gradients_of_very_different_sizes():
    # Where two of them add up to the middle between float32 numbers, a tiny third one would decide.
    rng = np.random.default_rng(0)
    weights = [tf.zeros(100_000)]

    def gradients(size):
        drawn = tf.constant(rng.standard_normal(100_000) * 2.0**-size, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss = tf.reduce_sum(drawn * weights[0]) * groups.GRID
        return groups._gradients(tape, loss, weights)

    for size in range(40, 60):
        first, *others = totals([gradients(each) for each in (3, 3, size)])
        for other in others:
            assert same(in_float32(first), in_float32(other))


def test_computed_one_after_the_other_or_side_by_side_it_is_the_same(network):
    group, like = of_a_group(network, 150)
    side_by_side = tf.function(
        lambda: groups.shared(group, tf.constant(150), like), autograph=False
    )
    assert same(tf.nest.flatten(side_by_side()), tf.nest.flatten(groups.unrolled(group, 150)))


@pytest.mark.parametrize(
    ("optimizer", "batch_size"),
    [
        pytest.param(*case, marks=() if case in EVERY_DAY else pytest.mark.long)
        for case in itertools.product(OPTIMIZERS, (130, 300))
    ],
)
def test_compiled_whole_or_in_groups_it_is_the_same(optimizer, batch_size, monkeypatch):
    options = {"optimizer": optimizer, "batch_size": batch_size, "epochs": 2}
    whole, events = train("mlp", digits(650), **options)
    monkeypatch.setattr(graph, "FUSED", 0)
    in_groups, others = train("mlp", digits(650), **options)
    assert digest(variables(whole)) == digest(variables(in_groups))
    assert events[-1].record.loss == others[-1].record.loss


def test_the_sums_are_what_keras_computes_for_the_whole_batch():
    network = model.build(configure(), 1000)
    data = digits(150)
    group, _ = of_a_group(network, 150)
    sums = groups.unrolled(group, 150)
    with tf.GradientTape() as tape:
        probabilities = network(tf.cast(data.images, tf.float32))
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)(
            keras.utils.to_categorical(data.labels, 10), probabilities
        )
    expected = tape.gradient(loss, [weight.value for weight in network.trainable_variables])
    for ours, theirs in zip(sums.gradients, expected, strict=True):
        assert ours.numpy() / groups.GRID == pytest.approx(theirs.numpy(), abs=1e-5)
    expected = keras.losses.SparseCategoricalCrossentropy()(data.labels, probabilities)
    assert float(sums.loss) / 150 == pytest.approx(float(expected), rel=1e-5)
    right = (np.asarray(probabilities).argmax(axis=1) == data.labels).sum()
    assert [float(each) for each in sums.metrics[-2:]] == [right, 150]


def test_a_network_s_own_losses_count():
    def gradient(regularizer):
        keras.utils.set_random_seed(0)
        layers = [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", kernel_regularizer=regularizer),
        ]
        network = keras.Sequential(layers)
        network.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        group, _ = of_a_group(network, 150, 0.0)
        sums = groups.unrolled(group, 150)
        return sums.gradients[0] / groups.GRID, network.trainable_variables[0]

    (plain, weights), (regularized, _) = gradient(None), gradient(keras.regularizers.L2(0.5))
    assert (regularized - plain).numpy() == pytest.approx(weights.numpy(), abs=1e-5)


def test_a_dense_layer_may_work_on_sequences():
    layers = [
        keras.Input((28, 28)),
        keras.layers.Dense(4),
        keras.layers.Dense(3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
    network = keras.Sequential(layers)
    network.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    data = digits(128)
    train(network=network, data=data)
    assert model.to_litert(network, data.images)
