"""The training loop: one for every network and device; yields values, prints nothing.

The data lies in memory as it came, uint8. Shuffling, gathering, augmentation and the steps run
inside the TensorFlow graph; Python looks in about PARTS times an epoch. What an epoch does depends
only on the seed, its number, and the variables of model and optimizer: with these put back, it can
be repeated bit for bit.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from mnistcli import augment
from mnistcli.config import TrainingConfig
from mnistcli.data import Split
from mnistcli.errors import TrainingError
from mnistcli.history import EpochRecord
from mnistcli.networks import NETWORKS

PARTS = 12  # per epoch: often enough for a progress bar and Ctrl-C, too seldom to cost time
EVALUATION_BATCH = 500  # images; larger ones only take memory

# What random numbers are for: each purpose has its own stream.
SHUFFLING, AUGMENTATION = 0, 1


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
class EpochEnd:
    """An epoch has ended: its record, and what a checkpoint needs beside the variables."""

    record: EpochRecord
    best: "Best | None"


@dataclass(frozen=True)
class Best:
    """The epoch with the lowest validation loss so far, and the model's variables after it."""

    epoch: int
    val_loss: float
    weights: Sequence[np.ndarray]
    """As `model.get_weights()` returns them."""


def fit(
    model: keras.Model,
    train: Split,
    config: TrainingConfig,
    *,
    validation: Split | None = None,
    first_epoch: int = 1,
    best: Best | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Iterator[Progress | EpochEnd]:
    """Train a compiled model, yielding progress and each epoch's end.

    The loss, optimizer and metrics are those the model was compiled with. To resume, put back the
    variables of model and optimizer and pass the epoch to begin with and, where training may stop
    early, the best epoch before it.

    With `config.early_stopping`, training ends after that many epochs without a lower validation
    loss, and the model gets back the weights of its best epoch.

    Raises TrainingError where the loss is not a number, or early stopping has nothing to watch.
    """
    if config.early_stopping is not None and validation is None:
        raise TrainingError(
            "early stopping watches the validation loss, but no images are held out for validation."
            " Give a validation split, such as 0.1, or leave early stopping out."
        )
    trainer = _Trainer(model, train, config)
    evaluate = _evaluation(model, validation) if validation is not None else None
    calls = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=config.epochs)
    model.stop_training = False
    calls.on_train_begin()
    for epoch in range(first_epoch, config.epochs + 1):
        started = time.monotonic()
        calls.on_epoch_begin(epoch - 1)  # Keras counts from 0
        step = 0
        for last in trainer.epoch(epoch):
            calls.on_train_batch_begin(step)
            step, logs = last, trainer.result()
            if not math.isfinite(logs["loss"]):
                raise _diverged(epoch, logs["loss"], model, config)
            calls.on_train_batch_end(step - 1, logs)
            images = min(step * config.batch_size, len(train.labels))
            yield Progress(
                epoch=epoch,
                epochs=config.epochs,
                step=step,
                steps=trainer.steps,
                loss=logs["loss"],
                accuracy=logs["accuracy"],
                images_per_second=images / (time.monotonic() - started),
            )
        held_out = evaluate() if evaluate is not None else {}
        calls.on_epoch_end(epoch - 1, logs | {f"val_{k}": v for k, v in held_out.items()})
        record = EpochRecord(
            epoch=epoch,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=held_out.get("loss"),
            val_accuracy=held_out.get("accuracy"),
            seconds=time.monotonic() - started,
        )
        if config.early_stopping is not None:
            if best is None or held_out["loss"] < best.val_loss:
                best = Best(epoch, held_out["loss"], model.get_weights())
            elif epoch - best.epoch >= config.early_stopping:
                model.stop_training = True
        yield EpochEnd(record, best)
        if model.stop_training:
            break
    if best is not None:
        model.set_weights(best.weights)
    calls.on_train_end()


