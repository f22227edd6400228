"""Workers that die, never come, or are cut off: the others end, say why, and nothing is lost.

`pytest --long` kills ten times.
"""

import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from common import workers

OPTIONS = ("--dataset", "synthetic", "--hidden", 32, "--batch-size", 150)  # three groups
BOUND = 60  # seconds in which those that are left must end


@pytest.fixture(scope="module")
def epochs(request):
    """How many: enough for a kill at a random moment to come before the last."""
    return 120 if request.config.getoption("--long") else 20


@pytest.fixture(scope="module")
def whole(epochs, mnistcli, data_dir, tmp_path_factory):
    """What a run that nothing disturbed ends with."""
    folder = tmp_path_factory.mktemp("whole")
    where = ("--data-dir", data_dir, "--runs-dir", folder)
    result = mnistcli("train", *OPTIONS, "--epochs", epochs, "--name", "whole", *where)
    assert result.returncode == 0, result.stderr
    return ended_with(folder / "whole", epochs)


def ended_with(run: Path, epochs: int) -> tuple[list[float], str]:
    """Return the loss of every epoch, and a digest of the network."""
    history = json.loads((run / "metrics.json").read_bytes())["history"]
    assert [record["epoch"] for record in history] == list(range(1, epochs + 1))
    artifacts = json.loads((run / "run.json").read_bytes())["artifacts"]
    return [record["loss"] for record in history], artifacts["model.tflite"]["sha256"]


def test_whichever_worker_is_killed_whenever_the_rest_ends_and_can_go_on(
    request, mnistcli, data_dir, tmp_path, whole, epochs
):
    chance, long = random.Random(8), request.config.getoption("--long")
    for number in range(10 if long else 1):
        victim, moment = chance.randrange(2), chance.uniform(0, 10)
        name = f"killed-{number}"
        options = (*OPTIONS, "--epochs", epochs, "--data-dir", data_dir, "--runs-dir", tmp_path)
        with workers.started(
            tmp_path, workers.free_addresses(2), "train", *options, "--name", name
        ) as processes:
            workers.wait_for(tmp_path / "0.err", "parameters" if long else "epoch 2")
            if long:
                time.sleep(moment)
            processes[victim].kill()
            other = processes[1 - victim].wait(BOUND)
        if other != 0:  # not over before the kill
            assert other == 1
            assert f"Error: worker {1 - victim} " in workers.error(tmp_path, 1 - victim)
        if not (tmp_path / name / "run.json").exists():  # killed before the chief began
            continue
        if not (tmp_path / name / "metrics.json").exists():
            where = ("--data-dir", data_dir, "--runs-dir", tmp_path)
            result = mnistcli("train", "--resume", name, *where)
            assert result.returncode == 0, result.stderr
        assert ended_with(tmp_path / name, epochs) == whole


def test_who_finds_nobody_gives_up_and_names_the_addresses(tmp_path, tiny_data_dir):
    # One waits for the chief, the other is the chief of another job and waits for a worker.
    missing, here, chief, absent = workers.free_addresses(4)
    options = ("train", "--dataset", "synthetic", "--data-dir", tiny_data_dir)
    folders = [tmp_path / name for name in ("worker", "chief")]
    commands = []
    for folder, addresses, index in zip(
        folders, ((missing, here), (chief, absent)), (1, 0), strict=True
    ):
        folder.mkdir()
        where = ("--runs-dir", tmp_path)
        commands.append(workers.start(folder, addresses, index, *options, *where, patience=5))
    for process in commands:
        assert process.wait(BOUND) == 1
    for folder, address, index in zip(folders, (missing, absent), (1, 0), strict=True):
        expected = f"waited 5 s for {address}, and gave up"
        assert expected in workers.error(folder, index)
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def two_hosts():
    """Two network namespaces with an address each and a link between them."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and iproute2's `ip`")
    names = [f"mnistcli-{os.getpid()}-{k}" for k in range(2)]
    devices = [f"mc{os.getpid() % 100_000}{k}" for k in "ab"]
    commands = [
        f"ip netns add {names[0]}",
        f"ip netns add {names[1]}",
        f"ip -n {names[0]} link add {devices[0]} type veth peer {devices[1]} netns {names[1]}",
        *(
            f"ip -n {name} {what}"
            for number, (name, device) in enumerate(zip(names, devices, strict=True))
            for what in (
                f"addr add 10.77.0.{number + 1}/24 dev {device}",
                f"link set {device} up",
                "link set lo up",
            )
        ),
    ]
    try:
        for command in commands:
            made = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"network namespaces cannot be made here: {made.stderr.strip()}")
        yield names, devices
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def on_two_hosts(folder, names, *arguments):
    return workers.started(
        folder,
        ["10.77.0.1:2222", "10.77.0.2:2222"],
        "train",
        *arguments,
        prefixes=[f"ip netns exec {name}" for name in names],
    )


def test_two_hosts_train_together(two_hosts, tmp_path, data_dir, whole, epochs):
    names, _ = two_hosts
    where = ("--data-dir", data_dir, "--runs-dir", tmp_path, "--name", "a")
    options = (*OPTIONS, "--epochs", epochs, *where)
    with on_two_hosts(tmp_path, names, *options) as processes:
        assert [process.wait(200) for process in processes] == [0, 0]
    assert (tmp_path / "0.weights").read_text() == (tmp_path / "1.weights").read_text()
    assert ended_with(tmp_path / "a", epochs) == whole


def test_a_cut_link_ends_both(two_hosts, tmp_path, data_dir):
    names, devices = two_hosts
    options = (*OPTIONS, "--epochs", 10_000, "--data-dir", data_dir)
    with on_two_hosts(
        tmp_path, names, *options, "--runs-dir", tmp_path, "--name", "a"
    ) as processes:
        workers.wait_for(tmp_path / "0.err", "epoch 1 ")
        subprocess.run(["ip", "-n", names[0], "link", "set", devices[0], "down"], check=True)
        end = time.monotonic() + BOUND
        codes = [process.wait(end - time.monotonic()) for process in processes]
    assert codes == [1, 1]
    for worker in range(2):
        assert f"Error: worker {worker} lost the others" in workers.error(tmp_path, worker)
