"""From a stored dataset to a complete run folder."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.errors import ChoiceError, DatasetError, DivergedError, RunError
from mnistcli.networks.catalogue import configure
from mnistcli.runs.run import Run

CONFIG = configure(dataset="synthetic", epochs=1, hidden=(16,))


@pytest.fixture(scope="module")
def trained(data_dir, mnistcli_here, filled_once):
    """The command line once more with the options of the run `first`: what it said, and the run."""

    def fill(folder):
        options = ("--dataset", "synthetic", "--epochs", 5, "--name", "again", "--json")
        result = mnistcli_here("train", *options, "--data-dir", data_dir, "--runs-dir", folder)
        assert result.returncode == 0, result.stderr
        (folder / "stdout").write_text(result.stdout)
        (folder / "stderr").write_text(result.stderr)

    folder = filled_once("trained", fill)
    return SimpleNamespace(
        path=folder / "again",
        answer=json.loads((folder / "stdout").read_text()),
        stderr=(folder / "stderr").read_text(),
    )


@pytest.fixture(scope="module")
def events(tiny_data_dir, tmp_path_factory):
    """What train_run yields for two epochs with a quarter held out."""
    from mnistcli.training.session import train_run

    config = replace(CONFIG, epochs=2, validation_split=0.25)
    return list(train_run(config, tiny_data_dir, tmp_path_factory.mktemp("runs"), "held-out"))


def weights(path):
    import keras

    return keras.models.load_model(path / "model.keras").get_weights()


def test_the_json_of_train_has_the_keys_of_the_contract(trained):
    assert list(trained.answer) == ["version", "run", "history", "test", "seconds"]
    assert trained.answer["version"] == 1
    assert set(trained.answer["test"]) == {"accuracy", "loss"}


def test_the_json_names_the_run_by_its_path(trained):
    assert Path(trained.answer["run"]).name == "again"
    assert Path(trained.answer["run"]).is_absolute()


def test_the_history_has_a_record_an_epoch(trained):
    assert [record["epoch"] for record in trained.answer["history"]] == [1, 2, 3, 4, 5]


def test_each_record_has_the_keys_of_the_contract(trained):
    for record in trained.answer["history"]:
        assert list(record) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]


def test_without_a_validation_split_its_figures_are_null(trained):
    for record in trained.answer["history"]:
        assert record["val_loss"] is None
        assert record["val_accuracy"] is None


def test_numbers_are_not_rounded(trained):
    # A rounded loss would be one of few decimals; all being so by chance is out of the question.
    losses = [record["loss"] for record in trained.answer["history"]]
    assert any(len(repr(loss)) > 10 for loss in losses)


def test_training_learns(trained):
    first, *_, last = trained.answer["history"]
    assert last["loss"] < first["loss"]
    assert trained.answer["test"]["accuracy"] > 0.8


def test_the_run_folder_holds_the_files_of_the_contract_and_no_others(trained):
    names = sorted(path.name for path in trained.path.iterdir())
    assert names == ["metrics.json", "model.keras", "model.tflite", "run.json"]


def test_the_run_is_complete_and_every_artifact_what_was_written(trained):
    run = Run.read(trained.path)
    assert run.complete
    for name in run.artifacts:
        run.verified(name)


def test_metrics_json_holds_history_and_test_result(trained):
    metrics = json.loads((trained.path / "metrics.json").read_bytes())
    assert metrics["history"] == trained.answer["history"]
    assert metrics["test"] == trained.answer["test"]


def test_run_json_names_the_dataset_with_its_digest(trained, data_dir):
    digest = store.info(data_dir, "synthetic").digest
    assert Run.read(trained.path).datasets == ({"name": "synthetic", "digest": digest},)


def test_run_json_names_the_versions_of_what_trained_it(trained):
    versions = Run.read(trained.path).versions
    assert {"mnistcli", "python", "tensorflow", "keras", "numpy"} <= versions.keys()


def test_run_json_says_when_it_was_created(trained):
    assert datetime.fromisoformat(Run.read(trained.path).created).tzinfo is not None


def test_without_a_terminal_stderr_has_one_plain_line_an_epoch(trained):
    head, *epochs = trained.stderr.splitlines()
    assert head == "mlp, 407,050 parameters, rmsprop, on 2,000 images of synthetic"
    assert len(epochs) == 5
    for number, line in enumerate(epochs, 1):
        assert re.match(rf"epoch {number}(/5)? +loss \d\.\d{{4}} +accuracy \d\.\d{{4}}", line)


def test_the_same_seed_gives_equal_weights_in_two_processes(trained, runs_dir):
    for one, other in zip(weights(trained.path), weights(runs_dir / "first"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_seed_gives_other_weights(tiny_data_dir, tmp_path):
    from mnistcli.training.session import train_run

    for seed in (1, 2):
        list(train_run(replace(CONFIG, seed=seed), tiny_data_dir, tmp_path, str(seed)))
    assert not np.array_equal(weights(tmp_path / "1")[0], weights(tmp_path / "2")[0])


def test_the_saved_model_is_compiled_and_loads_in_plain_keras(trained):
    import keras

    model = keras.models.load_model(trained.path / "model.keras")
    assert model.compiled
    assert isinstance(model.optimizer, keras.optimizers.RMSprop)
    assert model.count_params() == 407_050


def test_the_saved_model_takes_raw_pixels(trained, data_dir):
    import keras

    test = store.load(data_dir, "synthetic", "test")
    model = keras.models.load_model(trained.path / "model.keras")
    _, accuracy = model.evaluate(test.images, test.labels, batch_size=256, verbose=0)
    assert accuracy == pytest.approx(trained.answer["test"]["accuracy"], abs=1e-6)


def test_the_validation_split_is_the_end_of_the_training_images(events, tiny_data_dir):
    import keras

    trained = events[-1]
    train = store.load(tiny_data_dir, "synthetic", "train")
    model = keras.models.load_model(trained.run.path / "model.keras")
    _, accuracy = model.evaluate(train.images[-16:], train.labels[-16:], verbose=0)
    assert trained.history[-1].val_accuracy == pytest.approx(accuracy, abs=1e-6)


def test_the_temperature_makes_the_held_out_loss_no_worse(events, tiny_data_dir):
    import keras

    trained = events[-1]
    train = store.load(tiny_data_dir, "synthetic", "train")
    model = keras.models.load_model(trained.run.path / "model.keras")
    loss, _ = model.evaluate(train.images[-16:], train.labels[-16:], verbose=0)
    assert trained.run.temperature != 1
    assert loss <= trained.history[-1].val_loss


def test_what_is_held_out_is_not_trained_on(events):
    started = events[0]
    assert (started.train, started.validation) == (48, 16)


def test_training_yields_started_first_and_trained_last(events):
    from mnistcli.training.finishing import Trained
    from mnistcli.training.session import Started

    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Trained)
    assert not any(isinstance(event, Started | Trained) for event in events[1:-1])


def test_training_yields_progress_and_then_the_record_of_each_epoch(events):
    from mnistcli.training.fitting.loop import EpochRecord, Progress

    kinds = [(type(event), event.epoch) for event in events[1:-1]]
    assert kinds == sorted(kinds, key=lambda kind: (kind[1], kind[0] is EpochRecord))
    assert {(Progress, 1), (EpochRecord, 1), (Progress, 2), (EpochRecord, 2)} == set(kinds)


def test_a_dataset_that_is_not_stored_leaves_no_run_behind(tmp_path):
    from mnistcli.training.session import train_run

    with pytest.raises(DatasetError, match="Run `mnistcli fetch"):
        list(train_run(CONFIG, tmp_path / "empty", tmp_path / "runs", "a"))
    assert not (tmp_path / "runs").exists()


def test_a_name_that_is_taken_is_refused_before_training(events, tiny_data_dir):
    from mnistcli.training.session import train_run

    taken = events[-1].run.path
    before = (taken / "run.json").read_bytes()
    with pytest.raises(RunError, match="already a run held-out"):
        next(train_run(CONFIG, tiny_data_dir, taken.parent, "held-out"))
    assert (taken / "run.json").read_bytes() == before


def test_a_split_that_holds_out_every_image_is_refused_before_training(tiny_data_dir, tmp_path):
    from mnistcli.training.session import train_run

    config = replace(CONFIG, validation_split=0.9999)
    with pytest.raises(ChoiceError, match="holds out all 64 images"):
        list(train_run(config, tiny_data_dir, tmp_path / "runs", "a"))
    assert not (tmp_path / "runs").exists()


def test_the_books_network_learns_real_mnist_in_an_epoch(mnist_run):
    metrics = json.loads((mnist_run / "metrics.json").read_bytes())
    assert metrics["test"]["accuracy"] > 0.95


def test_the_books_network_has_407_050_parameters(mnist_run):
    import keras

    assert keras.models.load_model(mnist_run / "model.keras").count_params() == 407_050


def test_weights_too_large_to_compute_with_are_a_divergence(tiny_data_dir, tmp_path):
    """All are finite after the one step that there is, and so was the loss before it."""
    from mnistcli.training.session import train_run

    config = replace(CONFIG, learning_rate=1e30)
    with pytest.raises(DivergedError, match="became nan in epoch 1"):
        list(train_run(config, tiny_data_dir, tmp_path, "huge"))
    assert Run.read(tmp_path / "huge").status == "diverged"
