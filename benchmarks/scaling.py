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
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mnistcli import chatter
from mnistcli.networks import NETWORKS

WORKERS = (2, 4, 8, 64)
GIGABITS = (1, 10, 100)  # per second
LATENCY = 50e-6  # seconds a message: a switch and two kernels
IMAGES = 60_000
LARGE = 4096  # images in a batch of which 64 workers have a group each
PARTS = 40  # of epochs, by which a strategy's price is measured


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
    from mnistcli import groups

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
        print(f"  batches of {size}: all-reduce, ms a step, and speed-up of the whole step:")
        for gigabits in GIGABITS:
            cells = []
            for n in WORKERS:
                cost = all_reduce(parameters, n, gigabits)
                faster = group * several / (group * -(-several // n) + cost)
                cells.append(f"{n}: {1000 * cost:.1f} ms, {faster:.1f}x")
            print(f"    {gigabits:3} Gbit/s  " + "   ".join(cells))


class NoStrategy:
    """What is left of a strategy when there is none: a call."""

    num_replicas_in_sync = 1

    def run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Return what the function returns."""
        return function(*args)

    def experimental_local_results(self, value: Any) -> tuple[Any]:
        """Return the value, the only one."""
        return (value,)


def price(model: str, data_dir: Path) -> tuple[float, float]:
    """Return the median seconds of a part of an epoch, with a single-device strategy and without.

    Both train in one process, in turn.
    """
    from mnistcli import data
    from mnistcli.framework import tf
    from mnistcli.graph import Trainer
    from mnistcli.model import build
    from mnistcli.networks import configure

    train, config = data.load(data_dir, "mnist", "train"), configure(model=model)
    trainers = [
        Trainer(build(config, IMAGES), train, config, strategy)  # type: ignore[arg-type]
        for strategy in (tf.distribute.get_strategy(), NoStrategy())
    ]
    seconds: list[list[float]] = [[], []]
    parts = [trainer.epoch(1) for trainer in trainers]
    for taken in range(PARTS):
        for which in (0, 1) if taken % 2 else (1, 0):
            started = time.perf_counter()
            if next(parts[which], None) is None:
                parts[which] = trainers[which].epoch(2)
            else:
                seconds[which].append(time.perf_counter() - started)
    with_, without = (statistics.median(each[2:]) for each in seconds)
    return with_, without


def main() -> None:
    """Measure, compute, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    chatter.silence()
    from mnistcli import groups

    groups.use_threads_for("cnn")
    for model in NETWORKS:
        compute(model, arguments.data_dir, arguments.epochs)
    with_, without = price("cnn", arguments.data_dir)
    print(
        f"\na part of an epoch of the cnn, by a strategy of one device and by none: "
        f"{with_:.3f} s, {without:.3f} s, ratio {with_ / without:.3f}"
    )


if __name__ == "__main__":
    main()
