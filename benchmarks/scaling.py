"""What several workers cost and gain: measured on loopback, computed for real networks.

    python benchmarks/scaling.py path/to/data-dir [--epochs N]

`data-dir` is where `mnistcli fetch` stored MNIST. Each worker gets one core, as far as there are
enough; a step's time is the median epoch's over its steps, without the first epoch.

All-reduce is computed for TensorFlow's ring: of the gradients, each of n workers sends and receives
2 (n - 1) / n, in 2 (n - 1) messages. A step on n workers then takes compute / n + all-reduce, at best.
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

from mnistcli.networks import NETWORKS

WORKERS = (2, 4, 8, 64)
GIGABITS = (1, 10, 100)  # per second
LATENCY = 50e-6  # seconds a message: a switch and two kernels
IMAGES = 60_000


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
    """Return the seconds that a ring all-reduce of float32 gradients takes."""
    return 2 * (n - 1) * (4 * parameters / n / (gigabits * 1e9 / 8) + LATENCY)


def main() -> None:
    """Measure, compute, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    for model, network in NETWORKS.items():
        parameters = network.build().count_params()
        steps = -(-IMAGES // network.batch_size)
        print(f"\n{model}: {parameters:,} parameters, batch {network.batch_size}, {steps} steps")
        step = {}
        for n in (1, 2, 4):
            later = epochs(arguments.data_dir, model, n, arguments.epochs)[1:]
            step[n] = statistics.median(later) / steps
            print(f"  {n} workers on loopback: {1000 * step[n]:.2f} ms a step", flush=True)
        print("  all-reduce, ms a step, and speed-up of the whole step:")
        for gigabits in GIGABITS:
            costs = {n: all_reduce(parameters, n, gigabits) for n in WORKERS}
            cells = [
                f"{n}: {1000 * cost:.2f} ms, {step[1] / (step[1] / n + cost):.1f}x"
                for n, cost in costs.items()
            ]
            print(f"    {gigabits:3} Gbit/s  " + "   ".join(cells))


if __name__ == "__main__":
    main()