class _Trainer:
    """The graphs that train one model on one split."""

    def __init__(self, model: keras.Model, train: Split, config: TrainingConfig) -> None:
        self.n = len(train.labels)
        self.steps = math.ceil(self.n / config.batch_size)
        self._full_steps = self.n // config.batch_size
        self._model, self._config = model, config
        self._images, self._labels = tf.constant(train.images), tf.constant(train.labels)
        self._loss = keras.metrics.Mean()
        self._strategy = tf.distribute.get_strategy()
        # XLA compiles for fixed shapes and for one device: the rest goes without it.
        self._xla = NETWORKS[config.model].xla and self._strategy.num_replicas_in_sync == 1
        self._part = math.ceil(self.steps / PARTS)
        model.optimizer.build(model.trainable_variables)
        self._begin = tf.function(self._draw_epoch, autograph=False)
        self._run = tf.function(self._run_steps, autograph=False)
        self._run_fixed = tf.function(self._gather_and_run, autograph=False)
        self._compiled = tf.function(self._run_gathered, autograph=False, jit_compile=True)

    def epoch(self, epoch: int) -> Iterator[int]:
        """Train for an epoch, a part at a time; yield the number of steps done so far."""
        self._model.reset_metrics()
        self._loss.reset_state()
        order, transforms = self._begin(tf.constant(epoch, tf.int64))
        full = self._full_steps if self._xla else 0
        for first in range(0, full, self._part):
            last = min(first + self._part, full)
            self._run_fixed(order, transforms, tf.constant(first), tf.constant(last - first))
            yield last
        for first in range(full, self.steps, self._part):
            last = min(first + self._part, self.steps)
            self._run(order, transforms, tf.constant(first), tf.constant(last))
            yield last

    def result(self) -> dict[str, float]:
        """Return loss and metrics, over the images that this epoch has seen so far."""
        metrics = {name: float(value) for name, value in self._model.get_metrics_result().items()}
        return metrics | {"loss": float(self._loss.result())}

    def _draw_epoch(self, epoch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the epoch's order of examples (n,) and their changes (n, 8) or (0, 8)."""
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), epoch])
        fold_in = tf.random.experimental.stateless_fold_in
        order = tf.random.experimental.stateless_shuffle(
            tf.range(self.n), seed=fold_in(seed, SHUFFLING)
        )
        changed = self.n if self._config.augment else 0
        return order, augment.draw(changed, fold_in(seed, AUGMENTATION))

    def _run_steps(
        self, order: tf.Tensor, transforms: tf.Tensor, first: tf.Tensor, last: tf.Tensor
    ) -> None:
        """Do the steps first to last - 1; each replica takes its share of each batch."""
        size = self._config.batch_size
        replicas = self._strategy.num_replicas_in_sync

        def step(number: tf.Tensor) -> None:
            examples = order[number * size : (number + 1) * size]
            self._strategy.run(replica_step, args=(examples,))

        def replica_step(examples: tf.Tensor) -> None:
            batch = tf.size(examples)
            if replicas > 1:
                replica = tf.distribute.get_replica_context().replica_id_in_sync_group
                examples = examples[replica * batch // replicas : (replica + 1) * batch // replicas]
            self._step(*self._read(examples, transforms), batch)

        _for_each(first, last, step)

    def _gather_and_run(
        self, order: tf.Tensor, transforms: tf.Tensor, first: tf.Tensor, count: tf.Tensor
    ) -> None:
        """Do `count` full steps from `first` in compiled code.

        The batches are read beforehand, by TensorFlow: XLA is slow at it, and warps nothing. It
        also needs one fixed shape, thus the last part is filled up with batches that aren't used.
        """
        size = self._config.batch_size
        examples = order[first * size : (first + count) * size]
        unused = self._part * size - tf.size(examples)
        examples = tf.reshape(tf.pad(examples, [[0, unused]]), (self._part * size,))
        images, labels = self._read(examples, transforms)
        self._compiled(
            tf.reshape(images, (self._part, size, *images.shape[1:])),
            tf.reshape(labels, (self._part, size)),
            count,
        )

    def _run_gathered(self, images: tf.Tensor, labels: tf.Tensor, count: tf.Tensor) -> None:
        batch = tf.constant(self._config.batch_size)
        _for_each(
            tf.constant(0), count, lambda number: self._step(images[number], labels[number], batch)
        )

    def _read(self, examples: tf.Tensor, transforms: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the images and labels of examples, changed where the configuration says so."""
        images = tf.gather(self._images, examples)
        if self._config.augment:
            images = augment.warp(tf.cast(images, tf.float32), tf.gather(transforms, examples))
        return images, tf.gather(self._labels, examples)

    def _step(self, images: tf.Tensor, labels: tf.Tensor, batch: tf.Tensor) -> None:
        """Do one optimizer step with this replica's share of a global batch."""
        model, images = self._model, tf.cast(images, tf.float32)
        with tf.GradientTape() as tape:
            probabilities = model(images, training=True)
            loss = model.compute_loss(images, labels, probabilities)
            replicas = self._strategy.num_replicas_in_sync
            if replicas > 1:
                # Keras divides a replica's mean by their number, as if all had equal shares.
                loss *= tf.cast(replicas * tf.size(labels) / batch, loss.dtype)
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)
        model.compute_metrics(images, labels, probabilities)
        self._loss.update_state(loss, sample_weight=batch)


def _for_each(first: tf.Tensor, last: tf.Tensor, body: Callable[[tf.Tensor], None]) -> None:
    """Run body(number) for first <= number < last, in order, inside the graph."""

    def once(number: tf.Tensor) -> tuple[tf.Tensor]:
        body(number)
        return (number + 1,)

    tf.while_loop(lambda number: number < last, once, (first,), parallel_iterations=1)


def _evaluation(model: keras.Model, split: Split) -> Callable[[], dict[str, float]]:
    """Return a function that measures the model's loss and metrics on all images of a split."""
    images, labels, loss = (
        tf.constant(split.images),
        tf.constant(split.labels),
        keras.metrics.Mean(),
    )
    n = len(split.labels)

    def batch(number: tf.Tensor) -> None:
        rows = slice(number * EVALUATION_BATCH, (number + 1) * EVALUATION_BATCH)
        x, y = tf.cast(images[rows], tf.float32), labels[rows]
        probabilities = model(x, training=False)
        loss.update_state(model.compute_loss(x, y, probabilities), sample_weight=tf.size(y))
        model.compute_metrics(x, y, probabilities)

    @tf.function(autograph=False)
    def run() -> None:
        _for_each(tf.constant(0), tf.constant(math.ceil(n / EVALUATION_BATCH)), batch)

    def evaluate() -> dict[str, float]:
        model.reset_metrics()
        loss.reset_state()
        run()
        metrics = {name: float(value) for name, value in model.get_metrics_result().items()}
        return metrics | {"loss": float(loss.result())}

    return evaluate


def _diverged(epoch: int, loss: float, model: keras.Model, config: TrainingConfig) -> TrainingError:
    rate = float(model.optimizer.learning_rate)
    return TrainingError(
        f"the loss became {loss} in epoch {epoch}, where a finite number was expected. "
        f"Lower the learning rate (now {rate:.3g}, {config.optimizer}) and train again."
    )
