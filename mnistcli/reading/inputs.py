"""Which pictures were named, and their bytes: files, folders, standard input."""

import itertools
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator

from mnistcli.errors import PictureError

STDIN = "-"
SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpeg", ".jpg", ".mpo", ".pbm", ".pgm"),
    *(".png", ".ppm", ".tif", ".tiff", ".webp"),
)
"""What counts as a picture in a folder; a file that is named is read whatever its suffix."""
MAX_BYTES = 330_000_000  # 12,000 x 9,000 pixels of three bytes take 324 million
TOO_LARGE = f"larger than {MAX_BYTES // 1_000_000} MB; no picture of a digit is."


def expand(inputs: Iterable[str], passed_over: Counter[str] | None = None) -> Iterator[str]:
    """Yield the inputs, with each folder replaced by the pictures below it, in natural order.

    Hidden files, and what is in hidden folders, are left out. What else is no picture by its name
    is counted in `passed_over`, by suffix. A folder that cannot be listed stays, to be refused by
    its name when it is read.
    """
    passed_over = Counter() if passed_over is None else passed_over
    for name in inputs:
        if name == STDIN or not os.path.isdir(name):  # noqa: PTH112 - a name may be any bytes
            yield name
            continue
        yield from _below(name, passed_over)


def share(inputs: Iterable[str], part: int, parts: int) -> Iterator[str]:
    """Yield every `parts`-th input: each belongs to one part, 0 to parts - 1.

    Part `parts` is part 0, so that whoever counts from 1 also reads each input once.
    """
    return itertools.islice(inputs, part % parts, None, parts)


def said(passed_over: Counter[str]) -> str:
    """Say what was passed over: `3 files passed over: .txt 2, .mov 1`; nothing where none was."""
    count = passed_over.total()
    if not count:
        return ""
    kinds = sorted(passed_over.items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{suffix or 'without a suffix'} {n:,}" for suffix, n in kinds)
    return f"{count:,} {'files' if count > 1 else 'file'} passed over: {listed}"


def natural(name: str) -> tuple[list[str | int], str]:
    """Return the key that sorts img2 before img10."""
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if k % 2 else part for k, part in enumerate(parts)], name


def _below(top: str, passed_over: Counter[str]) -> Iterator[str]:
    """Yield the pictures below a folder, and the folders that cannot be listed."""
    unlisted: list[str] = []
    for folder, folders, files in os.walk(top, onerror=lambda e: unlisted.append(e.filename)):
        yield from unlisted
        unlisted.clear()
        folders[:] = sorted((each for each in folders if not each.startswith(".")), key=natural)
        for file in sorted(files, key=natural):
            if file.startswith("."):  # such as macOS's ._3.png, which holds no picture
                continue
            if file.lower().endswith(SUFFIXES):
                yield os.path.join(folder, file)  # noqa: PTH118
            else:
                passed_over[os.path.splitext(file)[1].lower()] += 1  # noqa: PTH122
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
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise PictureError("not a regular file; pipe it in and name it `-`.")
                if status.st_size > MAX_BYTES:
                    raise PictureError(TOO_LARGE)
                data = _read(descriptor, status.st_size)
            finally:
                os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        if path.startswith(("http://", "https://")):
            reason = "it is an address of the web; download it, or pipe it in and name it `-`"
        raise PictureError(f"cannot be opened: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise PictureError(TOO_LARGE)
    return data


def _read(descriptor: int, size: int) -> bytes:
    """Return what a file of that size holds, which may be more, or too much: some have no size."""
    # Python makes room for as much as it is asked for.
    data = os.read(descriptor, size + 1)
    if len(data) != size:
        with open(descriptor, "rb", closefd=False) as rest:
            data += rest.read(MAX_BYTES + 1 - len(data))
    return data
