"""The network that comes with mnistcli: used until there is a run, and never written into."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mnistcli.reading.classifier import Classifier
from mnistcli.reading.prediction import Prediction, predict
from mnistcli.runs.run import PRETRAINED, Run

ROOT = Path(__file__).parents[2]


def test_without_a_run_pictures_are_read_with_one_note(mnistcli_here, pictures, tmp_path):
    result = mnistcli_here("predict", pictures, "--runs-dir", tmp_path)
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == list("0123456789")
    assert result.stderr.count("the network that comes with mnistcli") == 1
    named = mnistcli_here("predict", pictures, "--run", "pretrained", "--runs-dir", tmp_path)
    assert (named.stdout, named.stderr) == (result.stdout, "")
    quiet = mnistcli_here("predict", "--quiet", pictures / "3.png", "--runs-dir", tmp_path)
    assert quiet.stderr == ""


def test_evaluate_writes_nothing_into_it(mnistcli_here, data_dir, tmp_path):
    before = sorted(PRETRAINED.iterdir())
    where = ("--data-dir", data_dir, "--runs-dir", tmp_path)
    result = mnistcli_here("evaluate", "--dataset", "synthetic", "--json", *where)
    assert json.loads(result.stdout)["accuracy"] > 0.95
    assert sorted(PRETRAINED.iterdir()) == before
    refused = mnistcli_here("evaluate", "--dataset", "synthetic", "--report", *where)
    assert (refused.returncode, "train one" in refused.stderr) == (2, True)


def test_it_cannot_be_trained_on_and_says_so(mnistcli_here, data_dir, tmp_path):
    where = ("--data-dir", data_dir, "--runs-dir", tmp_path)
    result = mnistcli_here("train", "--from", "pretrained", *where)
    assert result.returncode == 2
    assert "pretrained has none to train on" in result.stderr


def answers(manifest: Path) -> list[tuple[str, Prediction]]:
    """Labels without spaces and lines, and what is read."""
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    pictures = [(str(manifest.parent / row["path"]), None) for row in rows]
    labels = ["".join(filter(str.isdigit, row["label"])) for row in rows]
    return list(zip(labels, predict(pictures, Classifier.load(PRETRAINED)), strict=True))


def said(prediction: Prediction) -> str:
    return "".join(str(digit.digit) for digit in prediction.digits)


def test_digits_on_paper_are_read_and_what_is_none_is_doubted(paper):
    for label, read in answers(paper):
        assert (said(read) == label) if label else (read.error or read.doubtful), read.path


def test_people_s_numbers_are_read_whole(own_numbers):
    wrong = [read.path for label, read in answers(own_numbers) if said(read) != label]
    assert len(wrong) <= 2, wrong


@pytest.mark.long
def test_make_model_trains_it_to_the_bit(mnist_data_dir, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "mnist.h5").symlink_to(mnist_data_dir / "mnist.h5")
    command = [sys.executable, "-m", "mnistcli"]
    where = ("--data-dir", data, "--runs-dir", tmp_path)
    rule = (ROOT / "Makefile").read_text().partition("\nmodel:")[2].partition("\n\n")[0]
    (line,) = [each for each in rule.splitlines() if "mnistcli train" in each]
    subprocess.run([*command, "fetch", "--dataset", "synthetic", "--data-dir", data], check=True)
    subprocess.run([*command, *line.partition("mnistcli ")[2].split(), *where], check=True)
    trained, shipped = (Run.read(path) for path in (tmp_path / "pretrained", PRETRAINED))
    assert trained.artifacts["model.tflite"] == shipped.artifacts["model.tflite"]
