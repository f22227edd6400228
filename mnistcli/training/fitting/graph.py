"""The graphs in which a model is trained and measured: TensorFlow's part of the loop.

Each step reads its images and updates the model without coming back to Python; so does each
evaluation. Every batch is worked through in groups (`groups.py`), of which each replica of a
`tf.distribute` strategy takes its share. The model itself is not the strategy's: every worker
makes the same update of its own.
"""

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from mnistcli.datasets.store import Split
from mnistcli.networks import anatomy, objectives
from mnistcli.networks.catalogue import network
from mnistcli.networks.framework import keras, tf
from mnistcli.networks.objectives import Measure
from mnistcli.runs.config import TrainingConfig
from mnistcli.training.fitting import augment, groups
from mnistcli.training.fitting.groups import Contribution, Tensors

PARTS = 12  # per epoch: often enough for a progress bar and Ctrl-C, too seldom to cost time
EVALUATION_GROUP = 500  # images; larger ones only take memory
CLOSING = 0.25  # of the epochs, rounded: those that may be of some of the images alone
FUSED = 8  # groups, at most, that become one program: each adds to the time that compiling takes

# What random numbers are for: each purpose has its own stream.
SHUFFLING, AUGMENTATION, NETWORK = 0, 1, 2

Drawn = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""What is drawn for an epoch: the order of examples (n,), their changes (n, 10) or (0, 10), and
the seeds (steps, groups, generators, 2) of what the network draws."""


class Trainer:
    """The graphs that train one model on one split."""

    def __init__(
        self,
        model: keras.Model,
        train: Split,
        config: TrainingConfig,
        strategy: tf.distribute.Strategy,
        closing: int | None = None,
    ) -> None:
        self._n = len(train.labels)
        self.steps = math.ceil(self._n / config.batch_size)
        self._part = math.ceil(self.steps / PARTS)
        self._model, self._config, self._strategy = model, config, strategy
        self._closing = closing
        self._before_closing = config.epochs - int(CLOSING * config.epochs + 0.5)
        self._images, self._labels = tf.constant(train.images), tf.constant(train.labels)
        self._loss = tf.Variable(tf.zeros((), tf.float64))  # sum over an epoch's images
        model.optimizer.build(model.trainable_variables)
        self._metrics = objectives.measures(config.metric, len(train.classes))
        known = network(config.model)
        smoothing = known.label_smoothing if objectives.smooths(config.loss) else 0.0
        self._group = groups.training_contribution(model, self._metrics, smoothing)
        self._read_metrics = tf.function(self._results, autograph=False)
        self._begin = tf.function(self._draw_epoch, autograph=False)
        # Whole steps in one compiled program are the fastest. But a program is for one device, and
        # a large one takes long to compile: then each group is a program, and the update another.
        compile_ = partial(tf.function, autograph=False, jit_compile=True)
        self._fused = compile_(self._run_fused)
        in_groups = partial(self._run_steps, compile_(self._group.call), compile_(self._update))
        alone = strategy.num_replicas_in_sync == 1
        fuse = alone and groups.count(config.batch_size) <= FUSED and not known.threads
        compiled = tf.function(self._gather_and_run if fuse else in_groups, autograph=False)
        run = partial(self._run_steps, self._group.call, self._update)
        plain = tf.function(run, autograph=False)
        full = self._n // config.batch_size if anatomy.compiles(model) else 0
        self._ranges = ((compiled, 0, full), (plain, full, self.steps))
        if fuse and 0 < full < self.steps:
            # While XLA compiles, the other core makes the graph of the last, smaller batch.
            no_steps = (self._begin(tf.constant(0, tf.int64)), tf.constant(0), tf.constant(0))
            # Python makes one graph at a time: this first.
            compiled.get_concrete_function(*no_steps)
            threading.Thread(target=plain, args=no_steps).start()

    def epoch(self, epoch: int) -> Iterator[int]:
        """Train for an epoch, a part at a time; yield the number of steps done so far."""
        for metric in self._metrics:
            metric.reset()
        self._loss.assign(0)
        drawn = self._begin(tf.constant(epoch, tf.int64))
        for run, begin, end in self._ranges:
            for first in range(begin, end, self._part):
                last = min(first + self._part, end)
                run(drawn, tf.constant(first), tf.constant(last))
                yield last

    def result(self, steps: int) -> dict[str, float]:
        """Return loss and compiled metrics over an epoch's images, after so many steps of it."""
        images = min(steps * self._config.batch_size, self._n)
        metrics = {name: float(value) for name, value in self._read_metrics().items()}
        return {**metrics, "loss": float(self._loss) / images}

    def _results(self) -> dict[str, tf.Tensor]:
        return {metric.name: metric.result() for metric in self._metrics}

    def _draw_epoch(self, epoch: tf.Tensor) -> Drawn:
        """Return what is random in an epoch: it follows from the seed and the epoch's number."""
        seed = tf.stack([tf.constant(self._config.seed, tf.int64), epoch])
        fold_in = tf.random.experimental.stateless_fold_in
        order = tf.random.experimental.stateless_shuffle(
            tf.range(self._n), seed=fold_in(seed, SHUFFLING)
        )
        if self._closing is not None:  # these images alone, as often as it takes
            order %= tf.where(epoch > self._before_closing, self._closing, self._n)
        changed = self._n if self._config.augment else 0
        generators = len(groups.generators(self._model))
        of_a_step = groups.count(min(self._config.batch_size, self._n))
        seeds = tf.random.stateless_uniform(
            (self.steps, of_a_step, generators, 2),
            fold_in(seed, NETWORK),
            minval=None,
            maxval=None,
            dtype=tf.int32,
        )
        return order, augment.draw(changed, fold_in(seed, AUGMENTATION)), seeds

    def _run_steps(
        self,
        contribute: Callable[..., Contribution],
        update: Callable[[Contribution, tf.Tensor], None],
        drawn: Drawn,
        first: tf.Tensor,
        last: tf.Tensor,
    ) -> None:
        """Do the steps first to last - 1; each replica computes its share of each batch."""
        size = self._config.batch_size
        order, changes, all_seeds = drawn

        def step(number: tf.Tensor) -> None:
            batch = order[number * size : (number + 1) * size]
            values = groups.current_values(self._model)
            sums = self._strategy.run(replica, args=(batch, all_seeds[number], *values))
            update(_from_one_replica(sums, self._strategy), tf.size(batch))

        def replica(
            batch: tf.Tensor, seeds: tf.Tensor, weights: Tensors, others: Tensors
        ) -> Contribution:
            images = tf.size(batch)

            def group(number: tf.Tensor, begin: tf.Tensor, end: tf.Tensor) -> Contribution:
                x, y = self._read(batch[begin:end], changes)
                return contribute(weights, others, seeds[number], tf.cast(x, tf.float32), y, images)

            return groups.shared(group, images, self._group.like)

        _for_each(first, last, step)

    def _gather_and_run(self, drawn: Drawn, first: tf.Tensor, last: tf.Tensor) -> None:
        """Do the full steps first to last - 1 in one compiled program.

        The batches are read beforehand, by TensorFlow: XLA is slow at it, and warps nothing. It
        also needs one fixed shape, thus the last part is filled up with batches that aren't used.
        """
        size = self._config.batch_size
        order, changes, seeds = drawn
        examples = order[first * size : last * size]
        unused = self._part * size - tf.size(examples)
        examples = tf.reshape(tf.pad(examples, [[0, unused]]), (self._part * size,))
        images, labels = self._read(examples, changes)
        steps = tf.pad(
            seeds[first:last], [[0, self._part - (last - first)], [0, 0], [0, 0], [0, 0]]
        )
        self._fused(
            tf.reshape(images, (self._part, size, *images.shape[1:])),
            tf.reshape(labels, (self._part, size)),
            tf.reshape(steps, (self._part, *seeds.shape[1:])),
            last - first,
            tf.constant(size),
        )

    def _run_fused(
        self,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor,
        steps: tf.Tensor,
        batch: tf.Tensor,
    ) -> None:
        """Do the first steps of those whose images and labels are here, in batches of one size.

        The size is a parameter, too: where XLA knows a number, it may round otherwise.
        """

        def step(number: tf.Tensor) -> None:
            values = groups.current_values(self._model)
            x, y = tf.cast(images[number], tf.float32), labels[number]

            def group(group: int, begin: int, end: int) -> Contribution:
                x_, y_ = x[begin:end], y[begin:end]
                return self._group.call(*values, seeds[number, group], x_, y_, batch)

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
        # First what the forward pass moves: it may be weights, as in spectral normalisation.
        for variable, total in zip(self._group.moved, sums.state, strict=True):
            variable.assign(tf.cast(total / tf.cast(images, tf.float64), variable.dtype))
        model.optimizer.apply(gradients, model.trainable_variables)
        self._loss.assign_add(sums.loss)
        _add_to_metrics(self._metrics, sums.metrics)


