"""A source as a tree of files: a folder, or a ZIP archive, which is never unpacked onto disk."""

import mmap
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import IO

from mnistcli.errors import DatasetError

ENTRY = b"PK\x01\x02"  # begins each member's record in a ZIP archive's directory
MOST_ENTRIES = 1_000_000
"""Members of an archive: zipfile takes about 500 bytes of memory for each."""
RATIO, FREE = 100, 64 * 2**20
"""An archive unpacks to no more than this times its size, beside so many bytes: CSV packs to a
tenth, a bomb to a thousandth."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1  # a flag of a member
LIMIT = 2**30  # bytes of one file of arrays
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
"""What zipfile raises of archives that are damaged, or made to be so."""


@contextmanager
def opened(path: Path) -> Iterator[Traversable]:
    """Open a source: a folder, a file, or a ZIP archive, which is a folder then.

    Raises DatasetError where it is none of them, or an archive that is not safe to read.
    """
    if path.is_dir() or path.suffix.lower() != ".zip":
        if not path.exists():
            raise DatasetError(f"{path}: there is no such file or folder.")
        yield path
        return
    try:
        _count(path)
        with zipfile.ZipFile(path) as archive:
            _check(path, archive)
            yield zipfile.Path(archive)
    except DAMAGED as error:
        raise DatasetError(f"{path} is a damaged ZIP: {_said(error)}.") from error


def read(node: Traversable, limit: int = LIMIT) -> bytes:
    """Return a file's bytes; raise DatasetError where there are more, or they cannot be read."""
    with opening(node) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise DatasetError(f"{node}: it has more than {limit:,} bytes.")
    return data


@contextmanager
def opening(node: Traversable) -> Iterator[IO[bytes]]:
    """Open a file of a tree; raise DatasetError where that fails, then or later."""
    try:
        with node.open("rb") as file:
            yield file
    except DAMAGED as error:
        raise DatasetError(f"{node}: it is damaged: {_said(error)}.") from error
    except OSError as error:
        raise DatasetError(f"{node}: it cannot be read: {error.strerror or error}.") from error


def _count(path: Path) -> None:
    """Raise DatasetError before zipfile reads a directory that is too large for memory."""
    if not path.stat().st_size:
        raise DatasetError(f"{path} is a damaged ZIP: it is empty.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = count = 0
        while count <= MOST_ENTRIES and (found := data.find(ENTRY, found) + 1):
            count += 1
    if count > MOST_ENTRIES:
        raise DatasetError(f"{path}: it has more than {MOST_ENTRIES:,} members.")


def _check(path: Path, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = Counter(member.filename for member in members)
    total = sum(member.file_size for member in members)
    if total > RATIO * path.stat().st_size + FREE:
        raise DatasetError(
            f"{path}: it unpacks to {total:,} bytes, more than {RATIO} times its size: a bomb?"
        )
    for member in members:
        name = PurePosixPath(member.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in member.filename:
            raise DatasetError(
                f"{path}: its member {member.filename!r} leads out of the archive: nothing of it "
                f"was read."
            )
        if names[member.filename] > 1:
            raise DatasetError(f"{path}: it holds {member.filename!r} twice.")
        if member.flag_bits & ENCRYPTED:
            raise DatasetError(f"{path}: its member {member.filename!r} is encrypted.")
        if member.compress_type not in METHODS:
            raise DatasetError(
                f"{path}: its member {member.filename!r} is compressed in a way that is not read: "
                f"expected deflate, or none."
            )


def _said(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
