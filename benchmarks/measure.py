"""Time commands as whole processes, in turn, and compare them pair by pair.

Machines are noisy: the two sides of a comparison run one after the other, over and over, and what
counts is the median of the ratios.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

Command = Sequence[object]


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
        return f"| {' | '.join([*cells, f'{self.ratio:.2f}'])} |"


def heading() -> str:
    """Return the head of a table of comparisons."""
    columns = ("comparison", "n", "mnistcli", "peak", "other", "peak", "ratio")
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def process(command: Command) -> Process:
    """Run a command to its end and return what it took; raise when it fails."""
    words = [str(word) for word in command]
    started = time.perf_counter()
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {child.returncode}")
    return Process(seconds, usage.ru_maxrss / 1024, output)


def compare(name: str, ours: Command, theirs: Command, n: int, warmup: int = 1) -> Comparison:
    """Run both in turn n times, after `warmup` pairs that do not count."""
    pairs = [(process(ours), process(theirs)) for _ in range(warmup + n)][warmup:]
    return Comparison(name, tuple(our for our, _ in pairs), tuple(their for _, their in pairs))
