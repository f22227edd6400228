"""The one door to Keras: build, compile, save, load, export."""

import inspect
import logging
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.cores import cores
from mnistcli.errors import ConversionError, ModelError
from mnistcli.networks import archive, digitness, objectives, own, schedule
from mnistcli.networks.catalogue import GENTLE, network
from mnistcli.networks.framework import convert_variables_to_constants_v2, keras, tf
from mnistcli.networks.source import Source
from mnistcli.runs.config import TrainingConfig

tf.get_logger().setLevel(logging.ERROR)
logging.getLogger("absl").setLevel(logging.ERROR)

FLAT = 2  # axes of a dense layer's input: images, features
STDERR = 2
BATCH = 250  # images computed at once, by each core

SETTINGS = {"adafactor": {"epsilon_1": 1e-16}}
"""Keras's 1e-30, squared, is 0 in float32: then pixels that are always black turn into NaN."""


def build(
    config: TrainingConfig, training_images: int, source: Source | None = None, classes: int = 10
) -> keras.Model:
    """Return the configured network of so many classes, initialised from the seed and compiled.

    Schedules run over all steps of training, which the number of training images decides. `source`
    is the Python file that the network comes from, if it does: this runs it. Raises NetworkError.
    """
    keras.utils.set_random_seed(config.seed)
    if source:
        model = own.build(source, classes)
    else:
        known = network(config.model)
        shape = {name: getattr(config, name) for name in known.shape}
        model = known.build(classes=classes, **shape)
    # Not keras.optimizers.get: it does not know every optimizer that Keras has (Lamb, as of 3.15).
    optimizers = {name.lower(): value for name, value in vars(keras.optimizers).items()}
    optimizer = optimizers[config.optimizer]
    default = inspect.signature(optimizer).parameters["learning_rate"].default
    steps = config.epochs * math.ceil(training_images / config.batch_size)
    if config.weights:  # what is learned already should not be shaken off
        default *= GENTLE
    rate = schedule.learning_rate(config.schedule, config.learning_rate or default, steps)
    model.compile(
        optimizer(rate, **SETTINGS.get(config.optimizer, {})),
        loss=objectives.loss(config.loss),
        metrics=objectives.for_keras(config.loss, config.metric, classes),
    )
    return model


def save(model: keras.Model, path: Path) -> None:
    """Write the compiled model with its optimizer to `path` (.keras), atomically."""
    with files.atomic_path(path) as part:
        named = part.with_suffix(".keras")  # Keras wants its suffix
        with _undated():
            model.save(named)
        named.replace(part)


@contextmanager
def _undated() -> Iterator[None]:
    """Write ZIP archives with their oldest date.

    Today's may be older: machines without a battery begin in 1970, ZIP in 1980.
    """
    clock = zipfile.time  # type: ignore[attr-defined]  # which zipfile has for itself
    oldest = SimpleNamespace(time=clock.time, localtime=lambda _: (1980, 1, 1, 0, 0, 0))
    zipfile.time = oldest  # type: ignore[attr-defined]
    try:
        yield
    finally:
        zipfile.time = clock  # type: ignore[attr-defined]


