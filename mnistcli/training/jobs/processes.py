"""Processes that work at once and report: forked where TensorFlow is loaded, and nothing else done.

So what each does is what it would do alone: none finds what another one left behind, and one that
is killed takes no other with it.
"""

import multiprocessing
import multiprocessing.connection
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory
from typing import Any

from mnistcli import parallel
from mnistcli.errors import TrainingError
from mnistcli.sweeps.plan import Planned

TRIES = 3  # to start a process: the one that it is forked from is started anew where it was killed
MOMENT = 0.5  # seconds until the system says that a process has ended


@dataclass
class Job:
    """A process, and what it has reported so far."""

    process: BaseProcess
    planned: Planned
    error: Exception | None = None
    status: str | None = None


@dataclass
class Desk:
    """The processes under way, by the connection on which each reports."""

    folder: str
    """For what they leave behind: TensorFlow's code in files, which a killed process cannot remove."""
    jobs: dict[Connection, Job] = field(default_factory=dict)

    def start(self, function: Callable[..., None], planned: Planned, *arguments: Any) -> None:
        """Start a process that is given the arguments, and a connection to report on.

        What it raises is reported, too.
        """
        ours, theirs = multiprocessing.Pipe(duplex=False)
        for _ in range(TRIES):
            told = (function, self.folder, arguments, theirs)
            process = _context().Process(target=_begin, args=told)
            with suppress(EOFError, ConnectionError), parallel.ctrl_c_held_back():
                process.start()
                break
            time.sleep(MOMENT)
        else:
            raise TrainingError(
                "no process can be started: the one that they are forked from was killed, again "
                "and again. Where memory is short, give fewer --jobs."
            )
        theirs.close()
        self.jobs[ours] = Job(process, planned)

    def reports(self, timeout: float | None) -> Iterator[tuple[Job, Any]]:
        """Yield what was reported within so many seconds; None is a process's end."""
        if not self.jobs:
            return
        for ready in multiprocessing.connection.wait(list(self.jobs), timeout):
            assert isinstance(ready, Connection)  # noqa: S101 - for the type checker
            job = self.jobs[ready]
            try:
                yield job, ready.recv()
            except EOFError:
                del self.jobs[ready]
                ready.close()
                job.process.join()
                yield job, None


@contextmanager
def desk() -> Iterator[Desk]:
    """Give processes a desk to report to; those still there at the end of the block are ended."""
    with TemporaryDirectory(prefix="mnistcli-", ignore_cleanup_errors=True) as folder:
        found = Desk(folder)
        try:
            yield found
        finally:
            for job in found.jobs.values():
                job.process.terminate()
            for job in found.jobs.values():
                job.process.join()


def _begin(
    function: Callable[..., None], folder: str, arguments: tuple[Any, ...], connection: Connection
) -> None:
    """Do, in this process, what there is to do."""
    parallel.follow_parent()
    tempfile.tempdir = folder
    try:
        function(*arguments, connection)
    except Exception as error:  # noqa: BLE001 - for the parent to raise
        with suppress(OSError):
            connection.send(error)


def _context() -> Any:
    """Return the way in which processes are started.

    Where that is safe, they are forked from one that has imported TensorFlow and done nothing else.
    """
    if sys.platform != "linux":  # macOS's own libraries do not live through a fork
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mnistcli.training.session"])
    return context


def exit_of(code: int | None) -> str:
    """Say how a process ended that has said nothing."""
    if code is not None and code < 0:
        return f"its process was killed by signal {-code}."
    return f"its process ended with exit code {code}."
