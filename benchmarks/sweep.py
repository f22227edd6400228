"""A sweep beside the same trainings one after another: wall time, CPU time, and every weight.

    python benchmarks/sweep.py --data-dir DIR [--seeds N] [--tries N] [--jobs N]

`data-dir` is where `mnistcli fetch` stored MNIST. Both sides run in turn, as whole processes; the
files that both leave are compared byte by byte.
"""

import argparse
import os
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


def timed(command: Sequence[object]) -> tuple[float, float]:
    """Run a command; return its seconds, and those of the cores it used, its children's too."""
    before, started = os.times(), time.monotonic()
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.monotonic() - started, os.times()
    used = after.children_user + after.children_system
    return seconds, used - before.children_user - before.children_system


def main() -> None:
    """Print a line a try."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--jobs", type=int)
    options = parser.parse_args()
    jobs = ("--jobs", options.jobs) if options.jobs else ()
    print("| runs | one after another | sweep | ratio | their CPU time | its | ratio | same |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for _ in range(options.tries):
        with tempfile.TemporaryDirectory() as folder:
            where = ("--data-dir", options.data_dir, "--runs-dir", folder, "--quiet")
            alone = [0.0, 0.0]
            pairs = [(seed, name) for seed in range(options.seeds) for name in OPTIMIZERS]
            for number, (seed, name) in enumerate(pairs):
                choices = ("--optimizer", name, "--seed", seed, "--validation-split", HELD_OUT)
                command = (MNISTCLI, "train", *choices, "--name", f"alone-{number:03}", *where)
                alone = [sum(both) for both in zip(alone, timed(command), strict=True)]
            choices = ("--optimizer", ",".join(OPTIMIZERS), "--seeds", options.seeds)
            command = (MNISTCLI, "sweep", *choices, "--name", "together", *jobs, *where)
            together = timed(command)
            same = sum(
                (Path(folder) / f"alone-{number:03}" / COMPARED).read_bytes()
                == (Path(folder) / f"together-{number:03}" / COMPARED).read_bytes()
                for number in range(len(pairs))
            )
        cells = [str(len(pairs))]
        for theirs, ours in zip(alone, together, strict=True):
            cells += [f"{theirs:.1f} s", f"{ours:.1f} s", f"{ours / theirs:.2f}"]
        print(f"| {' | '.join([*cells, f'{same} of {len(pairs)}'])} |", flush=True)


if __name__ == "__main__":
    main()
