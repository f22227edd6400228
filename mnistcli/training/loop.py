"""The training loop: one for every network and device; yields values, prints nothing.

The data lies in memory as it came, uint8. Shuffling, gathering, augmentation and the steps run
inside the TensorFlow graph (`graph.py`); Python looks in a few times an epoch. What an epoch does
depends only on the seed, its number, and the variables of model and optimizer: with these put back,
it can be repeated bit for bit.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mnistcli.datasets.store import Split
from mnistcli.errors import TrainingError
from mnistcli.networks.framework import keras, tf
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.training.graph import Trainer, evaluation


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
    strategy: tf.distribute.Strategy | None = None,
    validation: Split | None = None,
    first_epoch: int = 1,
    best: Best | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Iterator[Progress | EpochEnd]:
    """Train a compiled model, yielding progress and each epoch's end.

    The loss, optimizer and metrics are those the model was compiled with. A metric's variables must
    be sums over images, as a mean's are, since batches are worked through in groups (`groups.py`);
    and a network may draw no random numbers, as dropout does: all groups would draw the same ones.

    To resume, put back the variables of model and optimizer and pass the epoch to begin with and,
    where training may stop early, the best epoch before it. With a `tf.distribute` strategy, all of
    its workers call this alike; the model is a plain one, not made in the strategy's scope.

    With `config.early_stopping`, training ends after that many epochs without a lower validation
    loss, and the model gets back the weights of its best epoch.

    Raises TrainingError where the loss is not a number, or early stopping has nothing to watch.
    """
    if config.early_stopping is not None and validation is None:
        raise TrainingError(
            "early stopping watches the validation loss, but no images are held out for validation."
            " Give a validation split, such as 0.1, or leave early stopping out."
        )
    strategy = strategy or tf.distribute.get_strategy()
    trainer = Trainer(model, train, config, strategy)
    evaluate = evaluation(model, validation, strategy) if validation is not None else None
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
                images_per_second=images / (time.monotonic() - started),
            )
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            raise _diverged(epoch, math.nan, model, config)  # in the epoch's very last step
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
        if config.early_stopping is not None and (best is None or held_out["loss"] < best.val_loss):
            best = Best(epoch, held_out["loss"], model.get_weights())
        yield EpochEnd(record, best)
    if best is not None:
        model.set_weights(best.weights)
    calls.on_train_end()


def _out_of_patience(epoch: int, best: Best | None, config: TrainingConfig) -> bool:
    patience = config.early_stopping
    return patience is not None and best is not None and epoch - best.epoch >= patience


def _diverged(epoch: int, loss: float, model: keras.Model, config: TrainingConfig) -> TrainingError:
    rate = float(model.optimizer.learning_rate)
    return TrainingError(
        f"the loss became {loss} in epoch {epoch}, where a finite number was expected. "
        f"Lower the learning rate (now {rate:.3g}, {config.optimizer}) and train again."
    )
