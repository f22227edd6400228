"""What training minimises and measures: Keras's losses and metrics, by the names in `choices`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli.networks.framework import keras, tf

OF_INTEGERS = (
    "sparse_",
    "categorical_generalized",
)  # such losses and metrics take labels, all others one-hot vectors
SMOOTHED = ("categorical_crossentropy", "sparse_categorical_crossentropy")
SETTINGS: dict[str, dict[str, Any]] = {
    "f1_score": {"average": "macro"},
    "f_beta_score": {"average": "macro"},
    "one_hot_mean_io_u": {"sparse_y_pred": False},
}
"""What Keras wants to be told, or else returns a value for each class."""
COUNTING = ("one_hot_mean_io_u",)
"""Those that want to be told how many classes there are."""


def targets(of: Any, labels: Any, classes: int) -> Any:
    """Return what a loss or metric compares with: labels (n,), or one-hot (n, classes).

    It is known by its name. This is the one place where labels become one-hot.
    """
    name = getattr(of, "name", of)
    if name.startswith(OF_INTEGERS):
        return labels
    return tf.one_hot(tf.cast(labels, tf.int32), classes)


def smooths(loss: str) -> bool:
    """Return whether labels may be smoothed for this loss: it is cross-entropy."""
    return loss in SMOOTHED


class Measure:
    """A metric of so many classes, and the labels it wants. Its variables are sums over images."""

    def __init__(self, name: str, classes: int) -> None:
        kind = "sparse_categorical_accuracy" if name == "accuracy" else name
        self._targets = kind
        self._classes = classes
        self.name = name
        settings = SETTINGS.get(kind, {})
        if kind in COUNTING:
            settings = {"num_classes": classes, **settings}
        self.metric = _class_of(kind)(name=name, **settings)
        self.update(tf.zeros(1, tf.uint8), tf.one_hot([0], classes))  # makes its variables
        self.metric.reset_state()
        self.variables: Sequence[keras.Variable] = self.metric.variables
        self.reset = self.metric.reset_state
        self.result = self.metric.result

    def update(self, labels: Any, probabilities: Any) -> None:
        """Add images: labels (n,) and probabilities (n, classes)."""
        self.metric.update_state(targets(self._targets, labels, self._classes), probabilities)


def measures(names: Sequence[str], classes: int) -> list[Measure]:
    """Return the accuracy, and the metrics of these names, for so many classes."""
    return [Measure(name, classes) for name in ("accuracy", *names)]


def measured(
    names: Sequence[str], labels: NDArray[np.uint8], probabilities: NDArray[np.float32]
) -> dict[str, float]:
    """Return the metrics of these names over images: labels (n,) and probabilities (n, k)."""
    found = [Measure(name, probabilities.shape[1]) for name in names]
    for each in found:
        each.update(labels, probabilities)
    return {each.name: float(each.result()) for each in found}


def loss(name: str) -> Any:
    """Return what a model is compiled with: a name where Keras knows the loss by it."""
    unknown = {
        "categorical_generalized_cross_entropy": keras.losses.CategoricalGeneralizedCrossEntropy
    }
    return unknown[name](name=name) if name in unknown else name


def for_keras(loss: str, names: Sequence[str], classes: int) -> list[str | keras.Metric]:
    """Return what a model is compiled with: those metrics that want the labels its loss wants."""
    of_integers = loss.startswith(OF_INTEGERS)
    fitting = [name for name in names if name.startswith(OF_INTEGERS) == of_integers]
    return ["accuracy", *(Measure(name, classes).metric for name in fitting)]


def _class_of(name: str) -> Any:
    classes = {each.lower(): value for each, value in vars(keras.metrics).items()}
    return classes[name.replace("_", "")]
