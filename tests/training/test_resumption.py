"""Runs of one's own network, and runs that are given more epochs: to the bit as if at once."""

import json
import shutil
from pathlib import Path

import pytest
from common.kept import weights

from mnistcli.networks import archive
from mnistcli.networks.framework import keras

FILES = Path(__file__).parents[1] / "networks" / "files"


@pytest.fixture
def train(mnistcli_here, tiny_data_dir, tmp_path):
    """Train on a few synthetic digits, in the folder of the test."""

    def run(*options, code=0, **environment):
        where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
        result = mnistcli_here("train", *options, *where, **environment)
        assert result.returncode == code, result.stderr
        return result

    return run


SYNTHETIC = ("--dataset", "synthetic")
SMALL = (*SYNTHETIC, "--hidden", 16)
MORE = {
    "the book's": (),
    "calibrated": ("--validation-split", 0.25, "--dropout", 0.2),
    "stopping early": ("--validation-split", 0.25, "--early-stopping", 9),
}


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=() if kind == "calibrated" else pytest.mark.long) for kind in MORE],
)
def test_more_epochs_are_as_if_they_had_been_asked_for_at_once(kind, train, tmp_path):
    options = (*SMALL, "--optimizer", "adam", *MORE[kind])
    train(*options, "--epochs", 3, "--name", "whole")
    train(*options, "--epochs", 1, "--name", "parts")
    (tmp_path / "parts" / "plots").mkdir()
    (tmp_path / "parts" / "evaluation-synthetic-test.json").touch()
    train("--resume", "parts", "--epochs", 3)
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {
        path.name for path in (tmp_path / "whole").iterdir()
    }
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    parts, whole = (json.loads((tmp_path / n / "run.json").read_text()) for n in ("parts", "whole"))
    assert parts["config"] == whole["config"]
    assert parts["temperature"] == whole["temperature"]


