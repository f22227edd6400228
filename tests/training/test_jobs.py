"""A sweep's runs: what each would be alone, and none of them twice."""

import json

import pytest
from swept import SETTINGS
from test_resumption import weights

from mnistcli.runs.run import Run


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
