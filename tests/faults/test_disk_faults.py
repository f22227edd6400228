"""Disks without locks, folders that may only be read, and a system without shared memory."""

import os
import shutil
import subprocess
import sys

import pytest
from processes import as_a_user

from mnistcli import files
from mnistcli.parallel import ordered
from mnistcli.runs.run import CHECKPOINT_LOCK

WITHOUT_LOCKS = """
#include <errno.h>
#include <stdlib.h>
int flock(int descriptor, int operation) { errno = atoi(getenv("FLOCK_FAILS_WITH")); return -1; }
"""
ERRORS = {"ENOLCK": 37, "EOPNOTSUPP": 95, "ENOSYS": 38}


@pytest.fixture(scope="session")
def no_locks(tmp_path_factory):
    """A library that, loaded before all others, makes locks fail as some disks do."""
    compiler = shutil.which("cc")
    if not compiler or sys.platform != "linux":
        pytest.skip("there is no C compiler, or no Linux")
    folder = tmp_path_factory.mktemp("no-locks")
    (folder / "flock.c").write_text(WITHOUT_LOCKS)
    built = [compiler, "-shared", "-fPIC", "-o", "flock.so", "flock.c"]
    subprocess.run(built, cwd=folder, check=True)
    return folder / "flock.so"


@pytest.fixture(params=ERRORS)
def on_such_a_disk(request, no_locks, mnistcli):
    """Run mnistcli where a lock fails in one of these ways."""

    def run(*arguments):
        number = str(ERRORS[request.param])
        return mnistcli(*arguments, LD_PRELOAD=str(no_locks), FLOCK_FAILS_WITH=number)

    return run


def test_a_disk_without_locks_is_read_and_written_with_a_word(on_such_a_disk, mnist_dir, tmp_path):
    (tmp_path / ".mnist.lock").touch()  # as another machine leaves it, which has locks there
    fetched = on_such_a_disk("fetch", "--source", mnist_dir, "--data-dir", tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stderr.startswith(f"{tmp_path}: no locks can be had there")
    again = on_such_a_disk("fetch", "--data-dir", tmp_path)
    assert "already stored" in again.stdout
    assert again.stderr == ""


def test_a_run_is_measured_and_removed_on_a_disk_without_locks(
    on_such_a_disk, runs_dir, data_dir, tmp_path
):
    shutil.copytree(runs_dir, tmp_path / "runs")
    folders = ("--runs-dir", tmp_path / "runs")
    assert on_such_a_disk("evaluate", *folders, "--data-dir", data_dir, "-q").returncode == 0
    assert on_such_a_disk("runs", *folders).returncode == 0
    assert on_such_a_disk("runs", *folders, "rm", "--yes", "first").returncode == 0


@pytest.mark.long
def test_training_on_a_disk_without_locks_says_so(on_such_a_disk, tiny_data_dir, tmp_path):
    options = ("--dataset", "synthetic", "--epochs", 1, "--name", "one")
    folders = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    trained = on_such_a_disk("train", *options, *folders)
    assert trained.returncode == 0, trained.stderr
    assert f"{tmp_path / 'one' / CHECKPOINT_LOCK.parent}: no locks can be had" in trained.stderr


def test_another_error_of_a_lock_is_no_disk_without_locks(tmp_path):
    with pytest.raises(OSError, match="Is a directory"), files.locked(tmp_path):
        pass


def only_to_read(*arguments):
    """Run mnistcli as a user whom permissions bind, as they do not bind root."""
    return subprocess.run(
        [sys.executable, "-m", "mnistcli", *map(str, arguments)],
        preexec_fn=as_a_user,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def closed(runs_dir, data_dir, tmp_path):
    """A data folder and a runs folder that may only be read, as a shared or mounted one."""
    shutil.copytree(runs_dir, tmp_path / "runs")
    shutil.copytree(data_dir, tmp_path / "data")
    folders = [tmp_path / "runs", tmp_path / "runs" / "first", tmp_path / "data"]
    for folder in folders:
        folder.chmod(0o555)
    yield ("--runs-dir", folders[0], "--data-dir", folders[2])
    for folder in folders:
        folder.chmod(0o755)


def test_fetch_finds_what_is_stored_in_a_folder_that_may_only_be_read(closed):
    fetched = only_to_read("fetch", "--dataset", "synthetic", *closed[2:])
    assert fetched.returncode == 0, fetched.stderr
    assert "already stored" in fetched.stdout
    assert only_to_read("fetch", "--dataset", "synthetic", "--force", *closed[2:]).returncode == 1


def test_evaluate_shows_its_figures_where_it_may_not_write_them(closed):
    evaluated = only_to_read("evaluate", *closed)
    assert evaluated.returncode == 0, evaluated.stderr
    assert "accuracy" in evaluated.stdout
    _, note = evaluated.stderr.splitlines()
    assert note.startswith("these figures were not written:")
    assert note.endswith("evaluation-synthetic-test.json: Permission denied")
    assert only_to_read("evaluate", *closed, "-q").stderr == ""


def negated(number):
    return -number, os.getpid()


def test_without_shared_memory_this_process_does_it_all(monkeypatch):
    def no_semaphores(*_arguments, **_options):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("mnistcli.parallel.ProcessPoolExecutor", no_semaphores)
    assert list(ordered(negated, range(9))) == [(-number, os.getpid()) for number in range(9)]


IN_A_NAMESPACE = ["unshare", "--mount", "sh", "-c"]
READ_ONLY = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"'


def test_a_folder_is_read_without_shared_memory(runs_dir, small_pictures, tmp_path):
    for number in range(5):
        shutil.copytree(small_pictures, tmp_path / str(number))
    reading = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir, tmp_path]
    if subprocess.run([*IN_A_NAMESPACE, READ_ONLY, "sh", "true"], check=False).returncode:
        pytest.skip("only root can mount")
    ended = subprocess.run(
        [*IN_A_NAMESPACE, READ_ONLY, "sh", *map(str, reading)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 50
