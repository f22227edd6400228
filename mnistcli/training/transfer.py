"""The weights of a complete run as the beginning of another, or of more of its own epochs."""

from collections.abc import Sequence

import numpy as np

from mnistcli.errors import ModelError, NetworkError
from mnistcli.networks import model
from mnistcli.networks.framework import keras
from mnistcli.networks.source import Source
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import Results
from mnistcli.runs.run import KERAS_MODEL, METRICS, Run
from mnistcli.training import checkpoint


def begun_with(
    parent: Run, config: TrainingConfig, classes: Sequence[str], source: Source | None
) -> bytes:
    """Return the checkpoint, of no epoch, that a training begins with: a run's weights.

    The optimizer begins anew, and so does the last layer where the classes are others. Raises
    RunError or ModelError where the run's model cannot be opened, NetworkError where it is of
    another shape.
    """
    old = _network(parent, source)
    if parent.temperature not in (
        None,
        1,
    ):  # training works on the logits as they were before calibration
        model.scale_logits(old, 1 / parent.temperature)
    new = model.build(config, 1, source, len(classes))
    new.optimizer.build(new.trainable_variables)
    last = model.logits_layer(new)
    others = tuple(classes) != parent.classes
    fresh = {id(each) for each in last.weights} if last is not None and others else set()
    if len(old.weights) != len(new.weights):
        raise NetworkError(
            f"the network of run {parent.name} has {len(old.weights)} arrays of weights, and the "
            f"new one {len(new.weights)}: expected the same network."
        )
    for variable, value in zip(new.weights, old.weights, strict=True):
        if id(variable) in fresh:
            continue
        if tuple(variable.shape) != tuple(value.shape):
            raise NetworkError(
                f"{variable.path} has the shape {tuple(variable.shape)}, and in run {parent.name} "
                f"{tuple(value.shape)}: expected the same network, but for its last dense layer."
            )
        variable.assign(np.asarray(value))
    return checkpoint.packed(new, (), None)


def continued(this: Run, source: Source | None) -> bytes:
    """Return the checkpoint with which a complete run ended: its model and history say it all."""
    network = model.build(this.config, 1, source, len(this.classes))
    model.load_state(network, this.verified(KERAS_MODEL))
    history = Results.from_json(this.verified(METRICS)).history
    return checkpoint.packed(network, history, None)


def _network(parent: Run, source: Source | None) -> keras.Model:
    """Return a run's network: as it was saved, or, where it has layers of its own, built anew."""
    saved = parent.verified(KERAS_MODEL)
    try:
        return model.load(saved)
    except ModelError:
        if source is None:
            raise
        network = model.build(parent.config, 1, source, len(parent.classes))
        model.load_state(network, saved)
        return network
