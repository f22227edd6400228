"""Names beyond ASCII, and beyond all text, on terminals and in pipes that know ASCII only."""

import os
import shutil
import subprocess
import sys

import pytest

RUN, PICTURE = "läuf", "drei—三.png"
SHOWN, SHOWN_PICTURE = r"l\xe4uf", r"drei\u2014\u4e09.png"


@pytest.fixture
def folder(runs_dir, data_dir, small_pictures, tmp_path):
    """A folder with a run, a dataset and a picture whose names no ASCII terminal has."""
    shutil.copytree(runs_dir / "first", tmp_path / "rüns" / RUN)
    shutil.copytree(runs_dir / "first", tmp_path / "rüns" / "second")
    (tmp_path / "däta").symlink_to(data_dir)
    shutil.copy(small_pictures / "3.png", tmp_path / PICTURE)
    return tmp_path


@pytest.fixture
def ascii_only(mnistcli, folder):
    def run(*arguments):
        ended = mnistcli(*arguments, cwd=folder, PYTHONIOENCODING="ascii")
        assert ended.returncode == 0, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout

    return run


RUNS = ("--runs-dir", "rüns")


def test_a_list_of_runs_is_whole_on_an_ascii_terminal(ascii_only):
    lines = ascii_only("runs", *RUNS).splitlines()
    assert {line.split()[0] for line in lines} == {"run", SHOWN, "second"}
    assert SHOWN in ascii_only("runs", *RUNS, "compare", RUN, "second")


@pytest.mark.parametrize("form", ["tsv", "table"])
def test_a_reading_has_its_picture_s_name_on_an_ascii_terminal(form, ascii_only):
    assert SHOWN_PICTURE in ascii_only("predict", *RUNS, "--run", RUN, "--format", form, PICTURE)


def test_bars_are_drawn_of_ascii_on_an_ascii_terminal(ascii_only):
    drawn = ascii_only("predict", *RUNS, "--run", RUN, "--show", PICTURE)
    assert SHOWN_PICTURE in drawn
    assert " ####" in drawn
    assert r"\u2588" not in drawn


def test_an_evaluation_and_a_fetch_are_told_on_an_ascii_terminal(ascii_only):
    figures = ("--plots", "--report", "-q")
    evaluated = ascii_only("evaluate", RUN, *RUNS, "--data-dir", "däta", *figures)
    assert evaluated.startswith(rf"run r\xfcns/{SHOWN} on synthetic test")
    fetched = ascii_only("fetch", "--dataset", "synthetic", "--data-dir", "däta")
    assert r"in d\xe4ta/synthetic.h5" in fetched


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no such names")
def test_a_run_whose_name_is_no_text_is_listed_and_drawn(folder, data_dir):
    name = os.fsdecode(os.fsencode(folder) + b"/r\xff")
    shutil.copytree(folder / "rüns" / RUN, name)
    start = [sys.executable, "-m", "mnistcli"]
    drawn = ["evaluate", name, "--data-dir", data_dir, "--plots", "--report", "-q"]
    for command in (["runs", "--runs-dir", folder], drawn):
        ended = subprocess.run([*start, *command], capture_output=True, check=False)
        assert ended.returncode == 0, ended.stderr
        assert b"r\xff" in ended.stdout
