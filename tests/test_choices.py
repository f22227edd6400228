"""What may be chosen for a training: optimizers, learning rates, and what is no choice."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mnistcli.choices import OPTIMIZERS
from mnistcli.networks.catalogue import configure

CONFIG = configure(dataset="synthetic", epochs=1, hidden=(8,))

UNUSUAL = ("adafactor", "lamb", "muon", "sgd")
"""One with a setting of ours, one that Keras cannot find by name, one for matrices, the simplest."""


def test_the_list_of_optimizers_is_keras_own():
    import keras

    wrappers = {"LossScaleOptimizer", "MultiOptimizer", "Optimizer"}
    built_in = {
        name.lower()
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type)
        and issubclass(value, keras.optimizers.Optimizer)
        and name not in wrappers
    }
    assert set(OPTIMIZERS) == built_in


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_takes_a_step(optimizer):
    import keras

    from mnistcli.networks import model

    network = model.build(configure(optimizer=optimizer, hidden=(8,)), training_images=8)
    assert type(network.optimizer).__name__.lower() == optimizer
    variables = network.trainable_variables
    before = [variable.numpy() for variable in variables]
    network.optimizer.apply([keras.ops.ones_like(each) for each in variables], variables)
    for old, variable in zip(before, variables, strict=True):
        new = variable.numpy()
        assert np.isfinite(new).all()
        assert (new != old).all()


@pytest.mark.parametrize(
    "optimizer",
    [pytest.param(name, marks=() if name in UNUSUAL else pytest.mark.long) for name in OPTIMIZERS],
)
def test_every_optimizer_trains(optimizer, tiny_data_dir, tmp_path):
    import keras

    from mnistcli.training.session import train_run

    config = replace(CONFIG, optimizer=optimizer)
    *_, trained = train_run(config, tiny_data_dir, tmp_path, optimizer)
    assert trained.run.complete
    assert np.isfinite(trained.history[0].loss)
    model = keras.models.load_model(trained.run.path / "model.keras")
    assert type(model.optimizer).__name__.lower() == optimizer


def test_a_learning_rate_reaches_the_optimizer(tiny_data_dir, tmp_path):
    import keras

    from mnistcli.training.session import train_run

    config = replace(CONFIG, learning_rate=0.0125)
    *_, trained = train_run(config, tiny_data_dir, tmp_path, "a")
    model = keras.models.load_model(trained.run.path / "model.keras")
    assert float(model.optimizer.learning_rate) == pytest.approx(0.0125)


@pytest.mark.parametrize(
    ("given", "nearest"), [("rmspop", "rmsprop"), ("Adam_WW", "adamw"), ("sdg", "sgd")]
)
def test_a_misspelt_optimizer_is_answered_with_the_nearest(mnistcli_here, given, nearest):
    result = mnistcli_here("train", "--optimizer", given)
    assert result.returncode == 2
    assert f"Did you mean '{nearest}'?" in result.stderr


def test_an_optimizer_like_no_other_is_answered_with_the_list(mnistcli_here):
    result = mnistcli_here("train", "--optimizer", "xyzzy")
    assert result.returncode == 2
    assert all(optimizer in result.stderr for optimizer in OPTIMIZERS)


@pytest.mark.parametrize(
    "options",
    [
        ("--epochs", "0"),
        ("--epochs", "-1"),
        ("--batch-size", "0"),
        ("--learning-rate", "0"),
        ("--learning-rate", "nan"),
        ("--learning-rate", "inf"),
        ("--validation-split", "1"),
        ("--validation-split", "nan"),
        ("--seed", "-1"),
        ("--dataset", "cifar"),
        ("--model", "transformer"),
    ],
    ids="=".join,
)
def test_a_value_out_of_range_is_wrong_usage(mnistcli_here, options, tmp_path):
    result = mnistcli_here("train", *options, "--runs-dir", tmp_path / "runs", cwd=tmp_path)
    assert result.returncode == 2
    assert options[0] in result.stderr
    assert not (tmp_path / "runs").exists()


CANNOT_BE = {
    "early stopping without validation": ("--early-stopping", 2),
    "a split that leaves nothing": ("--validation-split", 0.99999),
    "a split that holds out nothing": ("--validation-split", 1e-6, "--early-stopping", 2),
    "a shape for another network": ("--model", "cnn", "--hidden", 64),
    "an activation of no layer": ("--hidden", 0, "--activation", "tanh"),
    "dropout of no layer": ("--hidden", 0, "--dropout", 0.5),
    "no layer among layers": ("--hidden", 0, "--hidden", 5),
    "a metric that is no sum": ("--metric", "pearson_correlation"),
    "a loss of no classes": ("--loss", "ctc"),
    "a file that is not there": ("--model", "nowhere.py"),
}


ONE_AFTER_THE_OTHER = """
import io, json, sys
from contextlib import redirect_stderr
from mnistcli import cli
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["mnistcli", *arguments]
    with redirect_stderr(io.StringIO()) as said:
        code = cli._run()
    print(json.dumps([code, said.getvalue(), "tensorflow" in sys.modules]))
"""


@pytest.fixture(scope="module")
def refused(tiny_data_dir, tmp_path_factory):
    """What a process says to each of the options, its exit codes, and what it left in its folder."""
    folder = tmp_path_factory.mktemp("refused")
    training = ("train", "--dataset", "synthetic", "--data-dir", tiny_data_dir)
    lines = json.dumps([[*map(str, training), *map(str, each)] for each in CANNOT_BE.values()])
    command = [sys.executable, "-c", ONE_AFTER_THE_OTHER, lines]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    answers = map(json.loads, said.splitlines())
    return dict(zip(CANNOT_BE, answers, strict=True)), list(folder.iterdir())


@pytest.mark.parametrize("kind", CANNOT_BE)
def test_options_that_cannot_be_are_wrong_usage_before_tensorflow_loads(kind, refused):
    answers, left = refused
    code, said, loaded = answers[kind]
    assert (code, loaded) == (2, False), said
    assert "Error: " in said
    assert left == []


@pytest.mark.parametrize(
    ("option", "given", "name"),
    [
        ("optimizer", "Adam", "adam"),
        ("loss", "MSE", "mean_squared_error"),
        ("loss", "KLDivergence", "kl_divergence"),
        ("metric", "F1Score", ("f1_score",)),
        ("activation", "LeakyReLU", "leaky_relu"),
    ],
)
def test_names_are_taken_however_they_are_spelt(option, given, name):
    from mnistcli.commands.train import train

    assert train.make_context("train", [f"--{option}", given]).params[option] == name


def test_accuracy_is_there_without_being_asked_for_and_once():
    from mnistcli.commands.train import train

    options = ["--metric", "accuracy", "--metric", "auc", "--metric", "AUC"]
    assert train.make_context("train", options).params["metric"] == ("auc",)


def test_the_names_are_keras_own():
    import keras

    from mnistcli.choices import ACTIVATIONS, LOSSES

    assert all(callable(keras.activations.get(name)) for name in ACTIVATIONS)
    assert all(callable(getattr(keras.losses, name)) for name in LOSSES)


def test_training_without_the_dataset_says_how_to_get_it(mnistcli_here, tmp_path):
    result = mnistcli_here(
        "train", "--data-dir", tmp_path / "empty", "--runs-dir", tmp_path / "runs"
    )
    assert result.returncode == 1
    assert "Run `mnistcli fetch --dataset mnist`" in result.stderr
