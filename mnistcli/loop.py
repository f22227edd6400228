"""The training loop: yields values, prints nothing."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from mnistcli.config import TrainingConfig
from mnistcli.data import Split


@dataclass(frozen=True)
class Progress:
    """Where training stands within an epoch; loss and accuracy are the epoch's so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch (counted from 1) ended with."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float


def fit(
    model: keras.Model, train: Split, config: TrainingConfig, *, validation: Split | None = None
) -> Iterator[Progress | EpochRecord]:
    """Train a compiled model on labelled images, yielding progress and each epoch's record."""
    n = len(train.labels)
    images, labels = tf.constant(train.images), tf.constant(train.labels)
    steps = -(-n // config.batch_size)

    @tf.function
    def step(indices: tf.Tensor) -> tf.Tensor:
        x, y = tf.gather(images, indices), tf.gather(labels, indices)
        with tf.GradientTape() as tape:
            probabilities = model(tf.cast(x, tf.float32), training=True)
            loss = model.compute_loss(x, y, probabilities)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        right = tf.equal(tf.argmax(probabilities, 1), tf.cast(y, tf.int64))
        size = tf.cast(tf.size(indices), tf.float32)
        return tf.stack([loss * size, tf.reduce_sum(tf.cast(right, tf.float32)), size])

    for epoch in range(1, config.epochs + 1):
        started = time.monotonic()
        order = np.random.default_rng([config.seed, epoch]).permutation(n)
        sums = np.zeros(3)
        for number in range(steps):
            start = number * config.batch_size
            sums += step(tf.constant(order[start : start + config.batch_size])).numpy()
            if number % (steps // 10 + 1) == 0:
                loss, accuracy = sums[:2] / sums[2]
                speed = sums[2] / (time.monotonic() - started)
                yield Progress(epoch, config.epochs, number + 1, steps, loss, accuracy, speed)
        val_loss = val_accuracy = None
        if validation is not None:
            val_loss, val_accuracy = model.evaluate(
                validation.images, validation.labels, batch_size=256, verbose=0
            )
        loss, accuracy = (sums[:2] / sums[2]).tolist()
        seconds = time.monotonic() - started
        yield EpochRecord(epoch, loss, accuracy, val_loss, val_accuracy, seconds)
