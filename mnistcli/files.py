"""Files that appear whole or not at all: atomic writes, digests, locks."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PART_SUFFIX = ".part"

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
"""What file systems answer that have no locks: some mounts of NFS, Lustre, FUSE."""

READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What they answer where we may read, but not write."""


@dataclass(frozen=True)
class Unlocked:
    """What is written now is written without a lock: its file system has none."""

    path: Path


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[list[Unlocked]]:
    """Hold a lock file, which dies with its process; a process may hold what it holds already.

    Yields an Unlocked to pass on where the file system has no locks: better than nothing done.
    Raises TimeoutError where another process has it and we do not `wait`, OSError where it cannot
    be made.
    """
    # Imported here: few commands need it, and it takes longer than all the rest.
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=-1 if wait else 0, is_singleton=True, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise TimeoutError(errno.ETIMEDOUT, "another process has it", str(path)) from error
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        yield [Unlocked(path)]
        return
    try:
        yield []
    finally:
        lock.release()


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is synced and replaces `path`.

    On any exception the temporary file is removed and `path` stays as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}{PART_SUFFIX}")
    try:
        yield part
        _sync(part)
        part.replace(path)
        with suppress(OSError):  # some network disks sync files only
            _sync(path.parent)
    except OSError as error:
        if error.filename in (None, str(part)):
            error.filename = str(path)  # the one that the reader of the message knows
        raise
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path` atomically."""
    with atomic_path(path) as part:
        part.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON, atomically."""
    write_bytes(path, (json.dumps(value, indent=2) + "\n").encode())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(path: Path) -> None:
    """Remove a file or a link, or a folder with all that is in it."""
    import shutil  # here: who only reads should not wait for it

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def sweep(folder: Path, name: str) -> None:
    """Remove what killed writers of `name` left in `folder`; call it under the lock of `name`."""
    for part in folder.glob(f".{name}.*{PART_SUFFIX}"):
        with suppress(FileNotFoundError):
            part.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
