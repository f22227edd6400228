"""What may be chosen for a training: optimizers, learning rates, and what is no choice."""

from dataclasses import replace

import numpy as np
import pytest

from mnistcli.choices import OPTIMIZERS
from mnistcli.networks.catalogue import configure

CONFIG = configure(dataset="synthetic", epochs=1)

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

    network = model.build(configure(optimizer=optimizer), training_images=8)
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

    config = configure(dataset="synthetic", epochs=1, optimizer=optimizer)
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
def test_a_misspelt_optimizer_is_answered_with_the_nearest(mnistcli, given, nearest):
    result = mnistcli("train", "--optimizer", given)
    assert result.returncode == 2
    assert f"Did you mean '{nearest}'?" in result.stderr


def test_an_optimizer_like_no_other_is_answered_with_the_list(mnistcli):
    result = mnistcli("train", "--optimizer", "xyzzy")
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
def test_a_value_out_of_range_is_wrong_usage(mnistcli, options, tmp_path):
    result = mnistcli("train", *options, "--runs-dir", tmp_path / "runs", cwd=tmp_path)
    assert result.returncode == 2
    assert options[0] in result.stderr
    assert not (tmp_path / "runs").exists()


def test_training_without_the_dataset_says_how_to_get_it(mnistcli_here, tmp_path):
    result = mnistcli_here(
        "train", "--data-dir", tmp_path / "empty", "--runs-dir", tmp_path / "runs"
    )
    assert result.returncode == 1
    assert "Run `mnistcli fetch --dataset mnist`" in result.stderr
