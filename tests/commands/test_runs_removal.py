"""`mnistcli runs rm`: what was named, after a yes, and nothing else."""

import shutil

import pytest
from common.madeup import unfinished
from common.terminal import on_terminal

from mnistcli import files
from mnistcli.runs import run

pytest_plugins = "common.madeup"


def test_removing_needs_a_yes_where_there_is_nobody_to_ask(folder, mnistcli_here):
    result = mnistcli_here("runs", "rm", "slow", "--runs-dir", folder)
    assert result.returncode == 2
    assert "--yes" in result.stderr
    assert (folder / "slow").is_dir()


def test_yes_removes_what_was_named_and_nothing_else(folder, mnistcli_here):
    result = mnistcli_here("runs", "rm", "slow", "good", "slow", "--yes", "--runs-dir", folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert f"removed {folder / 'slow'}\n" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["other"]


@pytest.mark.parametrize(("answer", "stays"), [("y", False), ("n", True), ("", True)])
def test_on_a_terminal_removing_asks_first(folder, answer, stays):
    seen = on_terminal("runs", "rm", "slow", "--runs-dir", folder, answers=f"{answer}\n").text
    assert "Remove slow with all files? [y/N]" in seen
    assert (folder / "slow").exists() == stays


def test_where_one_of_several_does_not_exist_nothing_is_removed(folder, mnistcli_here):
    assert (
        mnistcli_here("runs", "rm", "slow", "gone", "--yes", "--runs-dir", folder).returncode == 1
    )
    assert (folder / "slow").is_dir()


def test_a_damaged_run_can_be_removed(folder, mnistcli_here):
    (folder / "slow" / run.MANIFEST).write_text("{")
    assert mnistcli_here("runs", "rm", "slow", "--yes", "--runs-dir", folder).returncode == 0
    assert not (folder / "slow").exists()


def test_a_folder_that_is_no_run_is_never_removed(folder, mnistcli_here):
    (folder / "photos").mkdir()
    for name in ("photos", "..", ".", str(folder)):
        assert mnistcli_here("runs", "rm", name, "--yes", "--runs-dir", folder).returncode == 1
    assert (folder / "photos").is_dir()


def test_a_link_to_a_run_is_removed_and_the_run_stays(folder, tmp_path, mnistcli_here):
    (folder / "link").symlink_to(shutil.move(folder / "slow", tmp_path / "elsewhere"))
    assert mnistcli_here("runs", "rm", "link", "--yes", "--runs-dir", folder).returncode == 0
    assert not (folder / "link").is_symlink()
    assert (tmp_path / "elsewhere" / run.MANIFEST).is_file()


def test_a_run_that_is_being_trained_is_not_removed(folder, mnistcli):
    path = unfinished(folder, "now")
    (path / "checkpoint").mkdir()
    with files.locked(path / run.CHECKPOINT_LOCK):
        result = mnistcli("runs", "rm", "now", "--yes", "--runs-dir", folder)
    assert result.returncode == 1
    assert "being trained" in result.stderr
    assert path.is_dir()
