"""A batch's work, cut into groups of images: who computes a group, and when, changes nothing.

What a group contributes (to gradients, moving averages, loss and metrics) is a pure function of the
weights and its images, and the contributions to a batch are added without rounding. Thus a step is
the same to the bit, however many workers share it. Without this, the mere order of sums would lead
training elsewhere: within five epochs of the book's network, the loss differs in its third digit.

A batch-normalised network normalises over a group (the "ghost batch" of Hoffer et al. 2017,
arXiv:1705.08741), so that workers need not wait for each other within a step. What it draws at
random, as dropout does, follows from seeds that are handed to the group.
"""

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from mnistcli.cores import cores
from mnistcli.networks import objectives
from mnistcli.networks.catalogue import network
from mnistcli.networks.framework import keras, philox, tf
from mnistcli.networks.objectives import Measure
from mnistcli.training.fitting import purity

SIZE = 64
"""Images, at most. Smaller ones would take each core longer, larger ones keep fewer cores busy."""

GRID = 2.0**50
"""Gradients are multiples of 1 / GRID. In float64, sums of them below 8 are exact, so that their
order leaves no trace; of a float32 gradient above 1e-8, that cuts nothing off."""

Tensors = list[tf.Tensor]


class Contribution(NamedTuple):
    """What a group, or all groups of a batch together, contribute to a step: sums, in float64."""

    gradients: Tensors
    """Of the batch's mean loss with respect to the weights, times GRID."""
    state: Tensors
    """New values of what a forward pass moves, times the number of images."""
    loss: tf.Tensor
    """Sum over the images, without label smoothing."""
    metrics: Tensors
    """Increments of the metrics' variables."""


class Traced(NamedTuple):
    """A pure function of a group's contribution, as a graph."""

    call: tf.types.experimental.ConcreteFunction
    moved: Sequence[keras.Variable]
    """What a forward pass in training assigns to, such as moving averages: the state."""

    @property
    def like(self) -> Contribution:
        """Shapes and dtypes of a contribution."""
        return self.call.structured_outputs


def use_threads_for(model: str) -> None:
    """Let several groups at once keep the cores busy, and each operation use one core.

    Cores then wait less for each other. Compiled code shares operations out instead. To be called
    before TensorFlow computes anything; after that, it changes nothing.
    """
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(_threads_for(model))


def uses_threads_for(model: str) -> bool:
    """Return whether operations have the threads that they should have for this network."""
    return tf.config.threading.get_intra_op_parallelism_threads() == _threads_for(model)


def _threads_for(model: str) -> int:
    return network(model).threads


