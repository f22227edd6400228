"""A sweep beside the same trainings one after another: how long they take, and whether weights differ.

    python benchmarks/sweep.py --data-dir DIR [--seeds N] [--tries N] [--jobs N]

`data-dir` is where `mnistcli fetch` stored MNIST. Both sides run in turn, as whole processes; the
files that both leave are compared byte by byte.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from reading import MNISTCLI

OPTIMIZERS = ("rmsprop", "adam", "sgd")
HELD_OUT = repr(1 / 6)  # as a sweep has it unless told otherwise
COMPARED = "model.tflite"
"""Of a Keras model's file, the time is a part: the same network never has the same bytes twice."""


def timed(command: Sequence[object]) -> float:
    """Run a command; return its seconds."""
    started = time.monotonic()
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def main() -> None:
    """Print a line a try."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    jobs = ("--jobs", options.jobs) if options.jobs else ()
    print("| runs | one after another | sweep | ratio | same weights |")
    print("| --- | --- | --- | --- | --- |")
    for _ in range(options.tries):
        with tempfile.TemporaryDirectory() as folder:
            where = ("--data-dir", options.data_dir, "--runs-dir", folder, "--quiet")
            alone = 0.0
            pairs = [(seed, name) for seed in range(options.seeds) for name in OPTIMIZERS]
            for number, (seed, name) in enumerate(pairs):
                choices = ("--optimizer", name, "--seed", seed, "--validation-split", HELD_OUT)
                command = (MNISTCLI, "train", *choices, "--name", f"alone-{number:03}", *where)
                alone += timed(command)
            choices = ("--optimizer", ",".join(OPTIMIZERS), "--seeds", options.seeds)
            command = (MNISTCLI, "sweep", *choices, "--name", "together", *jobs, *where)
            together = timed(command)
            same = sum(
                (Path(folder) / f"alone-{number:03}" / COMPARED).read_bytes()
                == (Path(folder) / f"together-{number:03}" / COMPARED).read_bytes()
                for number in range(len(pairs))
            )
        cells = (len(pairs), f"{alone:.1f} s", f"{together:.1f} s", f"{together / alone:.2f}")
        print(f"| {' | '.join(map(str, cells))} | {same} of {len(pairs)} |", flush=True)


if __name__ == "__main__":
    main()
