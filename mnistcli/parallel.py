"""A function over many items, by all cores, results in order, memory flat."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from itertools import islice
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from mnistcli.cores import cores

A = TypeVar("A")
B = TypeVar("B")


def ordered(
    function: Callable[[A], B],
    items: Iterable[A],
    workers: int | None = None,
    *,
    spawned: bool = False,
    make: Callable[[], Any] = int,
) -> Iterator[B]:
    """Yield function(item) for each item, in order, computed by that many processes.

    By default, there is one per core; each has its `own()`, which `make` makes. Items are taken
    only as results are consumed: at most two per process are under way. Raises BrokenProcessPool
    if a process dies.
    """
    workers = workers or cores()
    pending: deque[Future[B]] = deque()
    items = iter(items)
    with started(workers, spawned=spawned, make=make) as pool:
        try:
            pending.extend(pool.submit(function, item) for item in islice(items, 2 * workers))
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(items, 1))
        finally:
            for future in pending:
                future.cancel()


def started(workers: int, *, spawned: bool = False, make: Callable[[], Any] = int) -> Executor:
    """Return an executor of that many processes, which are under way.

    Each has its `own()`, which `make` makes. Where the system has no semaphores for several
    processes (no /dev/shm), they are threads.
    """
    # Forked workers start in a millisecond with everything imported. Where a fork would copy the
    # locks of running threads, TensorFlow's or macOS's own, they are spawned.
    fork = sys.platform == "linux" and "tensorflow" not in sys.modules and not spawned
    context = multiprocessing.get_context("fork" if fork else "spawn")
    try:
        executor = ProcessPoolExecutor(workers, context, _begin, (make,))
    except (OSError, ImportError, NotImplementedError):
        return ThreadPoolExecutor(workers, initializer=_take, initargs=(make,))
    with ctrl_c_held_back(tracked=not fork):
        for _ in range(workers):
            executor.submit(int)
    return executor


_worker = threading.local()


def _begin(make: Callable[[], Any]) -> None:
    # A process for each core is enough: threads of OpenCV would only wait for one another.
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"
    follow_parent()
    _take(make)


def _take(make: Callable[[], Any]) -> None:
    _worker.own = cache(make)


def own() -> Any:
    """Return what this worker, a process or a thread, has for itself: made when first asked for."""
    return _worker.own()


@contextlib.contextmanager
def ctrl_c_held_back(*, tracked: bool = True) -> Iterator[None]:
    """Delay Ctrl-C, and let processes that are started meanwhile never see it.

    They inherit the mask, so that none of them prints a traceback before it has got to ignoring
    the signal itself. Where there are no signal masks (Windows), this does nothing. Of processes
    that are forked nothing is `tracked`.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if tracked:  # the tracker, started in here, would let Ctrl-C through again
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow_parent() -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the parent; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody is left to read a result or a message
