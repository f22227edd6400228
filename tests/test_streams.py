"""What stands on which stream, and what is loaded when."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from common.terminal import COLOUR, on_terminal

from mnistcli import __version__

HEAVY = {
    "numpy",
    "tensorflow",
    "keras",
    "rich",
    "cv2",
    "h5py",
    "PIL",
    "requests",
    "pi_heif",
    "multiprocessing",
}

COMMANDS = ("fetch", "train", "evaluate", "predict", "demo")

# Whatever TensorFlow, Keras and LiteRT have been seen to say.
CHATTER = re.compile(
    r"[IWEF]\d{4} |: [IWEF] tensorflow|absl|oneDNN|cuda|CUDA|XNNPACK|AVX|Warning|WARNING"
)
REDRAWN = re.compile(r"\r(?!\n)|\x1b\[\d*[A-K]|\x1b\[\?25")


def words(seen):
    return re.sub(r"\x1b\[[\d;]*m", " ", seen.text).split()


def loaded_by(*arguments, **environment):
    """Run the command line and return the modules that it has loaded at its end."""
    code = (
        "import sys\nfrom mnistcli.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "sys.stderr.write('loaded ' + ' '.join(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return set(result.stderr.rpartition("loaded ")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["-h"], ["--version"], *([command, "--help"] for command in COMMANDS)],
    ids=" ".join,
)
def test_help_and_version_load_nothing_heavy(arguments):
    assert not loaded_by(*arguments) & HEAVY


@pytest.mark.parametrize(
    "line", ["mnistcli ", "mnistcli tr", "mnistcli train --optimizer ", "mnistcli evaluate "]
)
def test_completion_loads_nothing_heavy(line, runs_dir):
    environment = {
        "_MNISTCLI_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "MNISTCLI_RUNS_DIR": str(runs_dir),
    }
    assert not loaded_by(**environment) & HEAVY


def test_evaluate_loads_neither_tensorflow_nor_what_reads_pictures(runs_dir, data_dir):
    arguments = ("evaluate", "--runs-dir", runs_dir, "--data-dir", data_dir, "--json")
    assert not loaded_by(*arguments) & {"tensorflow", "keras", "PIL", "cv2"}


def test_predict_loads_neither_tensorflow_nor_rich(runs_dir, pictures):
    loaded = loaded_by("predict", "--runs-dir", runs_dir, pictures / "3.png")
    assert not loaded & {"tensorflow", "keras", "rich", "h5py"}


def test_an_image_made_as_mnist_s_is_read_with_no_more_than_it_takes(runs_dir, small_pictures):
    needless = {"cv2", "pi_heif", "multiprocessing", "shutil", "difflib"}
    loaded = loaded_by("predict", "--runs-dir", runs_dir, small_pictures / "3.png")
    assert not loaded & needless
    assert not {name for name in loaded if re.match(r"PIL\.(?!Png)\w+ImagePlugin", name)}


def test_version_is_the_packages(mnistcli):
    assert mnistcli("--version").stdout == f"mnistcli, version {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_on_stdout_and_describes_every_option(mnistcli, command):
    result = mnistcli(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"Usage: mnistcli {command}")
    options = re.findall(r"^  (-.*?)(?:  +(.*))?$", result.stdout, re.MULTILINE)
    assert len(options) > 3
    assert not [option for option, text in options if option.startswith("--") and not option]


def test_a_quiet_training_leaves_stderr_empty(quiet_training):
    assert (quiet_training / "stderr").read_text() == ""


def test_without_a_terminal_a_training_summary_has_no_escape_codes(quiet_training):
    stdout = (quiet_training / "stdout").read_text()
    assert "test accuracy" in stdout
    assert "\x1b" not in stdout


@pytest.mark.parametrize("engine", ["litert", pytest.param("keras", marks=pytest.mark.long)])
def test_a_quiet_evaluation_leaves_stderr_empty(runs_dir, data_dir, mnistcli, engine):
    folders = ("--runs-dir", runs_dir, "--data-dir", data_dir)
    result = mnistcli("evaluate", *folders, "--engine", engine, "--quiet")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("engine", ["litert", pytest.param("keras", marks=pytest.mark.long)])
def test_a_prediction_leaves_stderr_empty(runs_dir, pictures, mnistcli, engine):
    result = mnistcli("predict", "--runs-dir", runs_dir, "--engine", engine, pictures / "3.png")
    assert (result.returncode, result.stderr) == (0, "")


def test_without_a_terminal_an_evaluation_has_no_escape_codes(runs_dir, data_dir, mnistcli):
    result = mnistcli("evaluate", "--runs-dir", runs_dir, "--data-dir", data_dir)
    assert "\x1b" not in result.stdout + result.stderr
    assert "\r" not in result.stdout + result.stderr


def test_without_a_terminal_notes_do_not_mix_with_data(runs_dir, data_dir, mnistcli):
    result = mnistcli("evaluate", "--runs-dir", runs_dir, "--data-dir", data_dir, "--json")
    assert result.stderr != ""
    json.loads(result.stdout)


def test_on_a_terminal_training_shows_a_bar_that_is_redrawn(watched_training):
    assert REDRAWN.search(watched_training)
    for words in ("epoch", "loss", "accuracy", "images/s", "3/3"):
        assert words in watched_training


def test_on_a_terminal_training_shows_no_chatter(watched_training):
    assert not CHATTER.search(watched_training)


def test_on_a_terminal_an_evaluation_shows_no_chatter(runs_dir, data_dir):
    options = ("--runs-dir", runs_dir, "--data-dir", data_dir)
    seen = on_terminal("evaluate", *options)
    assert seen.returncode == 0
    assert "accuracy" in seen.text
    assert not CHATTER.search(seen.text)


def test_on_a_terminal_a_prediction_is_a_table_without_chatter(runs_dir, pictures):
    seen = on_terminal("predict", "--runs-dir", runs_dir, pictures / "3.png")
    assert words(seen)[:3] == ["picture", "digit", "probability"]
    assert not CHATTER.search(seen.text)


@pytest.mark.long
def test_with_keras_a_terminal_shows_no_chatter_either(runs_dir, pictures):
    picture = pictures / "3.png"
    seen = on_terminal("predict", "--runs-dir", runs_dir, "--engine", "keras", picture)
    assert words(seen)[:3] == ["picture", "digit", "probability"]
    assert not CHATTER.search(seen.text)


def test_on_a_terminal_an_error_is_coloured(tmp_path):
    assert COLOUR.search(on_terminal("evaluate", "none", "--runs-dir", tmp_path).text)


def test_no_color_is_honoured_on_a_terminal(tmp_path):
    seen = on_terminal("evaluate", "none", "--runs-dir", tmp_path, NO_COLOR="1")
    assert "Error" in seen.text
    assert not COLOUR.search(seen.text)


def test_force_color_is_honoured_in_a_pipe(mnistcli, tmp_path):
    assert COLOUR.search(
        mnistcli("evaluate", "none", "--runs-dir", tmp_path, FORCE_COLOR="1").stderr
    )


def test_no_color_wins_over_force_color(mnistcli, tmp_path):
    environment = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert not COLOUR.search(
        mnistcli("evaluate", "none", "--runs-dir", tmp_path, **environment).stderr
    )


def test_force_color_draws_no_bar_in_a_pipe(mnistcli, tmp_path):
    options = ("--source", tmp_path / "missing", "--data-dir", tmp_path)
    assert not REDRAWN.search(mnistcli("fetch", *options, FORCE_COLOR="1").stderr)


def test_a_dumb_terminal_gets_no_escape_codes(tmp_path):
    options = ("--source", tmp_path / "missing", "--data-dir", tmp_path)
    assert "\x1b" not in on_terminal("fetch", *options, TERM="dumb").text


def test_the_output_is_utf_8_whatever_the_locale(runs_dir, pictures, tmp_path):
    shutil.copy(pictures / "3.png", tmp_path / "drei-ü.png")
    command = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir, tmp_path]
    result = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    assert "drei-ü.png\t3\t".encode() in result.stdout
