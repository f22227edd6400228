"""The configuration of a run: frozen, to and from JSON."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from mnistcli.errors import RunError
from mnistcli.networks.catalogue import configure
from mnistcli.runs.config import TrainingConfig

CONFIG = TrainingConfig(
    dataset="mnist",
    added=(),
    model="mlp",
    hidden=(512,),
    activation="relu",
    dropout=0.0,
    l2=0.0,
    loss="sparse_categorical_crossentropy",
    metric=(),
    optimizer="rmsprop",
    learning_rate=None,
    schedule="constant",
    epochs=5,
    batch_size=128,
    validation_split=0.0,
    early_stopping=None,
    augment=False,
    seed=0,
    source=None,
    from_run=None,
    weights=None,
)
NEW = (
    *("added", "hidden", "activation", "dropout", "l2", "loss", "metric", "source"),
    *("from_run", "weights"),
)


def test_the_defaults_are_the_books():
    assert configure() == CONFIG


def test_what_the_user_says_wins_over_the_defaults():
    config = configure(seed=3, batch_size=64)
    assert config == replace(CONFIG, seed=3, batch_size=64)


def test_a_configuration_does_not_change():
    with pytest.raises(FrozenInstanceError):
        CONFIG.epochs = 1


@pytest.mark.parametrize(
    "config", [CONFIG, replace(CONFIG, learning_rate=0.1 + 0.2, early_stopping=3, augment=True)]
)
def test_a_configuration_comes_back_from_json_as_it_was(config):
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_a_configuration_from_before_networks_could_be_shaped_is_what_it_was(model):
    config = configure(model=model)
    earlier = {name: value for name, value in config.to_json().items() if name not in NEW}
    assert TrainingConfig.from_json(earlier) == config


@pytest.mark.parametrize("hidden", [(), (512, 256)])
def test_a_shape_comes_back_from_json_as_it_was(hidden):
    config = replace(CONFIG, hidden=hidden, metric=("auc",))
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_whole_number_serves_as_a_fraction():
    assert TrainingConfig.from_json({**CONFIG.to_json(), "learning_rate": 1}).learning_rate == 1


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_json_that_is_no_object_is_refused(value):
    with pytest.raises(RunError, match=f"got {type(value).__name__}"):
        TrainingConfig.from_json(value)


def test_a_missing_key_is_refused():
    value = CONFIG.to_json()
    del value["epochs"]
    with pytest.raises(RunError, match=r"expected the keys .*'epochs'"):
        TrainingConfig.from_json(value)


def test_an_unknown_key_is_refused():
    with pytest.raises(RunError, match="momentum"):
        TrainingConfig.from_json({**CONFIG.to_json(), "momentum": 0.9})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "5"),
        ("epochs", 5.0),
        ("epochs", True),
        ("epochs", None),
        ("optimizer", None),
        ("learning_rate", "fast"),
        ("learning_rate", True),
        ("augment", 1),
        ("dataset", ["mnist"]),
        ("hidden", 512),
        ("hidden", ["512"]),
        ("metric", "auc"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(name, value):
    with pytest.raises(RunError, match=f"{name} is .*Train the run again"):
        TrainingConfig.from_json({**CONFIG.to_json(), name: value})
