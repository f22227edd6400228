"""Time commands as whole processes, in turn, and compare them pair by pair.

Machines are noisy: the two sides of a comparison run one after the other, over and over, and what
counts is the median of the ratios.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

Command = Sequence[object]

BEFORE = {
    "train / the book's script": "0.43",
    "--help / import click": "1.23",
    "one 28x28 PNG / bare LiteRT script": "1.70",
    "10,000 PNGs / Pillow and keras.predict": "0.26",
    "evaluate / load_model and evaluate": "0.077",
}
"""Ratios on 2 cores, of the release before each was cut at its root."""


@dataclass(frozen=True)
class Process:
    """What one process took."""

    seconds: float
    megabytes: float
    """Peak resident memory."""
    output: str
    """Its standard output."""


@dataclass(frozen=True)
class Comparison:
    """Ours and theirs, run in turn."""

    name: str
    ours: tuple[Process, ...]
    theirs: tuple[Process, ...]

    @property
    def ratio(self) -> float:
        """Median of ours / theirs, pair by pair."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return statistics.median(our.seconds / their.seconds for our, their in pairs)

    def row(self) -> str:
        """Return a line of the table that `heading` begins."""
        cells = [self.name, str(len(self.ours))]
        for side in (self.ours, self.theirs):
            cells.append(f"{statistics.median(each.seconds for each in side):.3f} s")
            cells.append(f"{max(each.megabytes for each in side):,.0f} MB")
        cells.append(f"{self.ratio:.3f}")
        cells.append(BEFORE.get(self.name, ""))
        return f"| {' | '.join(cells)} |"


def heading() -> str:
    """Return the head of a table of comparisons."""
    columns = ("comparison", "n", "mnistcli", "peak", "other", "peak", "ratio", "before")
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


# Whoever installs mnistcli has its bytecode; some environments forbid Python to write any.
ENVIRONMENT = {k: value for k, value in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

# From a process with much memory, a child would begin with that as its peak: Linux takes over the
# high-water mark. Hence this small one in between, which also takes the time.
LAUNCH = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{time.perf_counter() - started} {used.ru_maxrss / 1024}")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def process(command: Command) -> Process:
    """Run a command, which begins with a path, and return what it took; raise when it fails."""
    words = [str(word) for word in command]
    with tempfile.NamedTemporaryFile("r") as taken:
        ended = subprocess.run(
            [sys.executable, "-c", LAUNCH, taken.name, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
        if ended.returncode:
            raise SystemExit(f"{' '.join(words)} ended with {ended.returncode}")
        seconds, megabytes = map(float, taken.read().split())
    return Process(seconds, megabytes, ended.stdout)


def compare(name: str, ours: Command, theirs: Command, n: int, warmup: int = 1) -> Comparison:
    """Run both in turn n times, after `warmup` pairs that do not count."""
    return in_turn(name, [(ours, theirs)] * (warmup + n), warmup)


def in_turn(name: str, pairs: Sequence[tuple[Command, Command]], warmup: int = 0) -> Comparison:
    """Run pairs of commands, one command after the other; the first `warmup` do not count."""
    taken = [(process(ours), process(theirs)) for ours, theirs in pairs][warmup:]
    return Comparison(name, tuple(our for our, _ in taken), tuple(their for _, their in taken))
