"""Measuring a run on a dataset split."""

import json
import math
import shutil

import numpy as np
import pytest

from mnistcli.datasets import store

SMALL = 1e-6


@pytest.fixture(scope="module")
def run(runs_dir, tmp_path_factory):
    """A copy of the run `first`, for this module to evaluate."""
    folder = tmp_path_factory.mktemp("runs")
    return shutil.copytree(runs_dir / "first", folder / "first")


@pytest.fixture(scope="module")
def result(run, data_dir, mnistcli_here):
    return mnistcli_here("evaluate", run, "--data-dir", data_dir, "--json")


@pytest.fixture(scope="module")
def answer(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def labels(data_dir):
    return store.load(data_dir, "synthetic", "test").labels.tolist()


@pytest.fixture(scope="module")
def probabilities(run, data_dir):
    """What plain Keras makes of the test images."""
    import keras

    model = keras.models.load_model(run / "model.keras")
    return model.predict(store.load(data_dir, "synthetic", "test").images, verbose=0)


@pytest.fixture(scope="module")
def read(probabilities):
    return np.argmax(probabilities, axis=1).tolist()


def test_the_json_begins_with_the_keys_of_the_contract(answer):
    keys = ["version", "run", "dataset", "split", "n", "accuracy", "loss", "confidence_interval"]
    assert [key for key in answer if key in keys] == keys
    assert {"per_class", "confusion_matrix"} <= answer.keys()
    assert answer["version"] == 1


def test_the_json_says_what_was_measured_on_what(answer, run):
    assert (answer["run"], answer["dataset"], answer["split"]) == (str(run), "synthetic", "test")


def test_every_test_image_is_measured(answer):
    assert answer["n"] == 500


def test_accuracy_is_that_of_plain_keras(answer, read, labels):
    right = sum(a == b for a, b in zip(read, labels, strict=True))
    assert answer["accuracy"] == pytest.approx(right / 500, abs=SMALL)


def test_loss_is_that_of_plain_keras(answer, probabilities, labels):
    losses = [
        -math.log(min(max(float(row[label]), 1e-7), 1 - 1e-7))
        for row, label in zip(probabilities, labels, strict=True)
    ]
    assert answer["loss"] == pytest.approx(sum(losses) / 500, abs=SMALL)


def test_the_confidence_interval_is_wilsons(answer):
    p, z = answer["accuracy"], 1.959963984540054
    middle = (p + z * z / 1000) / (1 + z * z / 500)
    half = z / (1 + z * z / 500) * math.sqrt(p * (1 - p) / 500 + z * z / 1_000_000)
    assert answer["confidence_interval"] == pytest.approx([middle - half, middle + half], abs=SMALL)


@pytest.mark.parametrize("digit", range(10))
def test_precision_recall_f1_and_support_are_those_of_plain_keras(answer, read, labels, digit):
    pairs = list(zip(labels, read, strict=True))
    right = pairs.count((digit, digit))
    precision = right / max(read.count(digit), 1)
    recall = right / labels.count(digit)
    each = answer["per_class"][digit]
    assert each["label"] == digit
    assert each["support"] == labels.count(digit)
    assert each["precision"] == pytest.approx(precision, abs=SMALL)
    assert each["recall"] == pytest.approx(recall, abs=SMALL)
    f1 = 2 * precision * recall / (precision + recall) if right else 0
    assert each["f1"] == pytest.approx(f1, abs=SMALL)


def test_the_confusion_matrix_is_that_of_plain_keras(answer, read, labels):
    pairs = list(zip(labels, read, strict=True))
    expected = [[pairs.count((label, digit)) for digit in range(10)] for label in range(10)]
    assert answer["confusion_matrix"] == expected


def test_the_evaluation_is_written_into_the_run(result, answer, run):
    path = run / "evaluation-synthetic-test.json"
    assert json.loads(path.read_bytes()) == answer


def test_evaluation_agrees_with_what_training_measured(answer, run):
    test = json.loads((run / "metrics.json").read_bytes())["test"]
    assert answer["accuracy"] == pytest.approx(test["accuracy"], abs=SMALL)
    assert answer["loss"] == pytest.approx(test["loss"], abs=SMALL)


def test_the_keras_engine_gives_the_same_numbers(answer, run, data_dir):
    from mnistcli.evaluation.scoring import evaluate_run
    from mnistcli.runs.run import Run

    by_keras = evaluate_run(Run.read(run), data_dir, None, "test", "keras").to_json()
    assert by_keras["loss"] == pytest.approx(answer["loss"], abs=1e-5)
    assert by_keras["confusion_matrix"] == answer["confusion_matrix"]


def test_the_train_split_is_measured_when_asked_for(run, data_dir, mnistcli_here):
    result = mnistcli_here("evaluate", run, "--split", "train", "--data-dir", data_dir, "--json")
    answer = json.loads(result.stdout)
    assert (answer["split"], answer["n"]) == ("train", 2_000)
    assert len(list(run.glob("evaluation-*train*.json"))) == 1


def test_the_table_for_people_shows_accuracy_interval_classes_and_confusion(
    run, data_dir, mnistcli_here, answer
):
    result = mnistcli_here("evaluate", run, "--data-dir", data_dir)
    low, high = answer["confidence_interval"]
    assert f"accuracy {answer['accuracy']:.4f}" in result.stdout
    assert f"{low:.4f} to {high:.4f}" in result.stdout
    for each in answer["per_class"]:
        assert f"{each['precision']:.4f}" in result.stdout
    rows = [line.split() for line in result.stdout.splitlines()]
    for digit, counts in enumerate(answer["confusion_matrix"]):
        assert [str(n) for n in (digit, *counts)] in rows


def test_an_accuracy_below_the_one_required_exits_with_1_and_one_line(run, data_dir, mnistcli_here):
    result = mnistcli_here("evaluate", run, "--data-dir", data_dir, "--fail-under", 1, "--quiet")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "expected at least 1" in result.stderr


def test_below_the_one_required_the_result_is_printed_all_the_same(
    run, data_dir, mnistcli_here, answer
):
    result = mnistcli_here("evaluate", run, "--data-dir", data_dir, "--fail-under", 1, "--json")
    assert json.loads(result.stdout) == answer


def test_an_accuracy_that_reaches_the_one_required_exits_with_0(
    run, data_dir, mnistcli_here, answer
):
    exactly = repr(answer["accuracy"])
    result = mnistcli_here("evaluate", run, "--data-dir", data_dir, "--fail-under", exactly)
    assert result.returncode == 0


@pytest.mark.parametrize("threshold", ["1.1", "-0.1", "nan", "high"])
def test_a_requirement_that_is_no_accuracy_is_wrong_usage(mnistcli_here, threshold):
    assert mnistcli_here("evaluate", "--fail-under", threshold).returncode == 2


def test_without_a_name_the_newest_complete_run_is_measured(
    runs_dir, data_dir, mnistcli_here, answer
):
    result = mnistcli_here("evaluate", "--runs-dir", runs_dir, "--data-dir", data_dir, "--json")
    assert json.loads(result.stdout)["run"] == str(runs_dir / "first")


def test_a_run_that_is_not_there_is_answered_with_the_nearest(runs_dir, mnistcli_here):
    result = mnistcli_here("evaluate", "frist", "--runs-dir", runs_dir, "--quiet")
    assert result.returncode == 1
    assert "Did you mean first?" in result.stderr