def test_a_setting_that_changes_weights_is_named_when_a_run_goes_on(train, mnistcli_here, tmp_path):
    train(*SYNTHETIC, "--hidden", 0, "--epochs", 1, "--name", "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    more = ("--resume", "b", "--epochs", 2)
    assert (
        "TF_ENABLE_ONEDNN_OPTS was unset, now 0" in train(*more, TF_ENABLE_ONEDNN_OPTS="0").stderr
    )
    compared = mnistcli_here("runs", "compare", "a", "b", "--runs-dir", tmp_path).stdout
    line = next(line for line in compared.splitlines() if line.startswith("TF_ENABLE_ONEDNN_OPTS"))
    assert line.split(maxsplit=2) == ["TF_ENABLE_ONEDNN_OPTS", "-", "unset, then 0"]


def test_a_schedule_over_the_whole_training_cannot_be_lengthened(train, tmp_path):
    train(*SMALL, "--schedule", "cosine", "--epochs", 1, "--name", "a")
    before = (tmp_path / "a" / "run.json").read_bytes()
    result = train("--resume", "a", "--epochs", 2, code=1)
    assert "cosine schedule" in result.stderr
    assert (tmp_path / "a" / "run.json").read_bytes() == before


def test_fewer_epochs_are_refused_and_a_complete_run_says_how_to_go_on(train):
    train(*SMALL, "--epochs", 2, "--name", "a")
    assert "fewer" in train("--resume", "a", "--epochs", 1, code=1).stderr
    assert "add --epochs" in train("--resume", "a", code=1).stderr


OWN = (
    pytest.param("convnet", marks=pytest.mark.long),
    pytest.param("branches", marks=pytest.mark.long),
    "subclassed",
)


@pytest.mark.parametrize("name", OWN)
def test_a_network_of_ones_own_is_trained_evaluated_read_with_and_resumed(
    name, train, mnistcli_here, tiny_data_dir, pictures, tmp_path
):
    file = FILES / f"{name}.py"
    train(*SYNTHETIC, "--model", file, "--epochs", 2, "--name", "whole")
    train(*SYNTHETIC, "--model", file, "--epochs", 1, "--name", "parts")
    train("--resume", "parts", "--model", file, "--epochs", 2)
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert (tmp_path / "whole" / "network.py").read_bytes() == file.read_bytes()
    runs = ("--runs-dir", tmp_path)
    found = mnistcli_here(
        "evaluate", "whole", *SYNTHETIC, "--json", "--data-dir", tiny_data_dir, *runs
    )
    assert found.returncode == 0, found.stderr
    metrics = json.loads((tmp_path / "whole" / "metrics.json").read_bytes())
    assert json.loads(found.stdout)["accuracy"] == metrics["test"]["accuracy"]
    read = mnistcli_here("predict", *sorted(pictures.glob("*.png"))[:1], "--run", "whole", *runs)
    assert read.returncode in (0, 1)
    assert "defect" not in read.stderr


def test_with_keras_a_layer_of_ones_own_is_not_run(train, mnistcli_here, tiny_data_dir, tmp_path):
    train(*SYNTHETIC, "--model", FILES / "subclassed.py", "--epochs", 1, "--name", "a")
    options = (*SYNTHETIC, "--engine", "keras", "--data-dir", tiny_data_dir)
    result = mnistcli_here("evaluate", "a", *options, "--runs-dir", tmp_path)
    assert result.returncode == 1
    assert "no program is run out of a run folder" in result.stderr
    assert "LiteRT" in result.stderr


LACKING = """
import keras
from keras import layers, ops

class Odd(layers.Layer):
    def call(self, x):
        return x + ops.erfinv(0.5 * ops.tanh(x))

def build():
    end = [Odd(), layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28)), layers.Flatten(), *end])
"""


def test_what_litert_cannot_have_is_said_at_the_end_and_nothing_is_lost(
    train, mnistcli_here, tiny_data_dir, tmp_path
):
    file = tmp_path / "odd.py"
    file.write_text(LACKING)
    rate = ("--learning-rate", 1e-6)
    result = train(*SYNTHETIC, "--model", file, "--epochs", 1, "--name", "a", *rate, "-q")
    assert result.stderr.startswith("LiteRT lacks what this network computes (tf.Erfinv): ")
    assert result.stderr.count("\n") == 1
    manifest = json.loads((tmp_path / "a" / "run.json").read_bytes())
    assert manifest["status"] == "complete"
    assert sorted(manifest["artifacts"]) == ["metrics.json", "model.keras", "network.py"]
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    evaluated = mnistcli_here("evaluate", "a", *SYNTHETIC, *where)
    assert evaluated.returncode == 1
    assert "LiteRT lacks" in evaluated.stderr


def test_the_file_is_asked_for_again_and_has_to_be_the_same(train, tmp_path):
    file = tmp_path / "small.py"
    shutil.copy(FILES / "branches.py", file)
    train(*SYNTHETIC, "--model", f"{file}:small", "--epochs", 1, "--name", "a")
    assert (
        "add --model" in (unnamed := train("--resume", "a", "--epochs", 2, code=1).stderr)
        or "Name the file again" in unnamed
    )
    assert "was small.py:small, now small.py" in (
        train("--resume", "a", "--model", file, "--epochs", 2, code=1).stderr
    )
    file.write_text(file.read_text() + "\n")
    changed = train("--resume", "a", "--model", f"{file}:small", "--epochs", 2, code=1).stderr
    assert "small.py:small was sha256" in changed


def test_what_is_stored_in_a_run_is_never_executed(
    train, mnistcli_here, tiny_data_dir, tmp_path, pictures
):
    train(*SYNTHETIC, "--model", f"{FILES / 'branches.py'}:small", "--epochs", 1, "--name", "a")
    stored = tmp_path / "a" / "network.py"
    stored.write_text(f"open({str(tmp_path / 'executed')!r}, 'w')")
    runs = ("--runs-dir", tmp_path)
    data = ("--data-dir", tiny_data_dir)
    mnistcli_here("evaluate", "a", *SYNTHETIC, *data, *runs)
    mnistcli_here("evaluate", "a", *SYNTHETIC, "--engine", "keras", *data, *runs)
    mnistcli_here("predict", *sorted(pictures.glob("*.png"))[:1], "--run", "a", *runs)
    train("--resume", "a", "--epochs", 2, code=1)
    assert not (tmp_path / "executed").exists()


def test_a_file_that_builds_none_leaves_no_run(train, tmp_path):
    file = tmp_path / "none.py"
    file.write_text("def build():\n    print('hello')\n")
    result = train(*SYNTHETIC, "--model", file, "--name", "a", code=1)
    assert "returned None" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "a").exists()


def test_the_layers_that_keras_may_open_are_its_own():
    assert {name for name in archive.LAYERS if not hasattr(keras.layers, name)} == set()
    dangerous = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
    assert not archive.LAYERS & dangerous


def test_a_dry_run_shows_the_network_and_leaves_nothing(train, tmp_path):
    result = train(*SMALL, "--dry-run")
    assert "401,920" not in result.stdout
    assert "12,560" in result.stdout  # 784 x 16 + 16
    assert "an epoch of" in result.stdout
    assert list(tmp_path.iterdir()) == []
    plan = json.loads(train(*SMALL, "--dry-run", "--json").stdout)
    assert plan["parameters"] == 12_560 + 170
    assert plan["configuration"]["hidden"] == [16]
    assert plan["seconds_per_epoch"] > 0
