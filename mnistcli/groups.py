"""A batch's work, cut into groups of images: who computes a group, and when, changes nothing.

What a group contributes (to gradients, moving averages, loss and metrics) is a pure function of the
weights and its images. The contributions to a batch are added in float64, where the order of a few
float32 terms leaves no trace, and rounded once. Thus a step is the same to the bit, however many
workers share it. Without this, the mere order of sums would lead training elsewhere: to turn each
batch around changes the loss of the book's network by up to 1 % in five epochs.

A batch-normalised network normalises over a group (the "ghost batch" of Hoffer et al. 2017,
arXiv:1705.08741), so that workers need not wait for each other within a step.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mnistcli.framework import keras, tf

SIZE = 64
"""Images, at most. With half as many, a core would be a tenth slower."""

Tensors = list[tf.Tensor]
Sums = list[tf.Tensor]
"""float64: of float32 terms of like size, exact."""


def take_one_core_each() -> None:
    """Let no operation use more than one core: several groups at once keep all of them busy.

    Cores then wait less for each other, and what comes out doesn't depend on how many there are.
    Compiled code has no use for it. To be called before TensorFlow computes anything; after that,
    it changes nothing.
    """
    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(1)


def count(images: Any, size: int = SIZE) -> Any:
    """Return how many groups so many images make; an integer's is one, a tensor's a tensor."""
    return -(-images // size)


def values(model: keras.Model) -> tuple[Tensors, Tensors]:
    """Return what the functions below take first: the model's weights, and its other state."""
    variables = (model.trainable_variables, model.non_trainable_variables)
    weights, state = ([tf.convert_to_tensor(each) for each in group] for group in variables)
    return weights, state


def training(model: keras.Model, label_smoothing: float) -> Callable[..., Sums]:
    """Return the pure function of a group's contribution to an optimizer step.

    It takes weights, state, images (n, 28, 28) float32 0..255, labels (n,) uint8, and the number of
    images in the whole batch. What it adds up to: the gradients of the batch's mean loss; for each
    image, the new state; for each image, the loss without label smoothing; increments of the
    compiled metrics.
    """

    def contribute(
        weights: Tensors, state: Tensors, images: tf.Tensor, labels: tf.Tensor, batch: tf.Tensor
    ) -> Sums:
        share = tf.cast(tf.size(labels) / batch, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            probabilities, after = model.stateless_call(weights, state, images, training=True)
            mean = model.compute_loss(images, labels, probabilities)
            loss = share * _smoothed(mean, probabilities, label_smoothing)
        gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
        each_image = _times(tf.size(labels), [*after, mean])
        return [*_in_float64(gradients), *each_image, *_metrics(model, labels, probabilities)]

    return _traced(contribute, model, tf.TensorSpec((), tf.int32))


def evaluation(model: keras.Model) -> Callable[..., Sums]:
    """Return the pure function that, given all but the batch's size, adds up to the other two."""

    def contribute(weights: Tensors, state: Tensors, images: tf.Tensor, labels: tf.Tensor) -> Sums:
        probabilities, _ = model.stateless_call(weights, state, images, training=False)
        mean = model.compute_loss(images, labels, probabilities)
        return [*_times(tf.size(labels), [mean]), *_metrics(model, labels, probabilities)]

    return _traced(contribute, model)


def shared(
    contribute: Callable[[tf.Tensor, tf.Tensor], Sums],
    images: tf.Tensor,
    like: Sequence[tf.Tensor],
    size: int = SIZE,
) -> Sums:
    """Return the sum of contribute(begin, end) over all groups of a batch, on every replica.

    Each replica computes its share of the groups, as many at once as there are cores. The sums have
    the shapes of `like`.
    """
    here = tf.distribute.get_replica_context()
    replica, replicas = here.replica_id_in_sync_group, here.num_replicas_in_sync
    groups = count(images, size)
    first, last = _bounds(replica, replicas, groups)

    def add(number: tf.Tensor, *sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
        more = contribute(*_bounds(number, groups, images))
        return number + 1, *(a + b for a, b in zip(sums, more, strict=True))

    _, *sums = tf.while_loop(
        lambda number, *_: number < last,
        add,
        (first, *(tf.zeros(each.shape, tf.float64) for each in like)),
        parallel_iterations=os.cpu_count() or 1,
    )
    return _over_replicas(sums) if replicas > 1 else sums


def unrolled(contribute: Callable[[int, int], Sums], images: int) -> Sums:
    """Return the same sums, all computed here, by a graph in which each group stands for itself."""
    groups = count(images)
    terms = [contribute(*_bounds(number, groups, images)) for number in range(groups)]
    return [sum(each[1:], start=each[0]) for each in zip(*terms, strict=True)]


def _bounds(number: Any, groups: Any, images: Any) -> tuple[Any, Any]:
    """Return where a group begins and ends; the sizes of groups differ by one at most."""
    return number * images // groups, (number + 1) * images // groups


def _over_replicas(sums: Sums) -> Sums:
    """Return the sums over all replicas; they are sent as one, since each message takes time."""
    vector = tf.concat([tf.reshape(each, [-1]) for each in sums], axis=0)
    vector = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, vector)
    parts = tf.split(vector, [each.shape.num_elements() for each in sums])
    return [tf.reshape(part, each.shape) for part, each in zip(parts, sums, strict=True)]


def _in_float64(tensors: Sequence[tf.Tensor]) -> Sums:
    return [tf.cast(each, tf.float64) for each in tensors]


def _times(images: tf.Tensor, tensors: Sequence[tf.Tensor]) -> Sums:
    return [tf.cast(images, tf.float64) * each for each in _in_float64(tensors)]


def _smoothed(mean: tf.Tensor, probabilities: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Return the mean loss with smoothed labels, given the one without."""
    if not smoothing:
        return mean
    above_zero = tf.maximum(probabilities, keras.config.epsilon())
    evenly = -tf.reduce_mean(tf.math.log(above_zero))
    return (1 - smoothing) * mean + smoothing * evenly


def _metrics(model: keras.Model, labels: tf.Tensor, probabilities: tf.Tensor) -> Sums:
    """Return by how much these images increase the variables of the compiled metrics."""
    zeros = [(variable, tf.zeros_like(variable)) for variable in model.metrics_variables]
    with keras.StatelessScope(state_mapping=zeros) as scope:
        model.compute_metrics(None, labels, probabilities)
    return _in_float64([scope.get_current_value(variable) for variable, _ in zeros])


def _traced(
    contribute: Callable[..., Sums], model: keras.Model, *more: tf.TensorSpec
) -> Callable[..., Sums]:
    """Trace a function once, away from any strategy: there, Keras would divide the loss."""
    weights, state = (
        [tf.TensorSpec(variable.shape, variable.dtype) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )
    images = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    labels = tf.TensorSpec((None,), tf.uint8)
    graph = tf.function(contribute, autograph=False)
    traced: Callable[..., Sums] = graph.get_concrete_function(weights, state, images, labels, *more)
    return traced
