"""A sweep's runs: what each would be alone, and none of them twice."""

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest
from swept import SETTINGS, answer
from test_resumption import weights

from mnistcli.networks.catalogue import configure
from mnistcli.networks.source import Source
from mnistcli.runs.run import Run
from mnistcli.sweeps.plan import Plan, Setting
from mnistcli.training.jobs import processes
from mnistcli.training.jobs.work import Assignment

BRANCHING = """
import keras
class Last(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(10, "softmax")
    def call(self, images):
        if keras.ops.shape(images)[0] is None:
            images = images * 1
        return self.dense(self.flatten(images) / 255)
def build():
    return keras.Sequential([keras.Input((28, 28)), Last()])
"""


def read(folder, name):
    return Run.read(folder / "runs" / name)


def test_every_run_is_complete_and_belongs_to_the_sweep(swept):
    runs = [read(swept, f"opt-00{number}") for number in range(4)]
    assert all(run.complete and run.sweep == "opt" for run in runs)
    assert [(run.config.seed, run.membership.setting["optimizer"]) for run in runs] == [
        (0, "sgd"),
        (0, "adam"),
        (1, "sgd"),
        (1, "adam"),
    ]


def test_a_run_is_what_it_would_be_alone(swept, mnistcli_here, tiny_data_dir, tmp_path):
    options = ("--optimizer", "adam", "--seed", 1, "--name", "alone", "--quiet")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    assert mnistcli_here("train", *SETTINGS, *options, *where).returncode == 0
    alone, member = Run.read(tmp_path / "alone"), read(swept, "opt-003")
    assert weights(alone.path) == weights(member.path)
    assert (alone.config, alone.temperature) == (member.config, member.temperature)


@pytest.fixture
def spawned(monkeypatch):
    """Start processes as macOS does, where none may be forked."""
    monkeypatch.setattr(processes, "_context", lambda: multiprocessing.get_context("spawn"))


def test_a_process_that_is_spawned_is_given_all_it_needs(spawned, swept, tmp_path):
    (tmp_path / "net.py").write_text(BRANCHING)
    source = Source.read(str(tmp_path / "net.py"))
    config = configure(model=source.name, dataset="synthetic", epochs=1)
    setting = Setting({"model": source.name}, config, source, read(swept, "opt-000"))
    (planned,) = Plan("a", (setting,), (0,)).runs
    given = Assignment(planned, Path("data"), Path("runs"), "auto", tensorboard=False)
    with processes.desk() as under_way:
        under_way.start(answer, planned, given)
        reports = [report for _ in range(2) for _, report in under_way.reports(None)]
    assert reports == [(given, True), None]


@pytest.mark.long
def test_where_nothing_can_be_forked_a_run_is_the_same(
    spawned, swept, mnistcli_here, tiny_data_dir, tmp_path
):
    options = ("--optimizer", "adam", "--seeds", 1, "--name", "spawned")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    result = mnistcli_here("sweep", *SETTINGS, *options, *where)
    assert result.returncode == 0, result.stderr
    assert weights(tmp_path / "spawned-000") == weights(swept / "runs" / "opt-001")


def test_it_says_first_how_many_runs_there_are_and_how_long_they_take(swept):
    first = (swept / "stderr").read_text().splitlines()[0]
    assert first.startswith("sweep opt: 2 settings x 2 seeds = 4 runs: about ")


def test_the_table_is_printed_as_json(swept):
    table = json.loads((swept / "stdout").read_text())
    assert table["version"] == 1
    assert {row["setting"]["optimizer"] for row in table["settings"]} == {"sgd", "adam"}
    assert table["settings"][0]["verdict"] == "best"


def test_started_again_it_trains_nothing_and_shows_the_same_table(swept, mnistcli, tiny_data_dir):
    options = ("--optimizer", "sgd,adam", "--seeds", 2, "--name", "opt", "--json")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", swept / "runs")
    before = read(swept, "opt-000")
    result = mnistcli("sweep", *SETTINGS, *options, *where)
    assert "4 runs, 0 to train" in result.stderr
    assert result.stdout == (swept / "stdout").read_text()
    assert read(swept, "opt-000") == before


