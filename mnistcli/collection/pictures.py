"""Labelled pictures, in folders or named by a CSV, to images: read as `predict` reads them."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from mnistcli.collection import trees
from mnistcli.collection.arrays import rows
from mnistcli.errors import DatasetError, PictureError
from mnistcli.parallel import ordered
from mnistcli.picture.conversion import whole_picture
from mnistcli.reading.inputs import MAX_BYTES, SUFFIXES, natural

BATCH, BATCH_BYTES = 32, 4 * 2**20
"""Pictures, and bytes of them, that a process is given at once."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Labelled:
    """A picture's file, and the name of its class."""

    node: Traversable
    name: str
    """As messages call it: its path below the source, or line and path in a CSV."""
    label: str


@dataclass(frozen=True, eq=False)
class Read:
    """A picture that was read, or why it could not be."""

    picture: Labelled
    image: Image | None
    """(28, 28), ink bright."""
    reason: str = ""


def of_folders(root: Traversable, passed_over: Counter[str]) -> list[Labelled]:
    """Return the pictures in a folder's sub-folders, one a class, in natural order.

    Hidden files are left out, other files counted in `passed_over` by suffix. Raises DatasetError
    where a sub-folder has no picture.
    """
    found: list[Labelled] = []
    for folder in _sorted(root):
        if folder.is_dir():
            before = len(found)
            found += _below(folder, folder.name, folder.name, passed_over)
            if len(found) == before:
                raise DatasetError(
                    f"{folder}: no picture of class {folder.name} is in it. Put some there, or "
                    f"remove it."
                )
        else:
            passed_over[PurePosixPath(folder.name).suffix.lower()] += 1
    return found


def _below(
    folder: Traversable, path: str, label: str, passed_over: Counter[str]
) -> Iterator[Labelled]:
    for node in _sorted(folder):
        name = f"{path}/{node.name}"
        if node.is_dir():
            yield from _below(node, name, label, passed_over)
        elif node.name.lower().endswith(SUFFIXES):
            yield Labelled(node, name, label)
        else:
            passed_over[PurePosixPath(node.name).suffix.lower()] += 1


def _sorted(folder: Traversable) -> list[Traversable]:
    visible = (node for node in folder.iterdir() if not node.name.startswith((".", "__MACOSX")))
    return sorted(visible, key=lambda node: natural(node.name))


def of_csv(node: Traversable, root: Traversable, header: list[str]) -> list[Labelled]:
    """Return the pictures that a CSV names by path, relative to `root`, and label.

    Raises DatasetError, with the line, where one of them is missing or named twice.
    """
    path, label = header.index("path"), header.index("label")
    lines: dict[str, int] = {}
    found = []
    for line, row in rows(node):
        if line == 1:
            continue
        values = [row[k].strip() if k < len(row) else "" for k in (path, label)]
        if not all(values):
            raise DatasetError(
                f"{node}, line {line}: expected a path and a label, got {values[0]!r} and "
                f"{values[1]!r}."
            )
        if values[0] in lines:
            raise DatasetError(
                f"{node}, line {line}: {values[0]} is on line {lines[values[0]]} already."
            )
        lines[values[0]] = line
        found.append(Labelled(root.joinpath(values[0]), f"line {line}: {values[0]}", values[1]))
    return found


Answer = tuple[int, bytes, Image | None, str]
"""A picture's place, the digest of its bytes, its image, or the reason why there is none."""


def read_all(pictures: list[Labelled]) -> Iterator[Read]:
    """Yield each picture as it was read, in order: by all cores where there are many.

    Raises DatasetError where two with the same content have different labels.
    """
    seen: dict[bytes, Labelled] = {}
    batches = _batches(pictures)
    first = next(batches, [])
    several = len(first) < len(pictures)
    for answers in (ordered if several else map)(_read_batch, chain([first], batches)):
        for place, digest, image, reason in answers:
            picture = pictures[place]
            other = seen.setdefault(digest, picture) if digest else picture
            if other.label != picture.label:
                raise DatasetError(
                    f"{other.name} and {picture.name} are the same picture, labelled {other.label} "
                    f"and {picture.label}."
                )
            yield Read(picture, image, reason)


def _batches(pictures: list[Labelled]) -> Iterator[list[tuple[int, bytes | str]]]:
    """Yield places and bytes of pictures, or why there are none, as many as a process is given."""
    batch: list[tuple[int, bytes | str]] = []
    size = 0
    for place, picture in enumerate(pictures):
        content: bytes | str
        try:
            content = trees.read(picture.node, MAX_BYTES)
        except DatasetError as error:
            content = str(error).removeprefix(f"{picture.node}: ")
        batch.append((place, content))
        size += len(content)
        if len(batch) == BATCH or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_batch(batch: list[tuple[int, bytes | str]]) -> list[Answer]:
    answers: list[Answer] = []
    for place, content in batch:
        if isinstance(content, str):
            answers.append((place, b"", None, content))
            continue
        digest = hashlib.sha256(content).digest()
        try:
            (candidate,) = whole_picture(content).candidates
            answers.append((place, digest, candidate.image, ""))
        except PictureError as error:
            answers.append((place, digest, None, str(error)))
    return answers
