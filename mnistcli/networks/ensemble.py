"""Several networks as one: their probabilities averaged, by a functional Keras model."""

from collections.abc import Sequence
from typing import Any

from mnistcli.networks import objectives
from mnistcli.networks.framework import keras
from mnistcli.networks.model import described

SMALLEST = 1e-30
"""Added to probabilities before their logarithm is taken: a softmax may round one to 0."""


def combine(
    members: Sequence[keras.Model], temperature: float, metrics: Sequence[str]
) -> tuple[keras.Model, keras.Model | None]:
    """Return the compiled ensemble of models, images (n, 28, 28) in, probabilities out.

    Its probabilities are softmax(log(mean of theirs) / temperature). With it, for `to_litert`, the
    same with features (n, d) as its first output: those of the first member that shows any.
    """
    named = [_named(member, f"member_{number}") for number, member in enumerate(members)]
    images = keras.Input((28, 28))
    model = keras.Model(
        images, _mean([each(images) for each in named], temperature), name="ensemble"
    )
    loss = "sparse_categorical_crossentropy"
    classes = model.output_shape[-1]
    # Nothing is trained here: of all optimizers, plain SGD has no state to be kept.
    model.compile(
        "sgd", loss=objectives.loss(loss), metrics=objectives.for_keras(loss, metrics, classes)
    )
    for each in named:
        if (seeing := described(each)) is not None:
            features, probabilities = seeing(images)
            outputs = [probabilities if one is each else one(images) for one in named]
            return model, keras.Model(images, [features, _mean(outputs, temperature)])
    return model, None


def _mean(outputs: Sequence[Any], temperature: float) -> Any:
    mean = keras.layers.Average()(outputs) if len(outputs) > 1 else outputs[0]
    logits = keras.ops.log(keras.layers.Rescaling(1.0, SMALLEST)(mean))
    return keras.layers.Softmax()(keras.layers.Rescaling(1 / temperature)(logits))


def _named(model: keras.Model, name: str) -> keras.Model:
    """Return a model under another name: within a graph, each needs its own."""
    if isinstance(model, keras.Sequential):
        return keras.Sequential([keras.Input((28, 28)), *model.layers], name=name)
    return keras.Model(model.inputs, model.outputs, name=name)