def evaluation(
    model: keras.Model, split: Split, names: Sequence[str], strategy: tf.distribute.Strategy
) -> Callable[[], dict[str, float]]:
    """Return a function that measures loss, accuracy and metrics of these names on a split."""
    images, labels = tf.constant(split.images), tf.constant(split.labels)
    metrics = objectives.measures(names, len(split.classes))
    contribute, like = (traced := groups.evaluation_contribution(model, metrics)).call, traced.like

    def replica(weights: Tensors, others: Tensors) -> Contribution:
        def group(_: tf.Tensor, begin: tf.Tensor, end: tf.Tensor) -> Contribution:
            x, y = tf.cast(images[begin:end], tf.float32), labels[begin:end]
            return contribute(weights, others, x, y)

        return groups.shared(group, tf.size(labels), like, EVALUATION_GROUP)

    def run() -> dict[str, tf.Tensor]:
        sums = strategy.run(replica, args=groups.current_values(model))
        sums = _from_one_replica(sums, strategy)
        _add_to_metrics(metrics, sums.metrics)
        return {m.name: m.result() for m in metrics} | {"loss": sums.loss / len(split.labels)}

    graph = tf.function(run, autograph=False)

    def evaluate() -> dict[str, float]:
        for metric in metrics:
            metric.reset()
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


def _add_to_metrics(metrics: Sequence[Measure], increments: Tensors) -> None:
    variables = [variable for metric in metrics for variable in metric.variables]
    for variable, increment in zip(variables, increments, strict=True):
        variable.assign_add(tf.cast(increment, variable.dtype))
