"""What stands on which stream, what is loaded when, and how a process ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from terminal import COLOUR, on_terminal

from mnistcli import __version__

HEAVY = ("numpy", "tensorflow", "keras", "rich", "cv2", "h5py", "PIL", "requests")

COMMANDS = ("fetch", "train", "evaluate", "predict", "demo")

# Whatever TensorFlow, Keras and LiteRT have been seen to say.
CHATTER = re.compile(
    r"[IWEF]\d{4} |: [IWEF] tensorflow|absl|oneDNN|cuda|CUDA|XNNPACK|AVX|Warning|WARNING"
)
REDRAWN = re.compile(r"\r(?!\n)|\x1b\[\d*[A-K]|\x1b\[\?25")


def words(seen):
    return re.sub(r"\x1b\[[\d;]*m", " ", seen.text).split()


def loaded_by(*arguments, **environment):
    """Run the command line and return which heavy modules it has loaded at its end."""
    code = (
        "import sys\nfrom mnistcli.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = set(sys.modules) & set({HEAVY!r})\n"
        "sys.stderr.write('loaded ' + ' '.join(sorted(loaded)))"
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
    assert loaded_by(*arguments) == set()


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
    assert loaded_by(**environment) == set()


def test_evaluate_does_not_load_tensorflow(runs_dir, data_dir):
    arguments = ("evaluate", "--runs-dir", runs_dir, "--data-dir", data_dir, "--json")
    assert not loaded_by(*arguments) & {"tensorflow", "keras", "rich"} - {"rich"}


def test_predict_loads_neither_tensorflow_nor_rich(runs_dir, pictures):
    loaded = loaded_by("predict", "--runs-dir", runs_dir, pictures / "3.png")
    assert not loaded & {"tensorflow", "keras", "rich", "h5py"}


def test_version_is_the_packages(mnistcli):
    assert mnistcli("--version").stdout == f"mnistcli, version {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_describes_every_option(mnistcli, command):
    result = mnistcli(command, "--help")
    assert result.returncode == 0
    options = re.findall(r"^  (-.*?)(?:  +(.*))?$", result.stdout, re.MULTILINE)
    assert len(options) > 3
    assert not [option for option, text in options if option.startswith("--") and not option]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_on_stdout(mnistcli, command):
    result = mnistcli(command, "--help")
    assert result.stdout.startswith(f"Usage: mnistcli {command}")
    assert result.stderr == ""


@pytest.fixture(scope="module")
def quiet(tiny_data_dir, mnistcli, filled_once):
    """A quiet training: its stdout and stderr, and its runs folder."""

    def fill(folder):
        options = ("--dataset", "synthetic", "--epochs", 1, "--name", "quiet", "--quiet")
        result = mnistcli("train", *options, "--data-dir", tiny_data_dir, "--runs-dir", folder)
        (folder / "stdout").write_text(result.stdout)
        (folder / "stderr").write_text(result.stderr)

    return filled_once("quiet", fill)


def test_a_quiet_training_leaves_stderr_empty(quiet):
    assert (quiet / "stderr").read_text() == ""


def test_without_a_terminal_a_training_summary_has_no_escape_codes(quiet):
    assert "test accuracy" in (quiet / "stdout").read_text()
    assert "\x1b" not in (quiet / "stdout").read_text()


@pytest.mark.parametrize("engine", ["litert", "keras"])
def test_a_quiet_evaluation_leaves_stderr_empty(quiet, tiny_data_dir, mnistcli, engine):
    folders = ("--runs-dir", quiet, "--data-dir", tiny_data_dir)
    result = mnistcli("evaluate", *folders, "--engine", engine, "--quiet")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("engine", ["litert", "keras"])
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


@pytest.fixture(scope="module")
def watched(tiny_data_dir, filled_once):
    """A training on a terminal: what was seen there."""

    def fill(folder):
        options = ("--dataset", "synthetic", "--epochs", 2, "--name", "watched")
        seen = on_terminal("train", *options, "--data-dir", tiny_data_dir, "--runs-dir", folder)
        assert seen.returncode == 0, seen.text
        (folder / "seen").write_text(seen.text, newline="")

    return (filled_once("watched", fill) / "seen").read_bytes().decode()


def test_on_a_terminal_training_shows_a_bar_that_is_redrawn(watched):
    assert REDRAWN.search(watched)
    for words in ("epoch", "loss", "accuracy", "images/s", "2/2"):
        assert words in watched


def test_on_a_terminal_training_shows_no_chatter(watched):
    assert not CHATTER.search(watched)


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


def test_with_keras_a_terminal_shows_no_chatter_either(runs_dir, pictures):
    picture = pictures / "3.png"
    seen = on_terminal("predict", "--runs-dir", runs_dir, "--engine", "keras", picture)
    assert words(seen)[:3] == ["picture", "digit", "probability"]
    assert not CHATTER.search(seen.text)


def test_on_a_terminal_an_error_is_coloured(tmp_path):
    assert COLOUR.search(on_terminal("evaluate", "--runs-dir", tmp_path).text)


def test_no_color_is_honoured_on_a_terminal(tmp_path):
    seen = on_terminal("evaluate", "--runs-dir", tmp_path, NO_COLOR="1")
    assert "Error" in seen.text
    assert not COLOUR.search(seen.text)


def test_force_color_is_honoured_in_a_pipe(mnistcli, tmp_path):
    assert COLOUR.search(mnistcli("evaluate", "--runs-dir", tmp_path, FORCE_COLOR="1").stderr)


def test_no_color_wins_over_force_color(mnistcli, tmp_path):
    environment = {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert not COLOUR.search(mnistcli("evaluate", "--runs-dir", tmp_path, **environment).stderr)


def test_force_color_draws_no_bar_in_a_pipe(mnistcli, tmp_path):
    options = ("--source", tmp_path / "missing", "--data-dir", tmp_path)
    assert not REDRAWN.search(mnistcli("fetch", *options, FORCE_COLOR="1").stderr)


def test_a_dumb_terminal_gets_no_escape_codes(tmp_path):
    options = ("--source", tmp_path / "missing", "--data-dir", tmp_path)
    assert "\x1b" not in on_terminal("fetch", *options, TERM="dumb").text


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
    result = mnistcli("evaluate", "--runs-dir", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_failure_shows_no_traceback(mnistcli, tmp_path):
    assert "Traceback" not in mnistcli("evaluate", "--runs-dir", tmp_path).stderr


def test_a_failure_shows_its_traceback_when_debugging(mnistcli, tmp_path):
    result = mnistcli("evaluate", "--runs-dir", tmp_path, MNISTCLI_DEBUG="1")
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_an_error_of_the_operating_system_names_the_file_and_shows_no_traceback(mnistcli, tmp_path):
    (tmp_path / "file").touch()
    result = mnistcli("fetch", "--data-dir", tmp_path / "file" / "below", "--source", tmp_path)
    assert result.returncode == 1
    assert str(tmp_path / "file" / "below") in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def training(tiny_data_dir, tmp_path):
    """A training that would take hours, after its first epoch."""
    command = [sys.executable, "-m", "mnistcli", "train", "--dataset", "synthetic"]
    command += ["--epochs", "1000000", "--name", "long"]
    command += ["--data-dir", str(tiny_data_dir), "--runs-dir", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        for line in process.stderr:
            if line.startswith("epoch 1 "):
                break
        yield process
        process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_training_ends_it_with_its_exit_code(training, number, code):
    training.send_signal(number)
    stdout, stderr = training.communicate()
    assert (training.returncode, stdout) == (code, "")
    assert "Traceback" not in stderr


def test_ctrl_c_at_the_terminal_reaches_the_whole_group_and_exits_with_130(training, tmp_path):
    os.killpg(training.pid, signal.SIGINT)
    _, stderr = training.communicate()
    assert training.returncode == 130
    assert "Traceback" not in stderr
    assert json.loads((tmp_path / "long" / "run.json").read_bytes())["status"] == "training"


def shell(script, *arguments):
    """Run a line of bash in which "$@" are the arguments of a stranger's pipe."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def many_pictures(pictures, filled_once):
    """A folder of 800 pictures: more lines than a pipe holds in JSON."""

    def fill(folder):
        for number in range(800):
            os.link(pictures / f"{number % 10}.png", folder / f"{number:03}.png")

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


def test_the_output_is_utf_8_whatever_the_locale(runs_dir, pictures, tmp_path):
    shutil.copy(pictures / "3.png", tmp_path / "drei-ü.png")
    command = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir, tmp_path]
    result = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    assert "drei-ü.png\t3\t".encode() in result.stdout
