"""Who trains a run: the process that holds its lock, which dies with its process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnistcli import files
from mnistcli.errors import BusyError
from mnistcli.files import Unlocked
from mnistcli.runs.run import CHECKPOINT_LOCK


@contextmanager
def held(folder: Path) -> Iterator[list[Unlocked]]:
    """Hold the run in a folder, so that no other process trains it; the folder is made.

    A process may hold what it holds already. Yields what `files.locked` yields. Raises BusyError
    where another one has it.
    """
    lock = folder / CHECKPOINT_LOCK
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with files.locked(lock, wait=False) as unlocked:
            yield unlocked
    except TimeoutError as error:
        if error.filename != str(lock):
            raise
        raise BusyError(f"run {folder.name} is being trained by another process.") from error


def is_held(folder: Path) -> bool:
    """Return whether a process trains the run in a folder."""
    if not (folder / CHECKPOINT_LOCK).exists():
        return False
    try:
        with held(folder):
            return False
    except (BusyError, OSError):
        return True
