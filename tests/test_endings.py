"""How a process ends: exit codes, readers that leave, disks that are full.

Signals: `tests/faults/`, as each hits a process that trains or downloads.
"""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["no-such-command"],
        ["evaluate", "--engine", "onnx"],
        ["predict"],
        ["fetch", "--no-such-option"],
        ["fetch", "unexpected"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_so_on_stderr(mnistcli, arguments):
    result = mnistcli(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_a_failure_exits_with_1_and_one_line(mnistcli, tmp_path):
    result = mnistcli("evaluate", "nowhere", "--runs-dir", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_failure_shows_no_traceback(mnistcli, tmp_path):
    assert "Traceback" not in mnistcli("evaluate", "nowhere", "--runs-dir", tmp_path).stderr


def test_a_failure_shows_its_traceback_when_debugging(mnistcli, tmp_path):
    result = mnistcli("evaluate", "nowhere", "--runs-dir", tmp_path, MNISTCLI_DEBUG="1")
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_an_error_of_the_operating_system_names_the_file_and_shows_no_traceback(mnistcli, tmp_path):
    (tmp_path / "file").touch()
    result = mnistcli("fetch", "--data-dir", tmp_path / "file" / "below", "--source", tmp_path)
    assert result.returncode == 1
    assert str(tmp_path / "file" / "below") in result.stderr
    assert "Traceback" not in result.stderr


def shell(script, *arguments):
    """Run a line of bash in which "$@" are the arguments of a stranger's pipe."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def many_pictures(small_pictures, filled_once):
    """A folder of 800 pictures: more lines than a pipe holds in JSON."""

    def fill(folder):
        for number in range(800):
            os.link(small_pictures / f"{number % 10}.png", folder / f"{number:03}.png")

    return filled_once("many-pictures", fill)


@pytest.mark.parametrize("form", ["tsv", "json"])
def test_a_reader_that_leaves_early_ends_a_prediction_quietly(runs_dir, many_pictures, form):
    script = '"$0" -m mnistcli predict --runs-dir "$1" --format "$2" "$3" | head -1'
    result = shell(script, runs_dir, form, many_pictures)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) == 1


def test_a_reader_that_leaves_early_ends_an_evaluation_quietly(runs_dir, data_dir):
    script = '"$0" -m mnistcli evaluate --runs-dir "$1" --data-dir "$2" --quiet | true'
    result = shell(script, runs_dir, data_dir)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_full_disk_behind_stdout_is_a_failure_of_one_line(runs_dir, pictures):
    script = '"$0" -m mnistcli predict --runs-dir "$1" "$2" > /dev/full'
    result = shell(script, runs_dir, pictures / "3.png")
    assert result.returncode == 1
    assert result.stderr == "Error: No space left on device. Check the disk and its permissions.\n"


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_closed_stream_is_no_defect(runs_dir, pictures, stream):
    script = f'"$0" -m mnistcli predict --runs-dir "$1" "$2" {stream}>&-'
    result = shell(script, runs_dir, pictures / "3.png")
    assert "Traceback" not in result.stderr
    assert "defect" not in result.stderr


CRASHING = """
import os, sys, types
from mnistcli import cli

class Crashing:
    def __del__(self, abort=os.abort):
        abort()

def ended(**_options):
    print("what was printed")
    {how}

held = Crashing()
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
cli.cli.main = ended
cli.main()
"""


@pytest.mark.parametrize(
    ("how", "code"),
    [("return 0", 0), ("return 1", 1), ("raise KeyboardInterrupt", 130)],
    ids=["done", "failed", "interrupted"],
)
def test_no_process_is_taken_apart_beneath_tensorflow(how, code):
    command = [sys.executable, "-c", CRASHING.format(how=how)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "what was printed\n", "")


HELD_BACK = """
import multiprocessing, signal
from mnistcli import parallel

def seen():
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))

if __name__ == "__main__":
    process = multiprocessing.get_context("forkserver").Process(target=seen)
    with parallel.ctrl_c_held_back():
        process.start()
    process.join()
"""


def test_a_process_that_is_started_while_ctrl_c_is_held_back_never_sees_it(tmp_path):
    (tmp_path / "script.py").write_text(HELD_BACK)
    started = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=True
    )
    assert started.stdout == "True\n"
