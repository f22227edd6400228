"""What importing TensorFlow and Keras costs: as it comes, and as mnistcli does it.

    python benchmarks/imports.py [PAIRS]

Prints one JSON line: medians of processor seconds and of peak memory (MB) over PAIRS processes of
each kind, taken in turn.
"""

import json
import statistics
import subprocess
import sys

PAIRS = 5
KINDS = {"plain": "import keras, tensorflow", "mnistcli": "import mnistcli.networks.framework"}
PROBE = (
    "; import resource as r; u = r.getrusage(r.RUSAGE_SELF);"
    " print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"
)


def measure(statement: str) -> tuple[float, float]:
    """Return processor seconds and peak memory (MB) of a Python process that runs a statement."""
    command = [sys.executable, "-c", statement + PROBE]
    seconds, memory = subprocess.run(command, capture_output=True, check=True).stdout.split()
    return float(seconds), float(memory)


pairs = int((sys.argv[1:] or [PAIRS])[0])
results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
for _ in range(pairs):
    for kind, statement in KINDS.items():
        results[kind].append(measure(statement))
medians = {
    kind: [round(statistics.median(column), 3) for column in zip(*rows, strict=True)]
    for kind, rows in results.items()
}
report = {"pairs": pairs, "seconds and MB": medians}
report["ratio"] = round(medians["mnistcli"][0] / medians["plain"][0], 3)
print(json.dumps(report))
