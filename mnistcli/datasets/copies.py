"""Copies of MNIST on this machine: its four files in a folder, however they were left there."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistcli.datasets import sources
from mnistcli.datasets.download import LIMIT, unpack_idx
from mnistcli.datasets.sources import PARTS
from mnistcli.errors import DatasetError


def read_folder(folder: Path) -> Mapping[str, NDArray[np.uint8]]:
    """Read the four files in a folder, or one level down: all in one there, or each in its own.

    Or where torchvision puts them, two levels down. Raises DatasetError, OSError.
    """
    if not folder.is_dir():
        raise DatasetError(_absent(folder))
    below = sorted(path for path in folder.iterdir() if path.is_dir())
    found = [_files(place) for place in (folder, *below, folder / "MNIST" / "raw")]
    together = {name: path for paths in reversed(found) for name, path in paths.items()}
    *others, last = [paths for paths in found if len(paths) == len(PARTS)] or [together]
    for paths in others:  # they may be of several datasets
        with suppress(DatasetError):
            return _read_parts(paths)
    return _read_parts(last)


def _files(folder: Path) -> Mapping[str, Path]:
    """Return which parts a folder holds; plain or gzipped, with a dash or with MNIST's older dot."""
    found = {}
    for name, part in PARTS.items():
        dotted = part.idx_name.replace("-idx", ".idx")
        for file in (part.idx_name, f"{part.idx_name}.gz", dotted, f"{dotted}.gz"):
            # os.path, because Path raises where a folder may not be entered
            if name not in found and os.path.isfile(folder / file):  # noqa: PTH113
                found[name] = folder / file
    return found


def _read_parts(paths: Mapping[str, Path]) -> Mapping[str, NDArray[np.uint8]]:
    parts = {}
    for name, part in PARTS.items():
        if name not in paths:
            raise DatasetError(f"it holds no {part.idx_name}(.gz), nor does a folder in it")
        parts[name] = unpack_idx(read(paths[name]), part)
        sources.verify(part, parts[name])
    return parts


def read(path: Path) -> bytes:
    """Return a file's content, of which there can be so much; raise DatasetError, OSError."""
    if not path.is_file():
        raise DatasetError(_absent(path))
    with path.open("rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise DatasetError(f"{path.name} has more than {LIMIT:,} bytes")
    return content


def _absent(path: Path) -> str:
    """Say what a path is that is neither a file nor a folder."""
    if os.path.lexists(path):
        return "it is neither a file nor a folder"
    if re.match(r"\w+:/", str(path)):
        return "expected http:// or https://, a folder or a file"
    return "there is no such file or folder"