def load(data: bytes) -> keras.Model:
    """Return the compiled model in the bytes of a .keras file.

    Raises ModelError where it holds anything but built-in layers, or Keras cannot open it.
    """
    archive.check(data)
    with tempfile.NamedTemporaryFile(suffix=".keras") as file:  # Keras wants a path
        file.write(data)
        file.flush()
        try:
            return keras.models.load_model(file.name, safe_mode=True)
        except (ValueError, TypeError, OSError, KeyError, AttributeError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(
                f"Keras cannot open the model: {reason}. Train the run again."
            ) from error


def load_state(model: keras.Model, data: bytes) -> None:
    """Give a built, compiled model the weights and the optimizer's state in a .keras file.

    Nothing but arrays is read. Raises ModelError where they are another network's.
    """
    model.optimizer.build(model.trainable_variables)
    with tempfile.NamedTemporaryFile(suffix=".keras") as file:
        file.write(data)
        file.flush()
        try:
            model.load_weights(file.name)
        except (ValueError, TypeError, OSError, KeyError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"the saved model is another network's: {reason}.") from error


def to_litert(
    model: keras.Model, digits: NDArray[np.uint8] | None, seeing: keras.Model | None = None
) -> bytes:
    """Return the network as a LiteRT flatbuffer with the same input and output.

    A second output, (n,), is the probability that an image is no digit: found with some of the
    training images of `digits` (n, 28, 28), where the network's layers can be seen, by itself, or
    by a model with features as its first output that is given as `seeing`; and where digits are
    what it tells apart. Raises ConversionError where LiteRT lacks what the network computes.
    """
    seeing = None if digits is None else seeing or described(model)
    stranger = None
    if seeing is not None and digits is not None:
        stranger = digitness.fit(lambda images: outputs(seeing, images), digits)

    def answer(x: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        if seeing is None or stranger is None:
            return model(x, training=False)
        seen, probabilities = seeing(x, training=False)
        chosen = tf.one_hot(tf.argmax(probabilities, axis=1), probabilities.shape[1])
        logits = tf.matmul(seen, stranger.weights) + stranger.biases
        return probabilities, tf.sigmoid(tf.reduce_sum(logits * chosen, axis=1))

    signature = [tf.TensorSpec((None, 28, 28), tf.float32)]
    function = tf.function(answer, input_signature=signature)
    # The converter of concrete functions forgets the weights unless they are constants already.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    try:
        with _without_stderr():  # where the converter repeats at length what it raises
            converted: bytes = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    except Exception as error:  # whatever the converter raises
        raise ConversionError(_reason(error)) from error
    return converted


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Let what C++ writes to file descriptor 2 go nowhere."""
    kept = os.dup(STDERR)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no path of a file
        os.dup2(nowhere.fileno(), STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


def _reason(error: Exception) -> str:
    """Return which operations the converter's long message is about."""
    operations = sorted(set(re.findall(r"tf\.[A-Z]\w+", str(error))))
    return ", ".join(operations) or str(error).partition("\n")[0]


def outputs(model: keras.Model, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Return all outputs of a model, such as probabilities (n, k), for images (n, 28, 28).

    Each core computes a batch at a time: `model.predict` would compute one after the other.
    """
    graph = tf.function(
        lambda x: tf.nest.flatten(model(tf.cast(x, tf.float32), training=False)),
        input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8)],
        autograph=False,
    ).get_concrete_function()
    found = [np.empty((len(images), *each.shape[1:]), np.float32) for each in graph.outputs]

    def compute(first: int) -> None:
        batch = slice(first, first + BATCH)
        for whole, part in zip(found, graph(tf.constant(images[batch])), strict=True):
            whole[batch] = part

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(compute, range(0, len(images), BATCH)))
    return found


def described(model: keras.Model) -> keras.Model | None:
    """Return the model with features (n, d) as its first output, or None where it shows none.

    They are what the first dense layer behind a layer with weights is given, or, where layers are
    no mere sequence, the last.
    """
    if isinstance(model, keras.Sequential):
        images = values = keras.Input((28, 28))
        features, learned = None, False
        for layer in model.layers:
            dense = isinstance(layer, keras.layers.Dense) and len(values.shape) == FLAT
            if learned and features is None and dense:
                features = values
            values = layer(values)
            learned = learned or bool(layer.weights)
        return None if features is None else keras.Model(images, [features, values])
    last = logits_layer(model)
    return None if last is None else keras.Model(model.inputs, [last.input, model.outputs[0]])


def scale_logits(model: keras.Model, temperature: float) -> None:
    """Divide the logits by a temperature: the model's probabilities become softmax(logits / T).

    It is the weights of the last layer, `logits_layer`, that change: no other layer is added, and
    no digit is read differently.
    """
    last = logits_layer(model)
    assert last is not None  # noqa: S101 - for the type checker: who has asked
    last.set_weights([weights / temperature for weights in last.get_weights()])


def logits_layer(model: keras.Model) -> keras.Layer | None:
    """Return the dense layer that ends a model in a softmax; None where it ends otherwise."""
    if isinstance(model, keras.Sequential):
        last = model.layers[-1]
    else:  # a graph of layers has its last anywhere, a subclassed model shows no graph
        outputs = getattr(model, "outputs", None) or [None]
        last = next((layer for layer in model.layers if _output(layer) is outputs[0]), None)
    ends = isinstance(last, keras.layers.Dense) and last.activation is keras.activations.softmax
    return last if ends else None


def _output(layer: keras.Layer) -> Any:
    """Return what a layer returns in a graph of layers, where it is passed exactly once."""
    try:
        return layer.output
    except (AttributeError, ValueError):
        return layer  # no output of any graph
