"""Sweeps that are killed, interrupted, starved or shared: nothing lost, nothing twice.

`pytest --long` kills ten times.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mnistcli.runs.run import Run

OPTIONS = ("--dataset", "synthetic", "--hidden", "16", "--optimizer", "sgd,adam", "--jobs", "2")
BOUND = 120  # seconds, for what takes one or two where nothing else is done


def command(data_dir, runs_dir, *arguments):
    where = ("--data-dir", data_dir, "--runs-dir", runs_dir, "--name", "k")
    return [sys.executable, "-m", "mnistcli", "sweep", *map(str, (*OPTIONS, *where, *arguments))]


def start(data_dir, runs_dir, *arguments):
    """Start a sweep in a session of its own, so that all its processes can be found."""
    return subprocess.Popen(
        command(data_dir, runs_dir, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def processes_of(session):
    """Return the processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(of) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def trainers(runs_dir):
    """Return the processes that hold the lock of a run, by Linux's own list of locks."""
    inodes = set()
    for path in runs_dir.glob("*/checkpoint/.lock"):
        with suppress(FileNotFoundError):  # the run has just come to its end
            inodes.add(path.stat().st_ino)
    lines = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return [
        int(fields[4])
        for fields in lines
        if fields[1] == "FLOCK" and int(fields[5].rpartition(":")[2]) in inodes
    ]


def await_trainers(process, runs_dir):
    """Wait until a run is being trained, and return who does."""
    while not (found := trainers(runs_dir)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return found


def settled(stdout):
    """Return a table without what is no property of the weights."""
    table = json.loads(stdout)
    for row in table["settings"]:
        del row["seconds"]
    return table


@pytest.fixture(scope="module")
def whole(mnistcli, tiny_data_dir, tmp_path_factory):
    """What a sweep prints that nothing disturbed, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    done = subprocess.run(
        command(tiny_data_dir, folder, "--epochs", 4, "--seeds", 2, "--json"),
        capture_output=True,
        text=True,
        check=True,
    )
    return settled(done.stdout), folder


def end(process, how, runs_dir, draw):
    """Kill a process that trains, the one that started it, or all there are."""
    if how == "job":
        victims = trainers(runs_dir)[:1]
    elif how == "parent":
        victims = [process.pid]
    else:
        victims = processes_of(process.pid)
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)


def await_end_of_all(session):
    """Wait for the last processes of a session, which end when they see that nobody is left."""
    end = time.monotonic() + BOUND
    while found := processes_of(session):
        assert time.monotonic() < end, found
        time.sleep(0.1)


def test_a_killed_sweep_started_again_ends_as_if_nothing_had_happened(
    request, whole, tiny_data_dir, tmp_path
):
    draw = random.Random(19)
    table, folder = whole
    arguments = ("--epochs", 4, "--seeds", 2, "--json")
    for how in (["job", "all", "parent"] * 4)[: 10 if request.config.getoption("--long") else 2]:
        process = start(tiny_data_dir, tmp_path, *arguments)
        while process.poll() is None and not trainers(tmp_path):
            time.sleep(0.05)
        time.sleep(draw.uniform(0, 3))
        end(process, how, tmp_path, draw)
        process.communicate()
    again = subprocess.run(
        command(tiny_data_dir, tmp_path, *arguments), capture_output=True, text=True, check=True
    )
    assert settled(again.stdout) == table
    names = sorted(path.name for path in folder.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        ours, theirs = (Run.read(place / name).artifacts for place in (folder, tmp_path))
        assert ours["model.tflite"] == theirs["model.tflite"]


@pytest.mark.long
def test_where_the_sweep_is_killed_its_jobs_end_too(tiny_data_dir, tmp_path):
    process = start(tiny_data_dir, tmp_path, "--epochs", 100_000)
    await_trainers(process, tmp_path)
    process.kill()
    process.communicate(timeout=BOUND)  # the streams are closed once nobody is left
    await_end_of_all(process.pid)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGINT, 130, id="ctrl-c"),
        pytest.param(signal.SIGTERM, 143, id="sigterm", marks=pytest.mark.long),
    ],
)
def test_an_interrupted_sweep_says_how_to_go_on(number, code, tiny_data_dir, tmp_path):
    process = start(tiny_data_dir, tmp_path, "--epochs", 100_000)
    await_trainers(process, tmp_path)
    os.killpg(process.pid, number)  # as a terminal does
    stdout, stderr = process.communicate(timeout=BOUND)
    assert (process.returncode, stdout) == (code, "")
    assert "give the same command with --name k" in stderr
    assert "Traceback" not in stderr
    await_end_of_all(process.pid)


def test_a_job_that_is_killed_is_no_obstacle_to_the_others(tiny_data_dir, tmp_path):
    process = start(tiny_data_dir, tmp_path, "--epochs", 150, "--seeds", 1, "--json")
    os.kill(await_trainers(process, tmp_path)[0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "1 run has not come to an end" in stderr
    assert "killed by signal 9" in stderr
    rows = json.loads(stdout)["settings"]
    assert [(len(row["seeds"]), row["unfinished"]) for row in rows] == [(1, 0), (0, 1)]


def test_two_processes_share_a_sweep_and_do_nothing_twice(whole, tiny_data_dir, tmp_path):
    arguments = ("--epochs", 4, "--seeds", 2, "--json")
    both = [start(tiny_data_dir, tmp_path, *arguments) for _ in range(2)]
    said = [process.communicate(timeout=200) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [settled(stdout) for stdout, _ in said] == [whole[0]] * 2
    trained = [
        line.split()[0] for _, stderr in said for line in stderr.splitlines() if line[:2] == "k-"
    ]
    assert sorted(trained) == ["k-000", "k-001", "k-002", "k-003"]


def test_a_setting_that_diverges_says_so_and_the_rest_goes_on(mnistcli, tiny_data_dir, tmp_path):
    options = ("--learning-rate", "1e30,0.01", "--epochs", 1, "--seeds", 1, "--name", "d", "--csv")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    small = ("--dataset", "synthetic", "--hidden", 16)
    result = mnistcli("sweep", *small, *options, *where)
    assert result.returncode == 0, result.stderr
    header, best, diverged = result.stdout.splitlines()
    assert header.startswith("learning_rate,seeds,diverged,unfinished")
    assert best.startswith("0.01,1,0,0")
    assert diverged.startswith("1e+30,0,1,0")
    assert Run.read(tmp_path / "d-000").status == "diverged"


def test_a_network_that_cannot_be_built_is_refused_before_the_first_run(
    mnistcli, tiny_data_dir, tmp_path
):
    (tmp_path / "net.py").write_text("def build():\n    return None\n")
    options = ("--dataset", "synthetic", "--model", f"mlp,{tmp_path / 'net.py'}")
    where = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path / "runs")
    result = mnistcli("sweep", *options, *where)
    assert result.returncode == 1
    assert "build() returned None" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_a_full_disk_ends_the_sweep_and_is_said(mnistcli, tiny_data_dir, small_disk):
    options = ("--dataset", "synthetic", "--optimizer", "sgd,adam", "--epochs", 1, "--name", "full")
    result = mnistcli("sweep", *options, "--data-dir", tiny_data_dir, "--runs-dir", small_disk)
    assert (result.returncode, result.stdout) == (1, "")
    assert "No space left on device" in result.stderr
