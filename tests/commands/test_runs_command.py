"""`mnistcli runs`: list and compare."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import click.shell_completion
import pytest
from common.madeup import make, unfinished
from common.terminal import on_terminal, without_codes

from mnistcli import files
from mnistcli.cli import cli
from mnistcli.runs import run
from mnistcli.runs.config import TrainingConfig

pytest_plugins = "common.madeup"


@pytest.fixture
def listed(folder, mnistcli_here):
    def names(*options):
        result = mnistcli_here("runs", "--runs-dir", folder, "--json", *options)
        assert result.returncode == 0, result.stderr
        return [each["name"] for each in json.loads(result.stdout)["runs"]]

    return names


def test_runs_are_listed_newest_first_with_their_figures(folder, mnistcli_here):
    result = mnistcli_here("runs", "--runs-dir", folder)
    assert result.returncode == 0
    assert result.stderr == ""
    header, *lines = [line.split() for line in result.stdout.splitlines()]
    assert header == (
        "run model dataset optimizer epochs seed accuracy seconds size status".split()  # noqa: SIM905
    )
    assert [line[0] for line in lines] == ["other", "good", "slow"]
    assert lines[2][1:8] == ["mlp", "synthetic", "sgd", "3", "7", "0.8000", "60.0"]
    assert lines[2][-1] == "complete"


def test_a_real_run_is_listed(runs_dir, mnistcli_here):
    result = mnistcli_here("runs", "--runs-dir", runs_dir, "--json")
    (first,) = [r for r in json.loads(result.stdout)["runs"] if r["name"] == "first"]
    metrics = json.loads((runs_dir / "first" / "metrics.json").read_text())
    assert (first["accuracy"], first["loss"]) == tuple(metrics["test"].values())
    assert first["seconds"] == metrics["seconds"]
    assert first["size"] >= sum(path.stat().st_size for path in (runs_dir / "first").glob("m*"))


def test_the_json_has_one_object_a_run(folder, mnistcli_here):
    report = json.loads(mnistcli_here("runs", "--runs-dir", folder, "--json").stdout)
    assert report["version"] == 1
    assert report["runs"][1] | {"created": "", "size": 0} == {
        "run": str(folder / "good"),
        "name": "good",
        "status": "complete",
        "created": "",
        "model": "cnn",
        "dataset": "synthetic",
        "datasets": ["synthetic"],
        "optimizer": "adam",
        "epochs": 2,
        "seed": 0,
        "sweep": None,
        "accuracy": 0.99,
        "loss": 0.25,
        "seconds": 5.0,
        "size": 0,
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--sort", "accuracy"], ["good", "other", "slow"]),
        (["--sort", "accuracy", "--reverse"], ["slow", "other", "good"]),
        (["--sort", "seconds"], ["other", "good", "slow"]),
        (["--sort", "name"], ["good", "other", "slow"]),
        (["--reverse"], ["slow", "good", "other"]),
        (["--model", "mlp"], ["other", "slow"]),
        (["--model", "mlp", "--optimizer", "sgd"], ["slow"]),
        (["--optimizer", "sgd", "--optimizer", "adam"], ["good", "slow"]),
        (["--dataset", "mnist"], []),
        (["--status", "interrupted"], []),
    ],
)
def test_the_list_is_sorted_and_filtered(listed, options, names):
    assert listed(*options) == names


def test_what_is_not_known_comes_last_whatever_the_order(listed, folder):
    unfinished(folder, "broken-off")
    for options in ([], ["--reverse"]):
        assert listed("--sort", "accuracy", *options)[-1] == "broken-off"


def test_without_runs_the_list_is_empty_and_a_note_says_so(tmp_path, mnistcli_here):
    result = mnistcli_here("runs", "--runs-dir", tmp_path / "none")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no such runs" in result.stderr
    report = json.loads(mnistcli_here("runs", "--runs-dir", tmp_path / "none", "--json").stdout)
    assert report == {"version": 1, "runs": []}


def test_a_run_whose_training_has_gone_is_interrupted(folder, mnistcli_here):
    unfinished(folder, "gone")
    line = mnistcli_here("runs", "--runs-dir", folder).stdout.splitlines()[1].split()
    assert (line[0], line[6], line[-1]) == ("gone", "-", "interrupted")


def test_a_run_that_is_being_trained_says_so(folder, mnistcli):
    path = unfinished(folder, "now")
    (path / "checkpoint").mkdir()
    with files.locked(path / run.CHECKPOINT_LOCK):
        assert mnistcli("runs", "--runs-dir", folder).stdout.splitlines()[1].endswith("training")
    assert mnistcli("runs", "--runs-dir", folder).stdout.splitlines()[1].endswith("interrupted")


def test_a_damaged_run_is_said_on_stderr_and_the_others_are_listed(folder, mnistcli_here):
    (folder / "slow" / run.MANIFEST).write_text("{")
    result = mnistcli_here("runs", "--runs-dir", folder)
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 3
    assert f"{folder / 'slow' / run.MANIFEST} is damaged" in result.stderr


def test_damaged_metrics_leave_the_figures_unknown(folder, mnistcli_here):
    (folder / "slow" / run.METRICS).write_text("{}")
    report = json.loads(mnistcli_here("runs", "--runs-dir", folder, "--json").stdout)
    assert report["runs"][2]["accuracy"] is None


def test_a_list_on_a_narrow_terminal_leaves_columns_out_rather_than_cutting_names(folder):
    shutil.copytree(folder / "good", folder / "a-run-with-a-rather-long-name")
    seen = without_codes(on_terminal("runs", "--runs-dir", folder, columns=80).text)
    assert "a-run-with-a-rather-long-name" in seen
    assert all(len(line) <= 80 for line in seen.splitlines())
    assert "on a wider terminal" in seen


def test_a_strangers_names_move_no_cursor(folder, mnistcli_here):
    found = run.Run.read(folder / "slow")
    config = TrainingConfig.from_json(found.config.to_json() | {"model": "\x1b[2Jx"})
    replace(found, config=config).write()
    result = mnistcli_here("runs", "--runs-dir", folder)
    assert r"\x1b[2Jx" in result.stdout
    assert "\x1b" not in result.stdout


def test_listing_loads_neither_numpy_nor_tensorflow(folder):
    code = (
        "import sys\nfrom mnistcli.cli import main\nsys.argv = ['mnistcli', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end\n"
        "sys.exit(bool({'numpy', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    for arguments in (["runs"], ["runs", "compare", "slow", "good"]):
        command = [sys.executable, "-c", code, *arguments, "--runs-dir", str(folder)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_comparison_shows_what_differs_and_only_that(folder, mnistcli_here):
    result = mnistcli_here("runs", "compare", "slow", "other", "--runs-dir", folder)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["slow", "other"]
    assert ["optimizer", "sgd", "rmsprop"] in lines
    assert ["validation", "split", "0.0", "0.25"] in lines
    assert ["test", "accuracy", "0.8000", "0.9000"] in lines
    assert not any(line[:1] == ["model"] for line in lines)


def test_a_comparison_in_a_pipe_has_the_curves_as_numbers(folder, mnistcli_here):
    result = mnistcli_here("runs", "compare", "slow", "good", "--runs-dir", folder)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["slow", "3", "0.3333", "-", "0.9000", "-"] in lines
    assert ["good", "2", "0.5000", "-", "0.8500", "-"] in lines
    assert result.stdout.isascii()


def test_a_comparison_on_a_terminal_has_the_curves_side_by_side(folder):
    seen = without_codes(on_terminal("runs", "compare", "slow", "good", "--runs-dir", folder).text)
    lines = [" ".join(line.split()) for line in seen.splitlines()]
    assert "loss slow █▃▁ 1.0000 → 0.3333" in lines
    assert "good █▃ 1.0000 → 0.5000" in lines


def test_many_runs_are_compared_a_line_each_where_the_terminal_is_narrow(folder):
    names = ["slow", "good", "other"] * 4
    seen = without_codes(
        on_terminal("runs", "compare", *names, "--runs-dir", folder, columns=80).text
    )
    assert sum(line.startswith("slow ") for line in seen.splitlines()) == 4


def test_the_json_of_a_comparison_has_differences_and_histories(folder, mnistcli_here):
    result = mnistcli_here("runs", "compare", "slow", "good", "--runs-dir", folder, "--json")
    report = json.loads(result.stdout)
    assert report["version"] == 1
    assert report["differences"]["configuration"]["model"] == ["mlp", "cnn"]
    assert report["differences"]["versions"] == {}
    assert [len(each["history"]) for each in report["runs"]] == [3, 2]


def test_one_run_cannot_be_compared(folder, mnistcli_here):
    result = mnistcli_here("runs", "compare", "slow", "--runs-dir", folder)
    assert result.returncode == 2
    assert "two runs or more" in result.stderr


def test_a_run_that_does_not_exist_is_answered_with_the_nearest(folder, mnistcli_here):
    for words in (["compare", "slow", "goood"], ["rm", "--yes", "goood"]):
        result = mnistcli_here("runs", *words, "--runs-dir", folder)
        assert result.returncode == 1
        assert "Did you mean good?" in result.stderr


def test_the_folder_may_be_given_before_the_subcommand(folder, mnistcli_here):
    assert mnistcli_here("runs", "--runs-dir", folder, "compare", "slow", "good").returncode == 0


def test_an_option_of_the_list_before_a_subcommand_is_refused(folder, mnistcli_here):
    result = mnistcli_here("runs", "--json", "compare", "slow", "good", "--runs-dir", folder)
    assert result.returncode == 2
    assert "--json before compare does nothing" in result.stderr


def test_run_names_complete_in_the_folder_that_was_given(folder):
    def offered(words, incomplete):
        complete = click.shell_completion.ShellComplete(cli, {}, "mnistcli", "_MNISTCLI_COMPLETE")
        return {item.value for item in complete.get_completions(words, incomplete)}

    for words in (
        ["runs", "compare", "--runs-dir", str(folder)],
        ["runs", "--runs-dir", str(folder), "rm"],
        ["runs", "rm", "--runs-dir", str(folder), "good"],
    ):
        assert offered(words, "sl") == {"slow"}
    assert {"compare", "rm"} <= offered(["runs"], "")


def test_a_run_of_several_datasets_is_found_by_each(tmp_path, mnistcli_here):
    make(tmp_path, "both", added=("mine",))
    for name, found in (("synthetic", True), ("mine", True), ("mnist", False)):
        result = mnistcli_here("runs", "--dataset", name, "--runs-dir", tmp_path)
        assert ("synthetic+mine" in result.stdout) is found
