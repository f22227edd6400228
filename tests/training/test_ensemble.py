"""One run of several: it says what they say on average, and is a run like any other."""

import json

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.errors import RunError
from mnistcli.evaluation.calibration import fit_temperature
from mnistcli.reading.classifier import Classifier
from mnistcli.runs.run import Run

MEMBERS = ("opt-000", "opt-001", "opt-003")


@pytest.fixture(scope="module")
def made(swept, filled_once, mnistcli_here, tiny_data_dir):
    """A folder of runs with an ensemble of three, `all`."""

    def fill(_folder):
        where = ("--data-dir", tiny_data_dir, "--runs-dir", swept / "runs")
        result = mnistcli_here("ensemble", *MEMBERS, "--name", "all", *where)
        assert result.returncode == 0, result.stderr

    filled_once("ensemble", fill)
    return swept / "runs"


@pytest.fixture(scope="module")
def train(tiny_data_dir):
    return store.load(tiny_data_dir, "synthetic", "train")


@pytest.mark.parametrize("engine", ["litert", "keras"])
def test_its_probabilities_are_the_calibrated_mean_of_theirs(made, train, engine):
    mean = np.mean([Classifier.load(made / name).predict(train.images) for name in MEMBERS], axis=0)
    held = len(train.labels) // 4
    temperature = fit_temperature(mean[-held:], train.labels[-held:])
    powers = mean ** (1 / temperature)
    expected = powers / powers.sum(axis=1, keepdims=True)
    found = Classifier.load(made / "all", engine).predict(train.images)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_names_its_members(made):
    this = Run.read(made / "all")
    digests = [Run.read(made / name).artifacts["model.keras"].sha256 for name in MEMBERS]
    assert this.members == tuple(zip(MEMBERS, digests, strict=True))
    assert (this.complete, this.config.model) == (True, "ensemble")
    assert sum(layer.parameters for layer in this.layers) == 3 * (784 * 16 + 16 + 16 * 10 + 10)


def test_its_history_is_what_it_scores_on_training_and_held_out_images(made, train):
    found = Classifier.load(made / "all").predict(train.images).argmax(axis=1) == train.labels
    held = len(train.labels) // 4
    (record,) = json.loads((made / "all" / "metrics.json").read_text())["history"]
    assert record["accuracy"] == pytest.approx(found[:-held].mean())
    assert record["val_accuracy"] == pytest.approx(found[-held:].mean())


def test_it_is_evaluated_reported_and_listed_like_any_run(made, mnistcli_here, tiny_data_dir):
    where = ("--runs-dir", made)
    result = mnistcli_here("evaluate", "all", "--report", "--data-dir", tiny_data_dir, *where)
    assert result.returncode == 0, result.stderr
    assert "mnistcli ensemble" in (made / "all" / "report.html").read_text()
    listed = mnistcli_here("runs", "--model", "ensemble", "--json", *where)
    assert [run["name"] for run in json.loads(listed.stdout)["runs"]] == ["all"]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (("opt-000", "opt-000"), "opt-000 is there twice"),
        (("opt-000", "nowhere"), "there is no run nowhere"),
        (("opt-000", "first"), "know the same images"),
    ],
)
def test_what_makes_no_ensemble_is_refused(made, runs_dir, tiny_data_dir, runs, said):
    from mnistcli.training.ensemble import combine

    runs = [str(runs_dir / name) if name == "first" else name for name in runs]
    before = sorted(made.iterdir())
    with pytest.raises(RunError, match=said):
        combine(runs, tiny_data_dir, made)
    assert sorted(made.iterdir()) == before


def test_one_run_is_no_ensemble(mnistcli_here):
    assert "two runs or more" in mnistcli_here("ensemble", "one").stderr


def test_it_is_not_trained_further(made, mnistcli_here, tiny_data_dir):
    where = ("--runs-dir", made, "--data-dir", tiny_data_dir)
    assert "is an ensemble" in mnistcli_here("train", "--resume", "all", *where).stderr
