"""The graphs in which a model is trained and measured: TensorFlow's part of the loop.

Each step reads its images and updates the model without coming back to Python; so does each
evaluation. Under a `tf.distribute` strategy, every replica takes its share of every batch.
"""

import math
from collections.abc import Callable, Iterator

from mnistcli import augment
from mnistcli.config import TrainingConfig
from mnistcli.data import Split
from mnistcli.errors import TrainingError
from mnistcli.framework import keras, tf
from mnistcli.networks import NETWORKS

PARTS = 12  # per epoch: often enough for a progress bar and Ctrl-C, too seldom to cost time
EVALUATION_BATCH = 500  # images; larger ones only take memory

# What random numbers are for: each purpose has its own stream.
SHUFFLING, AUGMENTATION = 0, 1


class Trainer:
    """The graphs that train one model on one split."""

    def __init__(self, model: keras.Model, train: Split, config: TrainingConfig) -> None:
        self._n = len(train.labels)
        self.steps = math.ceil(self._n / config.batch_size)
        self._full_steps = self._n // config.batch_size
        self._model, self._config = model, config
        self._images, self._labels = tf.constant(train.images), tf.constant(train.labels)
        self._strategy = model.distribute_strategy
        replicas = self._strategy.num_replicas_in_sync
        last = self._n % config.batch_size or config.batch_size
        if last < replicas:
            raise TrainingError(
                f"a batch of {last} images, as each epoch has one, cannot be shared by {replicas} "
                f"workers or GPUs: expected at least one image for each. Change the batch size."
            )
        # XLA compiles for fixed shapes and for one device: the rest goes without it.
        self._xla = NETWORKS[config.model].xla and replicas == 1
        self._part = math.ceil(self.steps / PARTS)
        with self._strategy.scope():
            self._loss = keras.metrics.Mean()
            model.optimizer.build(model.trainable_variables)
        _build_metrics(model)
        self._results = _results(model, self._loss)
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
        """Return loss and compiled metrics over the images that this epoch has seen so far."""
        return self._results()

    def _draw_epoch(self, epoch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the epoch's order of examples (n,) and their changes (n, 8) or (0, 8)."""
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), epoch])
        fold_in = tf.random.experimental.stateless_fold_in
        order = tf.random.experimental.stateless_shuffle(
            tf.range(self._n), seed=fold_in(seed, SHUFFLING)
        )
        changed = self._n if self._config.augment else 0
        return order, augment.draw(changed, fold_in(seed, AUGMENTATION))

    def _run_steps(
        self, order: tf.Tensor, transforms: tf.Tensor, first: tf.Tensor, last: tf.Tensor
    ) -> None:
        """Do the steps first to last - 1; each replica takes its share of each batch."""
        size = self._config.batch_size

        def step(number: tf.Tensor) -> None:
            examples = order[number * size : (number + 1) * size]
            self._strategy.run(replica_step, args=(examples,))

        def replica_step(examples: tf.Tensor) -> None:
            images, labels = self._read(_share(examples), transforms)
            self._step(images, labels, tf.size(examples))

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
            mean = _mean_loss(model, images, labels, probabilities)
            loss = self._smoothed(mean, probabilities) * tf.cast(
                tf.size(labels) / batch, mean.dtype
            )
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)
        model.compute_metrics(images, labels, probabilities)
        self._loss.update_state(mean, sample_weight=tf.size(labels))

    def _smoothed(self, mean: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
        """Return the loss with smoothed labels; what is reported stays the one without."""
        smoothing = NETWORKS[self._config.model].label_smoothing
        if not smoothing:
            return mean
        above_zero = tf.maximum(probabilities, keras.config.epsilon())
        evenly = -tf.reduce_mean(tf.math.log(above_zero))
        return (1 - smoothing) * mean + smoothing * evenly


def evaluation(model: keras.Model, split: Split) -> Callable[[], dict[str, float]]:
    """Return a function that measures the model's loss and metrics on all images of a split."""
    images, labels = tf.constant(split.images), tf.constant(split.labels)
    batches = math.ceil(len(split.labels) / EVALUATION_BATCH)
    strategy = model.distribute_strategy
    with strategy.scope():
        loss = keras.metrics.Mean()

    def batch(number: tf.Tensor) -> None:
        first = number * EVALUATION_BATCH
        last = tf.minimum(first + EVALUATION_BATCH, len(split.labels))
        strategy.run(replica_batch, args=(tf.range(first, last),))

    def replica_batch(examples: tf.Tensor) -> None:
        mine = _share(examples)
        x, y = tf.cast(tf.gather(images, mine), tf.float32), tf.gather(labels, mine)
        probabilities = model(x, training=False)
        loss.update_state(_mean_loss(model, x, y, probabilities), sample_weight=tf.size(y))
        model.compute_metrics(x, y, probabilities)

    def all_batches() -> None:
        _for_each(tf.constant(0), tf.constant(batches), batch)

    run = tf.function(all_batches, autograph=False)
    results = _results(model, loss)

    def evaluate() -> dict[str, float]:
        model.reset_metrics()
        loss.reset_state()
        run()
        return results()

    return evaluate


def _share(examples: tf.Tensor) -> tf.Tensor:
    """Return this replica's part of a batch's examples."""
    here = tf.distribute.get_replica_context()
    replicas = here.num_replicas_in_sync
    if replicas == 1:
        return examples
    replica, batch = here.replica_id_in_sync_group, tf.size(examples)
    return examples[replica * batch // replicas : (replica + 1) * batch // replicas]


def _for_each(first: tf.Tensor, last: tf.Tensor, body: Callable[[tf.Tensor], None]) -> None:
    """Run body(number) for first <= number < last, in order, inside the graph."""

    def once(number: tf.Tensor) -> tuple[tf.Tensor]:
        body(number)
        return (number + 1,)

    tf.while_loop(lambda number: number < last, once, (first,), parallel_iterations=1)


def _build_metrics(model: keras.Model) -> None:
    """Let the compiled metrics make their variables now.

    TensorFlow traces a function twice where its first call makes variables.
    """
    image, label = tf.zeros((1, *model.input_shape[1:])), tf.zeros(1, tf.uint8)
    model.compute_metrics(image, label, tf.zeros((1, *model.output_shape[1:])))
    model.reset_metrics()


def _mean_loss(
    model: keras.Model, images: tf.Tensor, labels: tf.Tensor, probabilities: tf.Tensor
) -> tf.Tensor:
    """Return the mean loss of these images; 0 for none, as a replica may get when evaluating."""
    loss = model.compute_loss(images, labels, probabilities)
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1:
        return loss
    loss *= tf.cast(replicas, loss.dtype)  # by which Keras has divided it
    return tf.where(tf.size(labels) > 0, loss, tf.zeros_like(loss))


def _results(model: keras.Model, loss: keras.Metric) -> Callable[[], dict[str, float]]:
    """Return a function that reads the loss and the compiled metrics, summed over all replicas."""

    def read() -> dict[str, tf.Tensor]:
        return {**model.get_metrics_result(), "loss": loss.result()}

    graph = tf.function(read, autograph=False)
    return lambda: {name: float(value) for name, value in graph().items()}
