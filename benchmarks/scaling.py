"""What several workers cost and gain: measured on loopback, computed for real networks.

    python benchmarks/scaling.py path/to/data-dir [--epochs N]

`data-dir` is where `mnistcli fetch` stored MNIST. Each worker gets one core, as far as there are
enough; a step's time is the median epoch's over its steps, without the first epoch.

All-reduce is computed for TensorFlow's ring: of the sums, 8 bytes a parameter, each of n workers
sends and receives 2 (n - 1) / n, in 2 (n - 1) messages. A step then takes that and, at best, the
time of the groups of images that one worker has.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Comparison, compare, heading
from reading import MNISTCLI

from mnistcli.networks.catalogue import NETWORKS
from mnistcli.terminal import chatter

WORKERS = (2, 4, 8, 64)
GIGABITS = (1, 10, 100)  # per second
LATENCY = 50e-6  # seconds a message: a switch and two kernels
IMAGES = 60_000
LARGE = 4096  # images in a batch of which 64 workers have a group each
PAIRS = 7  # of processes, by which the price of a strategy is measured


def epochs(data_dir: Path, model: str, n: int, epochs: int) -> list[float]:
    """Return the seconds of each epoch, as the chief of n workers takes them."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in held]
    for one in held:
        one.close()
    taskset = shutil.which("taskset") or sys.exit("this needs taskset, of util-linux")
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mnistcli", "train", "--model", model, "--json"]
        command += ["--epochs", str(epochs), "--quiet", "--data-dir", str(data_dir)]
        workers = []
        for index in range(n):
            task = {"type": "worker", "index": index}
            config = json.dumps({"cluster": {"worker": addresses}, "task": task})
            core = str(cores[index % len(cores)])
            workers.append(
                subprocess.Popen(
                    [taskset, "--cpu-list", core, *command, "--runs-dir", folder],
                    env={**os.environ, "TF_CONFIG": config},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
        answers = [worker.communicate()[0] for worker in workers]
    assert not any(worker.returncode for worker in workers)
    return [record["seconds"] for record in json.loads(answers[0])["history"]]


def all_reduce(parameters: int, n: int, gigabits: float) -> float:
    """Return the seconds that a ring all-reduce of float64 sums takes."""
    return 2 * (n - 1) * (8 * parameters / n / (gigabits * 1e9 / 8) + LATENCY)


def compute(model: str, data_dir: Path, count: int) -> None:
    """Measure a network's steps on loopback, and compute them for real networks."""
    from mnistcli.training.fitting import groups

    network = NETWORKS[model]
    parameters, batch = network.build().count_params(), network.batch_size
    print(f"\n{model}: {parameters:,} parameters, batches of {batch}")
    step = {}
    for n in (1, 2, 4):
        later = epochs(data_dir, model, n, count)[1:]
        step[n] = statistics.median(later) / -(-IMAGES // batch)
        print(f"  {n} workers on loopback: {1000 * step[n]:.2f} ms a step", flush=True)
    for size in (batch, LARGE):
        several = groups.count(size)
        group = step[1] / groups.count(batch)
        print(
            f"  batches of {size}: all-reduce, ms a step; a step is at best so many times faster:"
        )
        for gigabits in GIGABITS:
            cells = []
            for n in WORKERS:
                cost = all_reduce(parameters, n, gigabits)
                faster = group * several / (group * -(-several // n) + cost)
                cells.append(f"{n}: {1000 * cost:.1f} ms, {faster:.1f}x")
            print(f"    {gigabits:3} Gbit/s  " + "   ".join(cells))


def price(data_dir: Path, pairs: int) -> Comparison:
    """Compare `--strategy single` with no word of strategies, as whole processes in turn."""
    with tempfile.TemporaryDirectory() as folder:
        train = (MNISTCLI, "train", "--quiet", "--data-dir", data_dir, "--runs-dir", folder)
        name = "train --strategy single / train"
        return compare(name, (*train, "--strategy", "single"), train, pairs)


def main() -> None:
    """Measure, compute, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    chatter.silence()
    for model in NETWORKS:
        compute(model, arguments.data_dir, arguments.epochs)
    print("", heading(), price(arguments.data_dir, PAIRS).row(), sep="\n")


if __name__ == "__main__":
    main()
