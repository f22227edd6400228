"""Training that is killed, interrupted, starved or led astray: nothing is lost, nothing is claimed.

`pytest --long` kills at more moments.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from common.kept import weights

from mnistcli import cli
from mnistcli.runs.finding import find
from mnistcli.runs.run import Run

OPTIONS = ("--dataset", "synthetic", "--epochs", "4", "--batch-size", "50", "--optimizer", "adam")
SMALL = (*OPTIONS, "--hidden", "32", "--dropout", "0.3")

DYING = """
import os, signal
from mnistcli import cli
from mnistcli.training.fitting.graph import Trainer

def until(self, number, epoch=Trainer.epoch):
    for step in epoch(self, number):
        if number == 2 and step > self.steps // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        yield step

Trainer.epoch = until
cli.main()
"""
"""mnistcli, killed in the middle of its second epoch."""

FOR_EVER = ("--epochs", "100000")


def start(*arguments, data_dir, runs_dir, program=("-m", "mnistcli")):
    """Start `mnistcli train` and leave it running."""
    return subprocess.Popen(
        [
            sys.executable,
            *program,
            "train",
            *SMALL,
            *map(str, arguments),
            "--data-dir",
            str(data_dir),
            "--runs-dir",
            str(runs_dir),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_line(process, text):
    """Read stderr up to a line that holds `text`."""
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"ended without saying {text!r}")


@pytest.fixture(scope="module")
def whole(mnistcli_here, data_dir, filled_once):
    """A run that nothing disturbed."""

    def fill(folder):
        where = ("--data-dir", data_dir, "--runs-dir", folder)
        assert mnistcli_here("train", *SMALL, "--name", "whole", *where).returncode == 0

    return filled_once("whole-run", fill) / "whole"


@pytest.fixture
def killed(data_dir, tmp_path, filled_once):
    """A runs folder of the test's own with a run, `killed`, that was killed in an epoch."""

    def fill(folder):
        dying = ("-c", DYING)
        process = start("--name", "killed", data_dir=data_dir, runs_dir=folder, program=dying)
        _, stderr = process.communicate()
        assert process.returncode == -signal.SIGKILL, stderr

    shutil.copytree(filled_once("killed-run", fill), tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def resume(mnistcli_here, data_dir):
    """Resume a run by its name, in this process."""

    def run(name, runs_dir, *options):
        where = ("--data-dir", data_dir, "--runs-dir", runs_dir)
        return mnistcli_here("train", "--resume", name, *options, *where)

    return run


def moments(config) -> list[tuple[str, float]]:
    """After which line to kill, and how many seconds later: spread over a whole process."""
    if config.getoption("--long"):
        return [("", random.Random(n).uniform(0.5, 8)) for n in range(20)]
    return [("parameters", 1.2)]


def test_a_killed_run_resumed_ends_with_the_same_weights(
    request, mnistcli_here, resume, data_dir, tmp_path, whole
):
    for number, (line, moment) in enumerate(moments(request.config)):
        name = f"killed-{number}"
        process = start("--name", name, data_dir=data_dir, runs_dir=tmp_path)
        if line:
            wait_for_line(process, line)
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        where = ("--data-dir", data_dir, "--runs-dir", tmp_path)
        run = tmp_path / name
        if not (run / "run.json").exists():  # killed before the run began
            again = mnistcli_here("train", *SMALL, "--name", name + "-again", *where)
            assert again.returncode == 0
            continue
        if not Run.read(run).complete:
            result = resume(name, tmp_path)
            assert result.returncode == 0, result.stderr
        assert weights(run) == weights(whole), f"killed after {moment:.2f} s"
        history = json.loads((run / "metrics.json").read_text())["history"]
        assert [record["epoch"] for record in history] == [1, 2, 3, 4]
        assert not (run / "checkpoint").exists()


def test_a_run_killed_in_an_epoch_goes_on_after_the_last_whole_one(killed, resume, whole):
    result = resume("killed", killed)
    assert result.returncode == 0, result.stderr
    assert "going on after epoch 1" in result.stderr
    assert weights(killed / "killed") == weights(whole)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_an_interrupted_run_says_how_to_go_on(number, code, data_dir, tmp_path):
    process = start("--name", "stopped", *FOR_EVER, data_dir=data_dir, runs_dir=tmp_path)
    wait_for_line(process, "epoch 1")
    os.killpg(process.pid, number)  # as the terminal does: also what the process has started
    stdout, stderr = process.communicate()
    assert process.returncode == code, stderr
    assert f"mnistcli train --resume {tmp_path / 'stopped'}" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    assert (tmp_path / "stopped" / "checkpoint" / "state.npz").exists()


def test_a_second_ctrl_c_ends_at_once(data_dir, tmp_path):
    process = start(*FOR_EVER, data_dir=data_dir, runs_dir=tmp_path)
    wait_for_line(process, "epoch 1")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode in (130, -signal.SIGINT)


@pytest.fixture
def handled():
    """Let this process treat signals as mnistcli does."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, cli._interrupt)
    signal.signal(signal.SIGTERM, cli._terminate)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


IN_TENSORFLOW = """
import signal, time
def trace(number):
    signal.raise_signal(number)
    time.sleep(0)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize("swallowed", [True, False], ids=["swallowed", "held back"])
def test_a_signal_ends_training_after_a_part_of_it(handled, number, swallowed):
    from mnistcli.terminal.views.train import follow

    module = {"__name__": "tensorflow.python.anything"}
    exec(IN_TENSORFLOW, module)

    def events():
        if swallowed:
            with suppress(BaseException):  # as Keras has some
                signal.raise_signal(number)
                threading.Event().wait(60)
        else:
            module["trace"](number)
        yield None
        raise AssertionError("training went on")

    with pytest.raises(KeyboardInterrupt):
        follow(events(), quiet=True)
    assert cli._signalled() == 128 + number


def test_resuming_with_another_option_is_refused_and_the_difference_shown(killed, resume):
    result = resume("killed", killed, "--batch-size", 64)
    assert result.returncode == 1
    assert "batch_size was 50, now 64" in result.stderr


def test_a_complete_run_is_not_resumed(resume, whole):
    result = resume("whole", whole.parent)
    assert result.returncode == 1
    assert "complete" in result.stderr


def test_a_run_is_not_trained_twice_at_once(mnistcli_here, data_dir, tmp_path):
    process = start("--name", "one", *FOR_EVER, data_dir=data_dir, runs_dir=tmp_path)
    wait_for_line(process, "epoch 1")
    where = ("--data-dir", data_dir, "--runs-dir", tmp_path)
    resumed = mnistcli_here("train", "--resume", "one", *where)
    named = mnistcli_here("train", *SMALL, "--name", "one", *where)
    process.kill()
    process.communicate()
    assert resumed.returncode == 1
    assert "trained by another process" in resumed.stderr
    assert named.returncode == 1
    assert "already a run one" in named.stderr


def test_a_damaged_checkpoint_is_not_resumed(killed, resume):
    state = killed / "killed" / "checkpoint" / "state.npz"
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    result = resume("killed", killed)
    assert result.returncode == 1
    assert "damaged" in result.stderr


def test_a_loss_that_is_no_number_stops_the_run(mnistcli_here, data_dir, tmp_path):
    result = mnistcli_here(
        *("train", *OPTIONS, "--optimizer", "sgd", "--learning-rate", 1e30, "--name", "nan"),
        *("--data-dir", data_dir, "--runs-dir", tmp_path),
    )
    assert result.returncode == 1
    assert "epoch 1" in result.stderr
    assert "Lower the learning rate" in result.stderr
    assert Run.read(tmp_path / "nan").status == "diverged"


def test_a_full_disk_is_said_and_leaves_no_complete_run(mnistcli, data_dir, small_disk):
    result = mnistcli(
        "train", *OPTIONS, "--name", "full", "--data-dir", data_dir, "--runs-dir", small_disk
    )
    assert result.returncode == 1
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert not Run.read(small_disk / "full").complete


def test_a_runs_folder_that_vanishes_is_said(data_dir, tmp_path):
    runs = tmp_path / "runs"
    process = start(*FOR_EVER, data_dir=data_dir, runs_dir=runs)
    wait_for_line(process, "epoch 1")
    runs.rename(tmp_path / "elsewhere")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert "Error:" in stderr
    assert "Traceback" not in stderr


def test_a_half_written_run_is_never_taken_for_complete(runs_dir, tmp_path):
    for missing in ("model.tflite", "model.keras", "metrics.json", "run.json"):
        copy = tmp_path / missing / "first"
        shutil.copytree(runs_dir / "first", copy)
        (copy / missing).unlink()
        if missing == "run.json":
            assert not list(tmp_path.glob("run.json/*/run.json"))
            continue
        run = find(copy.parent, "first")
        with pytest.raises(Exception, match="not the file that training wrote"):
            run.verified(missing)


def test_a_foreign_folder_is_no_run(mnistcli_here, tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("hello")
    (tmp_path / "empty-json").mkdir()
    (tmp_path / "empty-json" / "run.json").write_text("")
    for name in ("foreign", "empty-json"):
        result = mnistcli_here("evaluate", tmp_path / name, "--runs-dir", tmp_path)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
    empty = ("--runs-dir", tmp_path, "--data-dir", tmp_path)
    assert "the network that comes with mnistcli" in mnistcli_here("evaluate", *empty).stderr
