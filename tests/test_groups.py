"""How a batch is cut into groups, and that what they add up to does not depend on who adds."""

import itertools

import numpy as np
import pytest
from test_loop import digits

from mnistcli import groups, model
from mnistcli.framework import keras, tf
from mnistcli.networks import NETWORKS, configure

SMOOTHING = 0.1


@pytest.mark.parametrize("images", [1, 63, 64, 65, 96, 128, 129, 1000])
def test_groups_take_every_image_once_and_are_of_like_size(images):
    bounds = [groups._bounds(k, groups.count(images), images) for k in range(groups.count(images))]
    assert [image for bound in bounds for image in range(*bound)] == list(range(images))
    sizes = {end - begin for begin, end in bounds}
    assert max(sizes) <= groups.SIZE
    assert max(sizes) - min(sizes) <= 1


@pytest.fixture(scope="module", params=list(NETWORKS))
def network(request):
    built = model.build(configure(model=request.param), 1000)
    built.compute_metrics(None, tf.zeros(1, tf.uint8), tf.zeros((1, 10)))
    built.reset_metrics()
    return built


def contributions(network, images):
    """Return the function of a group's contribution to a batch, and what it looks like."""
    data = digits(images)
    contribute = groups.training(network, SMOOTHING)
    values = groups.values(network)
    x, y = tf.cast(data.images, tf.float32), tf.constant(data.labels)

    def group(begin, end):
        return contribute(*values, x[begin:end], y[begin:end], images)

    like = (*values[0], *values[1], tf.zeros(()), *network.metrics_variables)
    return group, like


def test_the_order_of_the_groups_leaves_no_trace(network):
    images, n = 250, 4
    group, _ = contributions(network, images)
    each = [group(*groups._bounds(k, n, images)) for k in range(n)]
    totals = [
        [sum(parts[k] for k in order) for parts in zip(*each, strict=True)]
        for order in itertools.permutations(range(n))
    ]
    for total in totals[1:]:
        for first, other in zip(totals[0], total, strict=True):
            assert np.array_equal(np.float32(first), np.float32(other))


def test_in_float32_it_would(network):
    images, n = 250, 4
    group, _ = contributions(network, images)
    each = [[np.float32(part) for part in group(*groups._bounds(k, n, images))] for k in range(n)]
    one, other = (
        [sum(parts[k] for k in order) for parts in zip(*each, strict=True)]
        for order in ((0, 1, 2, 3), (3, 1, 0, 2))
    )
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_computed_one_after_the_other_or_side_by_side_it_is_the_same(network):
    group, like = contributions(network, 150)
    shared = tf.function(groups.shared, autograph=False)(group, tf.constant(150), like)
    for one, other in zip(shared, groups.unrolled(group, 150), strict=True):
        assert np.array_equal(one, other)


def test_the_sums_are_what_keras_computes_for_the_whole_batch():
    network = model.build(configure(), 1000)
    network.compute_metrics(None, tf.zeros(1, tf.uint8), tf.zeros((1, 10)))
    data = digits(150)
    group, _ = contributions(network, 150)
    weights = network.trainable_variables
    sums = groups.unrolled(group, 150)
    with tf.GradientTape() as tape:
        probabilities = network(tf.cast(data.images, tf.float32))
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)(
            keras.utils.to_categorical(data.labels, 10), probabilities
        )
    for ours, theirs in zip(sums, tape.gradient(loss, [w.value for w in weights]), strict=False):
        assert np.asarray(ours) == pytest.approx(np.asarray(theirs), abs=1e-5)
    expected = keras.losses.SparseCategoricalCrossentropy()(data.labels, probabilities)
    assert float(sums[len(weights)]) / 150 == pytest.approx(float(expected), rel=1e-5)
    right = (np.asarray(probabilities).argmax(axis=1) == data.labels).sum()
    assert [float(each) for each in sums[-2:]] == [right, 150]


def test_a_network_that_draws_random_numbers_goes_on_drawing():
    network = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.compute_metrics(None, tf.zeros(1, tf.uint8), tf.zeros((1, 10)))
    group, _ = contributions(network, 150)
    (seed,) = network.non_trainable_variables
    after = groups.unrolled(group, 150)[len(network.trainable_variables)] / 150
    assert not np.array_equal(after, seed)
    once = keras.StatelessScope(state_mapping=[(seed, tf.convert_to_tensor(seed))])
    with once:
        network(tf.zeros((1, 28, 28)), training=True)
    assert np.array_equal(after, once.get_current_value(seed))
