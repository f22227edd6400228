"""Which pictures were named, and their bytes: files, folders, standard input."""

import itertools
import os
import stat
from collections.abc import Iterable, Iterator

from mnistcli.errors import PictureError

STDIN = "-"
SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".mpo", ".pbm", ".pgm", ".png", ".ppm", ".tif"),
    *(".tiff", ".webp"),
)
"""What counts as a picture in a folder; a file that is named is read whatever its suffix."""
MAX_BYTES = 330_000_000  # 12,000 x 9,000 pixels of three bytes take 324 million


def expand(inputs: Iterable[str]) -> Iterator[str]:
    """Yield the inputs, with each folder replaced by the pictures below it, sorted by path.

    A folder that cannot be listed stays, to be refused by its name when it is read.
    """
    for name in inputs:
        if name == STDIN or not os.path.isdir(name):  # noqa: PTH112 - a name may be any bytes
            yield name
            continue
        yield from _below(name)


def share(inputs: Iterable[str], part: int, parts: int) -> Iterator[str]:
    """Yield every `parts`-th input: each belongs to one part, 0 to parts - 1.

    Part `parts` is part 0, so that whoever counts from 1 also reads each input once.
    """
    return itertools.islice(inputs, part % parts, None, parts)


def _below(top: str) -> Iterator[str]:
    """Yield the pictures below a folder, and the folders that cannot be listed."""
    unlisted: list[str] = []
    for folder, folders, files in os.walk(top, onerror=lambda e: unlisted.append(e.filename)):
        yield from unlisted
        unlisted.clear()
        folders.sort()
        pictures = (file for file in sorted(files) if file.lower().endswith(SUFFIXES))
        yield from (os.path.join(folder, file) for file in pictures)  # noqa: PTH118
    yield from unlisted


def read_file(path: str) -> bytes:
    """Return the bytes of a picture's file ("-": standard input); raise PictureError."""
    try:
        if path == STDIN:
            with open(0, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        else:
            # Without O_NONBLOCK, opening a FIFO waits for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise PictureError("not a regular file; pipe it in and name it `-`.")
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(f"cannot be opened: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise PictureError(f"larger than {MAX_BYTES // 1_000_000} MB; no picture of a digit is.")
    return data
