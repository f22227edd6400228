"""A function over many items, by all cores, results in order, memory flat."""

import itertools
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def ordered(function: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """Yield function(item) for each item, in order, computed by a process per core.

    Items are taken only as results are consumed: at most two per core are under way.
    """
    # Forked workers start in a millisecond with everything imported. Where a fork would copy the
    # locks of running threads, TensorFlow's or macOS's own, they are spawned.
    safe = sys.platform == "linux" and "tensorflow" not in sys.modules
    context = multiprocessing.get_context("fork" if safe else "spawn")
    workers = cores()
    pending: deque[Future[B]] = deque()
    items = iter(items)
    with ProcessPoolExecutor(workers, context, initializer=_leave_signals_to_parent) as pool:
        try:
            pending.extend(
                pool.submit(function, item) for item in itertools.islice(items, 2 * workers)
            )
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in itertools.islice(items, 1))
        finally:
            for future in pending:
                future.cancel()


def cores() -> int:
    """Return how many cores this process may use, which in a container is not all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _leave_signals_to_parent() -> None:
    """Ctrl-C reaches every process of the terminal; the parent alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
