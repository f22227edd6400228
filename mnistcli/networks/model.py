"""The one door to Keras: build, compile, save, load, export."""

import inspect
import logging
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.errors import ModelError
from mnistcli.networks import archive, digitness, schedule
from mnistcli.networks.catalogue import NETWORKS
from mnistcli.networks.framework import convert_variables_to_constants_v2, keras, tf
from mnistcli.runs.config import TrainingConfig

tf.get_logger().setLevel(logging.ERROR)
logging.getLogger("absl").setLevel(logging.ERROR)

BATCH = 1000  # images described at once

SETTINGS = {"adafactor": {"epsilon_1": 1e-16}}
"""Keras's 1e-30, squared, is 0 in float32: then pixels that are always black turn into NaN."""


def build(config: TrainingConfig, training_images: int) -> keras.Model:
    """Return the configured network, initialised from the seed and compiled.

    Schedules run over all steps of training, which the number of training images decides.
    """
    keras.utils.set_random_seed(config.seed)
    model = NETWORKS[config.model].build()
    # Not keras.optimizers.get: it does not know every optimizer that Keras has (Lamb, as of 3.15).
    optimizers = {name.lower(): value for name, value in vars(keras.optimizers).items()}
    optimizer = optimizers[config.optimizer]
    default = inspect.signature(optimizer).parameters["learning_rate"].default
    steps = config.epochs * math.ceil(training_images / config.batch_size)
    rate = schedule.learning_rate(config.schedule, config.learning_rate or default, steps)
    model.compile(
        optimizer(rate, **SETTINGS.get(config.optimizer, {})),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def save(model: keras.Model, path: Path) -> None:
    """Write the compiled model with its optimizer to `path` (.keras), atomically."""
    with files.atomic_path(path) as part:
        named = part.with_suffix(".keras")  # Keras wants its suffix
        model.save(named)
        named.replace(part)


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


def to_litert(model: keras.Model, images: NDArray[np.uint8]) -> bytes:
    """Return the network as a LiteRT flatbuffer with the same input and output.

    A second output, (n,), is the probability that an image is no digit: found with some of the
    training images (n, 28, 28), where the network's layers can be seen.
    """
    features = _features(model)
    described = (
        keras.Model(model.inputs, [features, model.outputs[0]]) if features is not None else None
    )
    stranger = None
    if described is not None:
        stranger = digitness.fit(
            lambda images: described.predict(
                images.astype(np.float32), batch_size=BATCH, verbose=0
            ),
            images,
        )

    def answer(x: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        if described is None or stranger is None:
            return model(x, training=False)
        seen, probabilities = described(x, training=False)
        chosen = tf.one_hot(tf.argmax(probabilities, axis=1), probabilities.shape[1])
        logits = tf.matmul(seen, stranger.weights) + stranger.biases
        return probabilities, tf.sigmoid(tf.reduce_sum(logits * chosen, axis=1))

    signature = [tf.TensorSpec((None, 28, 28), tf.float32)]
    function = tf.function(answer, input_signature=signature)
    # The converter of concrete functions forgets the weights unless they are constants already.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converted: bytes = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    return converted


def _features(model: keras.Model) -> Any:
    """Return what the first dense layer behind a layer with weights is given, (n, d)."""
    if not isinstance(model, keras.Sequential):
        return None
    learned = False
    for layer in model.layers:
        if learned and isinstance(layer, keras.layers.Dense):
            return layer.input
        learned = learned or bool(layer.weights)
    return None


def scale_logits(model: keras.Model, temperature: float) -> None:
    """Divide the logits by a temperature: the model's probabilities become softmax(logits / T).

    It is the weights of the last layer, which must be Dense, that change: no other layer is added,
    and no digit is read differently.
    """
    last = model.layers[-1]
    last.set_weights([weights / temperature for weights in last.get_weights()])
