"""How many cores a process may use."""

import os
import subprocess
import sys

import pytest

from mnistcli import cores

THREADS = """
import os, sys
import numpy as np
from mnistcli.reading.classifier import Classifier
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
before = len(os.listdir("/proc/self/task"))
Classifier.load(sys.argv[1]).predict(np.zeros((256, 28, 28), np.uint8))
print(len(os.listdir("/proc/self/task")) - before)
"""

BLAS = """
import os, sys
from mnistcli.cli import main
try:
    main()
except SystemExit:
    import numpy
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("max 100000", 8), ("150000 100000", 2), ("1000 100000", 1), ("", 8), ("nonsense", 8)],
)
def test_a_container_s_share_is_what_counts(quota, expected, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: range(8), raising=False)
    monkeypatch.setattr(cores, "QUOTA", tmp_path / "cpu.max")
    cores.QUOTA.write_text(quota)
    assert cores.cores() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's threads so")
def test_litert_starts_no_thread_for_a_core_that_the_process_may_not_use(runs_dir):
    command = [sys.executable, "-c", THREADS, runs_dir / "first"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout == "0\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's threads so")
def test_numpy_starts_no_threads():
    environment = {k: value for k, value in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", BLAS, "--version"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert ended.stdout.endswith("\n1\n")