def count(images: Any, size: int = SIZE) -> Any:
    """Return how many groups so many images make: an int for an int, a tensor for a tensor."""
    return -(-images // size)


def current_values(model: keras.Model) -> tuple[Tensors, Tensors]:
    """Return what the functions below take first: the model's weights, and its other variables."""
    weights, others = model.trainable_variables, model.non_trainable_weights
    return [tf.convert_to_tensor(v) for v in weights], [tf.convert_to_tensor(v) for v in others]


def generators(model: keras.Model) -> list[keras.Variable]:
    """Return the states of the model's random generators, as dropout has one."""
    weights = {id(each) for each in model.weights}
    return [each for each in model.non_trainable_variables if id(each) not in weights]


def training_contribution(
    model: keras.Model, metrics: Sequence[Measure], label_smoothing: float
) -> Traced:
    """Return the pure function of a group's contribution to an optimizer step.

    It takes weights, other variables, seeds (generators, 2) int32, images (n, 28, 28) float32
    0..255, labels (n,) uint8, and the number of images in the whole batch, int32. Raises
    NetworkError where what the model computes depends on anything else.
    """
    moved: list[keras.Variable] = []

    def contribute(
        weights: Tensors,
        others: Tensors,
        seeds: tf.Tensor,
        images: tf.Tensor,
        labels: tf.Tensor,
        batch: tf.Tensor,
    ) -> Contribution:
        share = tf.cast(tf.size(labels) / batch, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            scope, probabilities, mean, sums = _forward(
                model, metrics, weights, others, images, labels, seeds=seeds
            )
            smoothed = mean
            if label_smoothing:
                smoothed = _smoothed(mean, probabilities, label_smoothing)
            scaled = GRID * share * smoothed
        given = {id(v): value for v, value in _mapping(model, weights, others)}
        moved[:] = [
            each for each in model.weights if scope.get_current_value(each) is not given[id(each)]
        ]
        n = tf.cast(tf.size(labels), tf.float64)
        state = [n * tf.cast(scope.get_current_value(each), tf.float64) for each in moved]
        return sums._replace(gradients=_gradients(tape, scaled, weights), state=state)

    seeds = tf.TensorSpec((len(generators(model)), 2), tf.int32)
    call = _traced(contribute, model, (seeds,), (tf.TensorSpec((), tf.int32),))
    purity.check(call)
    return Traced(call, moved)


def evaluation_contribution(model: keras.Model, metrics: Sequence[Measure]) -> Traced:
    """Return the pure function of a group's contribution to loss and metrics.

    It takes weights, other variables, images and labels, and leaves gradients and state empty.
    """

    def contribute(
        weights: Tensors, others: Tensors, images: tf.Tensor, labels: tf.Tensor
    ) -> Contribution:
        return _forward(model, metrics, weights, others, images, labels, seeds=None)[-1]

    return Traced(_traced(contribute, model), [])


def shared(
    contribute: Callable[[tf.Tensor, tf.Tensor, tf.Tensor], Contribution],
    images: tf.Tensor,
    like: Contribution,
    size: int = SIZE,
) -> Contribution:
    """Return the sum of contribute(group, begin, end) over a batch's groups, on every replica.

    Each replica computes its share of the groups, as many at once as there are cores. `like` tells
    shapes and dtypes of a contribution.
    """
    here = tf.distribute.get_replica_context()
    replica, replicas = here.replica_id_in_sync_group, here.num_replicas_in_sync
    groups = count(images, size)
    first, last = _bounds(replica, replicas, groups)

    def add(number: tf.Tensor, sums: Contribution) -> tuple[tf.Tensor, Contribution]:
        return number + 1, _sum(sums, contribute(number, *_bounds(number, groups, images)))

    zeros = tf.nest.map_structure(lambda each: tf.zeros(each.shape, each.dtype), like)
    _, sums = tf.while_loop(
        lambda number, _: number < last, add, (first, zeros), parallel_iterations=cores()
    )
    return _over_replicas(sums) if replicas > 1 else sums


def unrolled(contribute: Callable[[int, int, int], Contribution], images: int) -> Contribution:
    """Return the same sum without a loop, all computed here: XLA needs shapes that are known."""
    groups = count(images)
    terms = [contribute(number, *_bounds(number, groups, images)) for number in range(groups)]
    total = functools.reduce(_sum, terms)
    if groups > 2:  # noqa: PLR2004 - the sum of two numbers has but one order
        return total
    # float32 rounds it just as well, and there is half as much to read and write.
    gradients = zip(*(term.gradients for term in terms), strict=True)
    in_float32 = [[tf.cast(each, tf.float32) for each in pair] for pair in gradients]
    return total._replace(gradients=[functools.reduce(tf.add, pair) for pair in in_float32])


def _bounds(number: Any, groups: Any, images: Any) -> tuple[Any, Any]:
    """Return where a group begins and ends; the sizes of groups differ by one at most."""
    return number * images // groups, (number + 1) * images // groups


def _sum(first: Contribution, second: Contribution) -> Contribution:
    return tf.nest.map_structure(tf.add, first, second)


def _over_replicas(sums: Contribution) -> Contribution:
    """Return the sums over all replicas; they are sent as one, since each message takes time."""
    flat = tf.nest.flatten(sums)
    vector = tf.concat([tf.reshape(each, [-1]) for each in flat], axis=0)
    vector = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, vector)
    parts = tf.split(vector, [each.shape.num_elements() for each in flat])
    shaped = [tf.reshape(part, each.shape) for part, each in zip(parts, flat, strict=True)]
    return tf.nest.pack_sequence_as(sums, shaped)


def _forward(
    model: keras.Model,
    metrics: Sequence[Measure],
    weights: Tensors,
    others: Tensors,
    images: tf.Tensor,
    labels: tf.Tensor,
    *,
    seeds: tf.Tensor | None,
) -> tuple[keras.StatelessScope, tf.Tensor, tf.Tensor, Contribution]:
    """Return the scope, probabilities, mean loss, and a contribution's loss and metrics.

    With seeds, it is a pass in training. The model's own variables are neither read nor written.
    """
    counted = [variable for metric in metrics for variable in metric.variables]
    states = generators(model)
    drawn = tf.zeros((len(states), 2), tf.int32) if seeds is None else seeds
    mapping = [
        *_mapping(model, weights, others),
        *((each, tf.cast(drawn[k], each.dtype)) for k, each in enumerate(states)),
        *((variable, tf.zeros_like(variable)) for variable in counted),
    ]
    with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
        probabilities = model(images, training=seeds is not None)
        wanted = objectives.targets(model.loss, labels, probabilities.shape[-1])
        mean = model.compute_loss(images, wanted, probabilities)
        for metric in metrics:
            metric.update(labels, probabilities)
    increments = [tf.cast(scope.get_current_value(each), tf.float64) for each in counted]
    loss = tf.cast(tf.size(labels), tf.float64) * tf.cast(mean, tf.float64)
    return scope, probabilities, mean, Contribution([], [], loss, increments)


def _mapping(
    model: keras.Model, weights: Tensors, others: Tensors
) -> list[tuple[keras.Variable, tf.Tensor]]:
    return [
        *zip(model.trainable_variables, weights, strict=True),
        *zip(model.non_trainable_weights, others, strict=True),
    ]


def _gradients(tape: tf.GradientTape, scaled: tf.Tensor, weights: Tensors) -> Tensors:
    """Return the gradients of a loss that is scaled by GRID, in whole numbers."""
    found = tape.gradient(scaled, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    dense = [tf.convert_to_tensor(each) for each in found]
    for gradient, weight in zip(dense, weights, strict=True):
        gradient.set_shape(weight.shape)  # which TensorFlow may have lost, for sequences
    return [tf.cast(tf.round(each), tf.float64) for each in dense]


def _smoothed(mean: tf.Tensor, probabilities: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Return the mean cross-entropy with smoothed labels, given the one without."""
    above_zero = tf.maximum(probabilities, keras.config.epsilon())
    evenly = -tf.reduce_mean(tf.math.log(above_zero))
    return (1 - smoothing) * mean + smoothing * evenly


def _traced(
    contribute: Callable[..., Contribution],
    model: keras.Model,
    before: Sequence[tf.TensorSpec] = (),
    after: Sequence[tf.TensorSpec] = (),
) -> tf.types.experimental.ConcreteFunction:
    """Trace a function once, away from any strategy: there, Keras would divide the loss."""
    weights, others = (
        [tf.TensorSpec(variable.shape, variable.dtype) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_weights)
    )
    images = tf.TensorSpec((None, 28, 28), tf.float32)
    labels = tf.TensorSpec((None,), tf.uint8)
    graph = tf.function(contribute, autograph=False)
    with philox():
        return graph.get_concrete_function(weights, others, *before, images, labels, *after)
