"""mnistcli where TensorFlow is not installed, or all that only training and measuring need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import pins  # noqa: E402 - it stands there

TRAINING = ("tensorflow", "keras")
REST = (*TRAINING, "h5py", "matplotlib", "requests", "urllib3", "truststore", "filelock")

HIDE = """
import sys
for name in {names!r}:
    sys.modules[name] = None
"""


@pytest.fixture
def without(mnistcli, tmp_path):
    """Run mnistcli where modules of these names cannot be imported."""

    def run(names, *arguments):
        (tmp_path / "hidden").mkdir(exist_ok=True)
        (tmp_path / "hidden" / "sitecustomize.py").write_text(HIDE.format(names=names))
        path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
        return mnistcli(*arguments, cwd=ROOT, PYTHONPATH=path)

    return run


READ = {
    "predict": ("predict", "PICTURES"),
    "predict --show": ("predict", "--show", "PICTURES"),
    "runs": ("runs",),
    "evaluate": ("evaluate", "--data-dir", "DATA"),
    "figures": ("evaluate", "--data-dir", "DATA", "--plots", "--report"),
    "pictures": ("evaluate", "--data-dir", "DATA", "--pictures", "LABELLED"),
    "fetch": ("fetch", "--dataset", "synthetic", "--data-dir", "DATA"),
}
SMALL = ("predict", "predict --show", "runs")


@pytest.mark.parametrize(
    ("names", "what"),
    [*((TRAINING, what) for what in READ), *((REST, what) for what in SMALL)],
    ids=lambda value: value if isinstance(value, str) else f"without {len(value)}",
)
def test_whatever_reads_goes_without(
    names, what, without, runs_dir, data_dir, small_pictures, tmp_path
):
    (tmp_path / "labels.csv").write_text(f"path,label\n{small_pictures / '3.png'},3\n")
    places = {"PICTURES": small_pictures, "DATA": data_dir, "LABELLED": tmp_path / "labels.csv"}
    arguments = [str(places.get(each, each)) for each in READ[what]]
    if what != "fetch":
        arguments += ["--runs-dir", str(runs_dir)]
    ended = without(names, *arguments)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--dataset", "synthetic"),
        ("evaluate", "--engine", "keras"),
        ("train", "--dry-run", "--dataset", "synthetic"),
    ],
    ids=" ".join,
)
def test_whatever_trains_says_what_is_missing(arguments, without, runs_dir, data_dir):
    ended = without(TRAINING, *arguments, "--data-dir", data_dir, "--runs-dir", runs_dir)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("Error: keras is not installed here")
    assert "pip install" in ended.stderr


def test_the_pins_are_of_what_pyproject_names_but_tensorflow():
    lines = (ROOT / "requirements-predict.txt").read_text().splitlines()
    versions = dict(line.split("==") for line in lines if not line.startswith("#"))
    wanted = [each for each in pins.dependencies() if pins.name(each) not in pins.TRAINING]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(versions[pins.name(requirement.name)]), requirement
    reading = lines[: lines.index(pins.REST.strip())]
    assert {line.partition("=")[0] for line in reading} >= pins.READING
    assert "tensorflow" not in versions
    assert "keras" not in versions


@pytest.mark.long
def test_the_pins_are_all_that_reading_needs(runs_dir, small_pictures, data_dir, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [python, "-m", "pip", "install", "--quiet"]
    pinned = [*install, "-r", ROOT / "requirements-predict.txt"]
    if subprocess.run(pinned, check=False).returncode:
        pytest.skip("packages are out of reach")
    subprocess.run([*install, "--no-deps", ROOT], check=True)
    start = [python, "-I", "-m", "mnistcli"]
    reading = [*start, "predict", "--json", "--runs-dir", runs_dir, small_pictures]
    read = subprocess.run(reading, capture_output=True, text=True, check=True)
    assert len(json.loads(read.stdout)["predictions"]) == 10
    figures = ["--plots", "--report", "--runs-dir", runs_dir, "--data-dir", data_dir]
    subprocess.run([*start, "evaluate", *figures], capture_output=True, check=True)
    training = [*start, "train", "--dataset", "synthetic", "--data-dir", data_dir]
    refused = subprocess.run(training, capture_output=True, text=True, check=False)
    assert refused.stderr.rstrip().endswith("pip install tensorflow")
