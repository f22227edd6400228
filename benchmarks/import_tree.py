"""What `mnistcli predict` imports for a 28x28 PNG, as a tree, and which of it a bare script does not.

    python benchmarks/import_tree.py RUN PICTURE [--times N] [--only]

RUN is a run folder. Milliseconds are the least of N processes: of a module alone, and with what it
is the first to import. A star marks what the bare LiteRT script does without; --only shows no more.
"""

import argparse
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from measure import ENVIRONMENT
from reading import HERE, MNISTCLI, PYTHON

LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")  # of -X importtime


@dataclass
class Module:
    """What importing a module took, in microseconds."""

    depth: int
    alone: int
    whole: int


def imported(command: list[object], times: int) -> dict[str, Module]:
    """Return the modules that a Python command imports, in the order in which each was done."""
    found: dict[str, Module] = {}
    for _ in range(times):
        words = [PYTHON, "-X", "importtime", *map(str, command)]
        ended = subprocess.run(words, capture_output=True, text=True, check=True, env=ENVIRONMENT)
        for alone, whole, indent, name in LINE.findall(ended.stderr):
            new = Module(len(indent) // 2, int(alone), int(whole))
            known = found.setdefault(name, new)
            known.alone, known.whole = min(known.alone, new.alone), min(known.whole, new.whole)
    return found


def importers_first(modules: dict[str, Module]) -> list[str]:
    """Turn the order around: Python names a module after what it has imported."""
    order: list[str] = []
    waiting: list[tuple[int, list[str]]] = []
    for name, module in modules.items():
        below: list[str] = []
        while waiting and waiting[-1][0] > module.depth:
            below = waiting.pop()[1] + below
        waiting.append((module.depth, [name, *below]))
    for _, names in waiting:
        order += names
    return order


def main() -> None:
    """Print the tree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--only", action="store_true", help="what the bare script does without")
    options = parser.parse_args()
    predict = [MNISTCLI, "predict", "--run", options.run, options.picture]
    bare = [HERE / "bare_predict.py", options.run / "model.tflite", options.picture]
    ours, theirs = imported(predict, options.times), imported(bare, options.times)
    print("  alone  with its own")
    for name in importers_first(ours):
        module, star = ours[name], " " if name in theirs else "*"
        if star == "*" or not options.only:
            indent = "  " * module.depth
            print(f"{module.alone / 1000:7.2f} {module.whole / 1000:7.2f} {star} {indent}{name}")
    extra = sum(module.alone for name, module in ours.items() if name not in theirs)
    print(
        f"{len(ours)} modules, {len(ours.keys() - theirs.keys())} of them not in the bare script: "
        f"{extra / 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
