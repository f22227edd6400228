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
) -> Iterator[B]:
    """Yield function(item) for each item, in order, computed by that many processes.

    By default, there is one per core. Items are taken only as results are consumed: at most two
    per process are under way. Raises BrokenProcessPool if a process dies.
    """
    workers = workers or cores()
    pending: deque[Future[B]] = deque()
    items = iter(items)
    with started(workers, spawned=spawned) as pool:
        try:
            pending.extend(pool.submit(function, item) for item in islice(items, 2 * workers))
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(items, 1))
        finally:
            for future in pending:
                future.cancel()


def started(workers: int, *, spawned: bool = False, given: Any = None) -> Executor:
    """Return an executor of that many processes, which are under way.

    Each has what it was `given()`. Where the system has no semaphores for several processes (no
    /dev/shm), they are threads.
    """
    # Forked workers start in a millisecond with everything imported. Where a fork would copy the
    # locks of running threads, TensorFlow's or macOS's own, they are spawned.
    fork = sys.platform == "linux" and "tensorflow" not in sys.modules and not spawned
    context = multiprocessing.get_context("fork" if fork else "spawn")
    try:
        executor = ProcessPoolExecutor(workers, context, _begin, (given,))
    except (OSError, ImportError, NotImplementedError):
        return ThreadPoolExecutor(workers, initializer=_take, initargs=(given,))
    with ctrl_c_held_back():
        for _ in range(workers):
            executor.submit(int)
    return executor


_own = threading.local()


def _begin(given: Any) -> None:
    # A process for each core is enough: threads of OpenCV would only wait for one another.
    os.environ["OPENCV_FOR_THREADS_NUM"] = "1"
    follow_parent()
    _take(given)


def _take(given: Any) -> None:
    _own.given = given


def given() -> Any:
    """Return what this worker was given when it was started."""
    return _own.given


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Delay Ctrl-C, and let processes that are started meanwhile never see it.

    They inherit the mask, so that none of them prints a traceback before it has got to ignoring
    the signal itself. Where there are no signal masks (Windows), this does nothing.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started in here, it would let Ctrl-C through again
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
