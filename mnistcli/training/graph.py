"""The graphs in which a model is trained and measured: TensorFlow's part of the loop.

Each step reads its images and updates the model without coming back to Python; so does each
evaluation. Every batch is worked through in groups (`groups.py`), of which each replica of a
`tf.distribute` strategy takes its share. The model itself is not the strategy's: every worker
makes the same update of its own.
"""

import math
import threading
from collections.abc import Callable, Iterator
from functools import partial

from mnistcli.datasets.store import Split
from mnistcli.networks.catalogue import NETWORKS
from mnistcli.networks.framework import keras, tf
from mnistcli.runs.config import TrainingConfig
from mnistcli.training import augment, groups
from mnistcli.training.groups import Contribution, Tensors

PARTS = 12  # per epoch: often enough for a progress bar and Ctrl-C, too seldom to cost time
EVALUATION_GROUP = 500  # images; larger ones only take memory
FUSED = 8  # groups, at most, that become one program: each adds to the time that compiling takes

# What random numbers are for: each purpose has its own stream.
SHUFFLING, AUGMENTATION = 0, 1


class Trainer:
    """The graphs that train one model on one split."""

    def __init__(
        self,
        model: keras.Model,
        train: Split,
        config: TrainingConfig,
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._n = len(train.labels)
        self.steps = math.ceil(self._n / config.batch_size)
        self._part = math.ceil(self.steps / PARTS)
        self._model, self._config, self._strategy = model, config, strategy
        self._images, self._labels = tf.constant(train.images), tf.constant(train.labels)
        self._loss = tf.Variable(tf.zeros((), tf.float64))  # sum over an epoch's images
        model.optimizer.build(model.trainable_variables)
        _build_metrics(model)
        network = NETWORKS[config.model]
        self._contribute = groups.training_contribution(model, network.label_smoothing)
        self._read_metrics = tf.function(model.get_metrics_result, autograph=False)
        self._begin = tf.function(self._draw_epoch, autograph=False)
        # Whole steps in one compiled program are the fastest. But a program is for one device, and
        # a large one takes long to compile: then each group is a program, and the update another.
        compile_ = partial(tf.function, autograph=False, jit_compile=True)
        self._fused = compile_(self._run_fused)
        in_groups = partial(self._run_steps, compile_(self._contribute), compile_(self._update))
        alone = strategy.num_replicas_in_sync == 1
        fuse = alone and groups.count(config.batch_size) <= FUSED
        compiled = tf.function(self._gather_and_run if fuse else in_groups, autograph=False)
        run = partial(self._run_steps, self._contribute, self._update)
        plain = tf.function(run, autograph=False)
        full = self._n // config.batch_size if network.xla else 0
        self._ranges = ((compiled, 0, full), (plain, full, self.steps))
        if fuse and 0 < full < self.steps:
            # While XLA compiles, the other core makes the graph of the last, smaller batch.
            no_steps = (*self._begin(tf.constant(0, tf.int64)), tf.constant(0), tf.constant(0))
            threading.Thread(target=plain, args=no_steps).start()

    def epoch(self, epoch: int) -> Iterator[int]:
        """Train for an epoch, a part at a time; yield the number of steps done so far."""
        self._model.reset_metrics()
        self._loss.assign(0)
        order, changes = self._begin(tf.constant(epoch, tf.int64))
        for run, begin, end in self._ranges:
            for first in range(begin, end, self._part):
                last = min(first + self._part, end)
                run(order, changes, tf.constant(first), tf.constant(last))
                yield last

    def result(self, steps: int) -> dict[str, float]:
        """Return loss and compiled metrics over an epoch's images, after so many steps of it."""
        images = min(steps * self._config.batch_size, self._n)
        metrics = {name: float(value) for name, value in self._read_metrics().items()}
        return {**metrics, "loss": float(self._loss) / images}

    def _draw_epoch(self, epoch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the epoch's order of examples (n,) and their changes (n, 10) or (0, 10)."""
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), epoch])
        fold_in = tf.random.experimental.stateless_fold_in
        order = tf.random.experimental.stateless_shuffle(
            tf.range(self._n), seed=fold_in(seed, SHUFFLING)
        )
        changed = self._n if self._config.augment else 0
        return order, augment.draw(changed, fold_in(seed, AUGMENTATION))

    def _run_steps(
        self,
        contribute: Callable[..., Contribution],
        update: Callable[[Contribution, tf.Tensor], None],
        order: tf.Tensor,
        changes: tf.Tensor,
        first: tf.Tensor,
        last: tf.Tensor,
    ) -> None:
        """Do the steps first to last - 1; each replica computes its share of each batch."""
        size = self._config.batch_size

        def step(number: tf.Tensor) -> None:
            batch = order[number * size : (number + 1) * size]
            values = groups.current_values(self._model)
            sums = self._strategy.run(replica, args=(batch, *values))
            update(_from_one_replica(sums, self._strategy), tf.size(batch))

        def replica(batch: tf.Tensor, weights: Tensors, state: Tensors) -> Contribution:
            images = tf.size(batch)

            def group(begin: tf.Tensor, end: tf.Tensor) -> Contribution:
                x, y = self._read(batch[begin:end], changes)
                return contribute(weights, state, tf.cast(x, tf.float32), y, images)

            return groups.shared(group, images, self._contribute.structured_outputs)

        _for_each(first, last, step)

    def _gather_and_run(
        self, order: tf.Tensor, changes: tf.Tensor, first: tf.Tensor, last: tf.Tensor
    ) -> None:
        """Do the full steps first to last - 1 in one compiled program.

        The batches are read beforehand, by TensorFlow: XLA is slow at it, and warps nothing. It
        also needs one fixed shape, thus the last part is filled up with batches that aren't used.
        """
        size = self._config.batch_size
        examples = order[first * size : last * size]
        unused = self._part * size - tf.size(examples)
        examples = tf.reshape(tf.pad(examples, [[0, unused]]), (self._part * size,))
        images, labels = self._read(examples, changes)
        self._fused(
            tf.reshape(images, (self._part, size, *images.shape[1:])),
            tf.reshape(labels, (self._part, size)),
            last - first,
            tf.constant(size),
        )

    def _run_fused(
        self, images: tf.Tensor, labels: tf.Tensor, steps: tf.Tensor, batch: tf.Tensor
    ) -> None:
        """Do the first steps of those whose images and labels are here, in batches of one size.

        The size is a parameter, too: where XLA knows a number, it may round otherwise.
        """

        def step(number: tf.Tensor) -> None:
            values = groups.current_values(self._model)
            x, y = tf.cast(images[number], tf.float32), labels[number]

            def group(begin: int, end: int) -> Contribution:
                return self._contribute(*values, x[begin:end], y[begin:end], batch)

            self._update(groups.unrolled(group, self._config.batch_size), batch)

        _for_each(tf.constant(0), steps, step)

    def _read(self, examples: tf.Tensor, changes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the images and labels of examples, changed where the configuration says so."""
        images = tf.gather(self._images, examples)
        if self._config.augment:
            images = augment.change(tf.cast(images, tf.float32), tf.gather(changes, examples))
        return images, tf.gather(self._labels, examples)

    def _update(self, sums: Contribution, images: tf.Tensor) -> None:
        """Do one optimizer step, given what a batch of so many images adds up to."""
        model = self._model
        gradients = [tf.cast(each / groups.GRID, tf.float32) for each in sums.gradients]
        model.optimizer.apply(gradients, model.trainable_variables)
        for variable, total in zip(model.non_trainable_variables, sums.state, strict=True):
            variable.assign(tf.cast(total / tf.cast(images, tf.float64), variable.dtype))
        self._loss.assign_add(sums.loss)
        _add_to_metrics(model, sums.metrics)


def evaluation(
    model: keras.Model, split: Split, strategy: tf.distribute.Strategy
) -> Callable[[], dict[str, float]]:
    """Return a function that measures the model's loss and metrics on all images of a split."""
    images, labels = tf.constant(split.images), tf.constant(split.labels)
    contribute = groups.evaluation_contribution(model)

    def replica(weights: Tensors, state: Tensors) -> Contribution:
        def group(begin: tf.Tensor, end: tf.Tensor) -> Contribution:
            x, y = tf.cast(images[begin:end], tf.float32), labels[begin:end]
            return contribute(weights, state, x, y)

        n, like = tf.size(labels), contribute.structured_outputs
        return groups.shared(group, n, like, EVALUATION_GROUP)

    def run() -> dict[str, tf.Tensor]:
        sums = strategy.run(replica, args=groups.current_values(model))
        sums = _from_one_replica(sums, strategy)
        _add_to_metrics(model, sums.metrics)
        return {**model.get_metrics_result(), "loss": sums.loss / len(split.labels)}

    graph = tf.function(run, autograph=False)

    def evaluate() -> dict[str, float]:
        model.reset_metrics()
        return {name: float(value) for name, value in graph().items()}

    return evaluate


def _from_one_replica(sums: Contribution, strategy: tf.distribute.Strategy) -> Contribution:
    """Return one replica's copy of what all have."""
    return tf.nest.map_structure(lambda each: strategy.experimental_local_results(each)[0], sums)


def _for_each(first: tf.Tensor, last: tf.Tensor, body: Callable[[tf.Tensor], None]) -> None:
    """Run body(number) for first <= number < last, in order, inside the graph."""

    def once(number: tf.Tensor) -> tuple[tf.Tensor]:
        body(number)
        return (number + 1,)

    tf.while_loop(lambda number: number < last, once, (first,), parallel_iterations=1)


def _build_metrics(model: keras.Model) -> None:
    """Let the compiled metrics make their variables now, outside of any graph."""
    model.compute_metrics(None, tf.zeros(1, tf.uint8), tf.zeros((1, *model.output_shape[1:])))
    model.reset_metrics()


def _add_to_metrics(model: keras.Model, increments: Tensors) -> None:
    for variable, increment in zip(model.metrics_variables, increments, strict=True):
        variable.assign_add(tf.cast(increment, variable.dtype))
