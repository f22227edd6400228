"""Files that appear whole or not at all: atomic writes, digests, locks."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PART_SUFFIX = ".part"


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
