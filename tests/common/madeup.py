"""Runs that hold no model, for the tests of `mnistcli runs`, which does not look."""

import json

import pytest

from mnistcli.networks.catalogue import configure
from mnistcli.runs import folders, run

DATASET = {"name": "synthetic", "digest": "0" * 64}
SECOND = {
    "epoch": 1,
    "loss": 0.5,
    "accuracy": 0.8,
    "val_loss": None,
    "val_accuracy": None,
    "seconds": 1.0,
}


def make(folder, name, *, accuracy=0.9, seconds=5.0, epochs=3, **choices):
    """A complete run whose files hold no model: `runs` does not look."""
    config = configure(**{"dataset": "synthetic", "epochs": epochs, **choices})
    made = run.create(
        folders.reserve(folder, name, config.model), config, [DATASET], {"mnistcli": "0.1.0"}
    )
    history = [
        SECOND | {"epoch": k, "loss": 1 / k, "accuracy": 1 - 0.3 / k} for k in range(1, epochs + 1)
    ]
    metrics = {
        "version": 1,
        "run": str(made.path),
        "history": history,
        "test": {"accuracy": accuracy, "loss": 0.25},
        "seconds": seconds,
    }
    (made.path / run.METRICS).write_text(json.dumps(metrics))
    for artifact in (run.KERAS_MODEL, run.LITERT_MODEL):
        (made.path / artifact).write_bytes(b"0" * 1000)
    return run.complete(made, 1.0)


def unfinished(folder, name):
    config = configure(dataset="synthetic")
    return run.create(folders.reserve(folder, name, config.model), config, [DATASET], {}).path


@pytest.fixture
def folder(tmp_path):
    """Three complete runs, oldest first: slow, good, other."""
    runs = tmp_path / "runs"
    make(runs, "slow", seconds=60.0, accuracy=0.8, optimizer="sgd", seed=7)
    make(runs, "good", accuracy=0.99, model="cnn", epochs=2)
    make(runs, "other", accuracy=0.9, validation_split=0.25)
    return runs
