"""A fetch that is killed, interrupted, starved or not alone: MNIST is stored, or nothing, no litter.

`pytest --long` kills as often as the claims name.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
from fetches import assert_holds_mnist, fetch
from misbehaving import misbehaving

from mnistcli import files
from mnistcli.datasets import store

PROMPT = 10  # seconds; the mirror would be given up after twice as many


def test_of_eight_fetches_at_once_one_downloads_and_all_succeed(originals, tmp_path):
    with misbehaving(originals) as server:
        options = ("--source", server.url("good"), "--data-dir", tmp_path, "--json", "--quiet")
        processes = [fetch(*options) for _ in range(8)]
        results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, results
    answers = [json.loads(stdout) for stdout, _ in results]
    assert sorted(answer["downloaded"] for answer in answers) == [False] * 7 + [True]
    assert len({answer["sha256"] for answer in answers}) == 1
    assert sum(server.asked.values()) == 4
    assert_holds_mnist(tmp_path)


def test_killed_at_random_moments_it_leaves_nothing_that_is_not_mnist(
    originals, mnist_dir, tmp_path, request
):
    """Half of them download, half read a folder; each may be killed while it stores."""
    kills = 50 if request.config.getoption("--long") else 4
    chance = random.Random(6)
    with misbehaving(originals) as server:
        for number in range(kills):
            source = server.url("good") if number % 2 else mnist_dir
            process = fetch("--source", source, "--data-dir", tmp_path, "--force")
            process.stderr.readline()  # it is at work: the rest of its life is some seconds
            try:
                process.communicate(timeout=chance.uniform(0, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            litter = [path for path in tmp_path.iterdir() if path.name.endswith(".part")]
            assert len(litter) <= 1
            if (tmp_path / "mnist.h5").exists():
                assert_holds_mnist(tmp_path)
        process = fetch("--source", server.url("good"), "--data-dir", tmp_path)
        process.communicate()
    assert process.returncode == 0
    assert_holds_mnist(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mnist.lock", "mnist.h5"]


@pytest.fixture
def stalled(originals, tmp_path):
    """A fetch that waits for the rest of a file, and its mirror."""
    with misbehaving(originals) as server:
        process = fetch("--source", server.url("stall"), "--data-dir", tmp_path)
        process.stderr.readline()  # it is at work: its handlers stand
        assert server.stalled.wait(60)
        yield process, server
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_signal_ends_a_fetch_that_hangs_and_the_next_one_succeeds(
    stalled, tmp_path, number, code
):
    process, server = stalled
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PROMPT)
    assert (process.returncode, stdout, stderr.strip()) == (code, "", "")
    assert [path.name for path in tmp_path.iterdir()] == [".mnist.lock"]
    again = fetch("--source", server.url("good"), "--data-dir", tmp_path)
    _, stderr = again.communicate()
    assert again.returncode == 0, stderr
    assert_holds_mnist(tmp_path)


def test_a_second_ctrl_c_ends_a_fetch_that_hangs_at_once(stalled, tmp_path):
    process, _ = stalled
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PROMPT)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in stderr
    assert [path.name for path in tmp_path.iterdir()] == [".mnist.lock"]


def test_a_fetch_that_waits_for_another_says_so_once(mnist_dir, tmp_path):
    with files.locked(tmp_path / ".mnist.lock"):
        process = fetch("--source", mnist_dir, "--data-dir", tmp_path)
        line = process.stderr.readline()
    _, stderr = process.communicate()
    assert process.returncode == 0
    assert line == "another fetch is under way; waiting for it\n"
    assert "another fetch" not in stderr


@pytest.fixture
def small_disk(tmp_path):
    """A file system that has no room for MNIST."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_a_failure_of_one_line_and_leaves_nothing(mnist_dir, small_disk):
    process = fetch("--source", mnist_dir, "--data-dir", small_disk, "--quiet")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert "No space left on device" in stderr
    assert str(small_disk) in stderr
    assert stderr.count("\n") == 1
    assert {path.name for path in small_disk.iterdir()} <= {".mnist.lock"}


def test_a_full_disk_keeps_what_is_stored(mnist_dir, mnist_data_dir, tmp_path):
    """The same with a limit on the size of files, for whoever cannot mount."""
    shutil.copy(mnist_data_dir / "mnist.h5", tmp_path)
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**7, 10**7)); "
    code = limit + "from mnistcli.cli import main; main()"
    command = [sys.executable, "-c", code, "fetch", "--force", "--source", mnist_dir]
    result = subprocess.run(
        [*command, "--data-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "File too large" in result.stderr
    assert str(tmp_path) in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mnist.lock", "mnist.h5"]
    assert_holds_mnist(tmp_path)


def without_root(*command):
    """Return a command that permissions stop, as they stop everyone but root."""
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        pytest.skip("permissions do not stop root, and setpriv is not installed")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *command)


def test_a_source_that_may_not_be_read_falls_through(mnist_dir, tmp_path):
    (tmp_path / "secret").mkdir(mode=0)
    command = [sys.executable, "-m", "mnistcli", "fetch", "--source", tmp_path / "secret"]
    result = subprocess.run(
        without_root(*command, "--source", mnist_dir, "--data-dir", tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert f"{tmp_path / 'secret'}: it cannot be read: Permission denied" in result.stderr
    assert_holds_mnist(tmp_path / "data")


def test_a_read_only_folder_is_a_failure_of_one_line(mnist_dir, tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    command = [sys.executable, "-m", "mnistcli", "fetch", "--source", mnist_dir]
    result = subprocess.run(
        without_root(*command, "--data-dir", tmp_path / "data", "--quiet"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Permission denied" in result.stderr
    assert str(tmp_path / "data") in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_in_the_place_of_the_dataset_is_a_failure_of_one_line(mnist_dir, tmp_path):
    (tmp_path / "mnist.h5").mkdir()
    process = fetch("--source", mnist_dir, "--data-dir", tmp_path, "--quiet")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert str(tmp_path / "mnist.h5") in stderr
    assert stderr.count("\n") == 1


@pytest.fixture
def flipped(data_dir, tmp_path):
    """A data folder whose dataset has one flipped bit in its test images."""
    path = tmp_path / "synthetic.h5"
    shutil.copy(data_dir / "synthetic.h5", path)
    images = store.load(tmp_path, "synthetic", "test").images.tobytes()
    content = bytearray(path.read_bytes())
    content[content.rindex(images[-28 * 28 :]) + 400] ^= 1
    path.write_bytes(content)
    return tmp_path


def test_one_flipped_bit_is_noticed_when_next_used_and_the_remedy_named(
    flipped, runs_dir, mnistcli
):
    result = mnistcli("evaluate", "--runs-dir", runs_dir, "--data-dir", flipped, "--quiet")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{flipped / 'synthetic.h5'} is damaged" in result.stderr
    assert "mnistcli fetch --dataset synthetic --force" in result.stderr


def test_one_flipped_bit_in_mnist_is_noticed_and_the_remedy_works(
    mnist_dir, mnist_data_dir, tmp_path, mnistcli
):
    path = tmp_path / "mnist.h5"
    shutil.copy(mnist_data_dir / "mnist.h5", path)
    with path.open("r+b") as file:
        file.seek(20_000_000)
        byte = file.read(1)[0]
        file.seek(20_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(store.DatasetError, match=r"damaged.*fetch --dataset mnist --force"):
        store.load(tmp_path, "mnist", "train")
    result = mnistcli("fetch", "--force", "--source", mnist_dir, "--data-dir", tmp_path)
    assert result.returncode == 0
    assert_holds_mnist(tmp_path)
