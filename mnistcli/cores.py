"""How many cores this process may use, which is not how many there are."""

import math
import os
from contextlib import suppress
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Of a container: microseconds of computing, or max, in every so many microseconds (cgroup v2)."""


def cores() -> int:
    """Return the number of cores: those that the process is bound to, or its container's share."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:
        allowed = os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = map(int, QUOTA.read_text().split())
        allowed = min(allowed, math.ceil(quota / period))
    return max(1, allowed)