def test_the_table_is_shown_again_from_the_runs(swept, mnistcli_here):
    result = mnistcli_here("sweep", "show", "opt", "--json", "--runs-dir", swept / "runs")
    assert result.stdout == (swept / "stdout").read_text()


def test_runs_lists_those_of_a_sweep(swept, mnistcli_here):
    shown = mnistcli_here("runs", "--sweep", "opt", "--json", "--runs-dir", swept / "runs")
    assert [run["sweep"] for run in json.loads(shown.stdout)["runs"]] == ["opt"] * 4
    other = mnistcli_here("runs", "--sweep", "other", "--json", "--runs-dir", swept / "runs")
    assert json.loads(other.stdout)["runs"] == []


@pytest.mark.parametrize("form", ["--markdown", "--csv"])
def test_the_table_is_printed_in_other_forms(swept, mnistcli_here, form):
    result = mnistcli_here("sweep", "show", "opt", form, "--runs-dir", swept / "runs")
    header = result.stdout.splitlines()[0]
    assert "optimizer" in header
    assert header.count("|" if form == "--markdown" else ",") > 5


def test_a_dry_run_says_what_there_is_to_do_and_does_nothing(swept, mnistcli_here, tiny_data_dir):
    options = ("--optimizer", "sgd,adam", "--seeds", 2, "--name", "opt", "--dry-run", "--json")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", swept / "runs")
    plan = json.loads(mnistcli_here("sweep", *SETTINGS, *options, *where).stdout)
    assert (plan["runs"], plan["missing"], plan["seconds"]) == (4, 0, 0)
    assert [each["setting"] for each in plan["settings"]] == [
        {"optimizer": "sgd"},
        {"optimizer": "adam"},
    ]


def test_runs_that_are_missing_take_as_long_as_those_like_them_that_are_there(
    swept, mnistcli_here, tiny_data_dir
):
    options = ("--optimizer", "sgd,adam", "--seeds", 4, "--name", "opt", "--jobs", 1, "--dry-run")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", swept / "runs")
    plan = json.loads(mnistcli_here("sweep", *SETTINGS, *options, "--json", *where).stdout)
    seconds = json.loads((swept / "runs" / "opt-000" / "metrics.json").read_text())["seconds"]
    assert (plan["runs"], plan["missing"]) == (8, 4)
    assert plan["seconds"] == pytest.approx(4 * seconds)


@pytest.mark.long
def test_a_run_that_was_stopped_before_its_first_epoch_begins_anew(
    swept, mnistcli, tiny_data_dir, tmp_path
):
    shutil.copytree(swept / "runs", tmp_path / "runs")
    stopped = tmp_path / "runs" / "opt-002"
    manifest = json.loads((stopped / "run.json").read_text())
    shutil.rmtree(stopped)
    stopped.mkdir()
    (stopped / "run.json").write_text(json.dumps(manifest | {"status": "training"}))
    options = ("--optimizer", "sgd,adam", "--seeds", 2, "--name", "opt", "--quiet")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path / "runs")
    assert mnistcli("sweep", *SETTINGS, *options, *where).returncode == 0
    assert weights(stopped) == weights(swept / "runs" / "opt-002")


@pytest.mark.long
def test_nothing_is_left_in_the_folder_for_temporary_files(mnistcli, tiny_data_dir, tmp_path):
    """TensorFlow writes code of subclassed networks there, for a process that ends to remove."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "net.py").write_text(BRANCHING)
    options = ("--dataset", "synthetic", "--model", tmp_path / "net.py", "--epochs", 1)
    where = ("--seeds", 1, "--data-dir", tiny_data_dir, "--runs-dir", tmp_path / "runs")
    result = mnistcli("sweep", *options, *where, TMPDIR=str(tmp_path / "tmp"))
    assert result.returncode == 0, result.stderr
    assert list((tmp_path / "tmp").iterdir()) == []
