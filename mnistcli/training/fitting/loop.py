"""The training loop: one for every network and device; yields values, prints nothing.

The data lies in memory as it came, uint8. Shuffling, gathering, augmentation and the steps run
inside the TensorFlow graph (`graph.py`); Python looks in a few times an epoch. What an epoch does
depends only on the seed, its number, and the variables of model and optimizer: with these put back,
it can be repeated bit for bit.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mnistcli.datasets.store import Split
from mnistcli.errors import DivergedError
from mnistcli.networks.framework import keras, tf
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.training.fitting.graph import Trainer, evaluation

FEW = 64  # images, to see whether the network can be computed with


@dataclass(frozen=True)
class Progress:
    """Where training stands within an epoch; loss, accuracy, metrics are the epoch's so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    metrics: Mapping[str, float]
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
    strategy: tf.distribute.Strategy | None = None,
    validation: Split | None = None,
    closing: int | None = None,
    first_epoch: int = 1,
    best: Best | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Iterator[Progress | EpochEnd]:
    """Train a compiled model, yielding progress and each epoch's end.

    Loss and optimizer are those the model was compiled with. A network may draw random numbers, as
    dropout does: they follow from the seed, the epoch, the step and the group (`groups.py`).

    With `closing`, the last quarter of the epochs, as long as the others, is of so many of the
    training images, from their beginning.

    To resume, put back the variables of model and optimizer and pass the epoch to begin with and,
    where training may stop early, the best epoch before it. With a `tf.distribute` strategy, all of
    its workers call this alike; the model is a plain one, not made in the strategy's scope.

    With `config.early_stopping`, training ends after that many epochs without a lower validation
    loss, and the model gets back the weights of its best epoch.

    Raises DivergedError where the loss is not a number, NetworkError where what the network computes cannot be repeated.
    """
    strategy = strategy or tf.distribute.get_strategy()
    trainer = Trainer(model, train, config, strategy, closing)
    evaluate = (
        evaluation(model, validation, config.metric, strategy) if validation is not None else None
    )
    calls = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=config.epochs)
    model.stop_training = False
    calls.on_train_begin()
    for epoch in range(first_epoch, config.epochs + 1):
        if _out_of_patience(epoch - 1, best, config) or model.stop_training:
            break
        started = time.monotonic()
        calls.on_epoch_begin(epoch - 1)  # Keras counts from 0
        step = 0
        for last in trainer.epoch(epoch):
            calls.on_train_batch_begin(step)
            step, logs = last, trainer.result(last)
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
                metrics={name: logs[name] for name in config.metric},
                images_per_second=images / (time.monotonic() - started),
            )
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            raise _diverged(epoch, math.nan, model, config)  # in the epoch's very last step
        held_out = evaluate() if evaluate is not None else {}
        if not math.isfinite(held_out.get("loss", 0.0)):
            raise _diverged(epoch, held_out["loss"], model, config)
        calls.on_epoch_end(epoch - 1, logs | {f"val_{k}": v for k, v in held_out.items()})
        record = EpochRecord(
            epoch=epoch,
            loss=logs["loss"],
            accuracy=logs["accuracy"],
            val_loss=held_out.get("loss"),
            val_accuracy=held_out.get("accuracy"),
            metrics={name: logs[name] for name in config.metric},
            val_metrics={name: held_out[name] for name in config.metric if held_out},
            seconds=time.monotonic() - started,
        )
        if config.early_stopping is not None and (best is None or held_out["loss"] < best.val_loss):
            best = Best(epoch, held_out["loss"], model.get_weights())
        yield EpochEnd(record, best)
    if best is not None:
        model.set_weights(best.weights)
    few = train.images[:FEW].astype(np.float32)
    if not np.isfinite(np.asarray(model(few, training=False))).all():  # finite weights, but huge
        raise _diverged(config.epochs, math.nan, model, config)
    calls.on_train_end()


def _out_of_patience(epoch: int, best: Best | None, config: TrainingConfig) -> bool:
    patience = config.early_stopping
    return patience is not None and best is not None and epoch - best.epoch >= patience


def _diverged(epoch: int, loss: float, model: keras.Model, config: TrainingConfig) -> DivergedError:
    rate = float(model.optimizer.learning_rate)
    return DivergedError(
        f"the loss became {loss} in epoch {epoch}, where a finite number was expected. "
        f"Lower the learning rate (now {rate:.3g}, {config.optimizer}) and train again."
    )
