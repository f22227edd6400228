"""Stored datasets: one HDF5 file each, contiguous, with the digests of its content."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.choices import DATASETS
from mnistcli.classes import DIGITS
from mnistcli.datasets import sources
from mnistcli.errors import ChoiceError, DatasetError

PARTS = ("train/images", "train/labels", "test/images", "test/labels")


@dataclass(frozen=True)
class Split:
    """Labelled images: images (n, 28, 28) uint8 0..255, labels (n,) uint8, the place in classes."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    classes: tuple[str, ...] = DIGITS

    def relabelled(self, classes: Sequence[str]) -> "Split":
        """Return the same images, their labels the places in other classes.

        Raises DatasetError unless those hold all of its own.
        """
        if tuple(classes) == self.classes:
            return self
        unknown = [name for name in self.classes if name not in classes]
        if unknown:
            raise DatasetError(
                f"the images are of classes that are not told apart here: {', '.join(unknown)}. "
                f"Expected {', '.join(classes)}."
            )
        places = np.array([list(classes).index(name) for name in self.classes], np.uint8)
        return Split(self.images, places[self.labels], tuple(classes))


@dataclass(frozen=True)
class DatasetInfo:
    """What a stored dataset says of itself."""

    name: str
    path: Path
    source: str
    licence: str
    fetched: str
    """UTC time of fetch, ISO 8601."""
    digests: Mapping[str, str]
    """SHA-256 of each part's IDX form."""
    train: int
    test: int
    classes: tuple[str, ...] = DIGITS
    """Their names, in the order of the labels."""
    unread: int = 0
    """Pictures of the source that could not be read."""

    @property
    def digest(self) -> str:
        """One SHA-256 for the whole content: that of the parts' digests, joined in order.

        And of the names of the classes, where they are not the ten digits.
        """
        names = [] if self.classes == DIGITS else ["", *self.classes]
        joined = "".join(self.digests[part] for part in PARTS) + "\0".join(names)
        return hashlib.sha256(joined.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self.path.stat().st_size


def dataset_path(data_dir: Path, name: str) -> Path:
    """Return where the dataset of this name is stored."""
    return data_dir / f"{name}.h5"


def existing(data_dir: Path, name: str) -> Path:
    """Return the file of a stored dataset.

    Raises DatasetError if it is not stored, or, where nothing is published under its name either,
    ChoiceError.
    """
    path = dataset_path(data_dir, name)
    if path.is_file():
        return path
    if name in DATASETS:
        raise DatasetError(
            f"dataset {name} is not stored in {data_dir}. Run `mnistcli fetch --dataset {name}`."
        )
    known = [*DATASETS, *(each.stem for each in data_dir.glob("*.h5"))]
    close = get_close_matches(name, known, n=1)
    raise ChoiceError(
        f"--dataset {name}: none is stored under that name in {data_dir}. "
        + (f"Did you mean {close[0]}? " if close else "")
        + f"`mnistcli fetch --dataset {name} --source` stores one, `mnistcli datasets` lists them."
    )


def save(
    data_dir: Path,
    name: str,
    parts: Mapping[str, NDArray[np.uint8]],
    source: str,
    licence: str,
    *,
    classes: Sequence[str] = DIGITS,
    unread: int = 0,
) -> DatasetInfo:
    """Store the four arrays of a dataset atomically and return what was stored.

    `classes` are the names of the labels, `unread` the pictures of its source that are not in it.
    """
    path = dataset_path(data_dir, name)
    # Made in memory: what HDF5 says of a full disk takes a page, and leaves its file open.
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for part in PARTS:
            stored = file.create_dataset(part, data=parts[part])  # no chunks: contiguous
            stored.attrs["sha256"] = sources.digest(parts[part])
        file.attrs["name"] = name
        file.attrs["source"] = source
        file.attrs["licence"] = licence
        if tuple(classes) != DIGITS:
            file.attrs["classes"] = json.dumps(list(classes))
        if unread:
            file.attrs["unread"] = unread
        file.attrs["fetched"] = datetime.now(UTC).isoformat(timespec="seconds")
    files.write_bytes(path, content.getbuffer())
    return info(data_dir, name)


def info(data_dir: Path, name: str) -> DatasetInfo:
    """Return what the stored dataset says of itself; raise DatasetError if there is none."""
    with _opened(data_dir, name) as file:
        return DatasetInfo(
            name=name,
            path=dataset_path(data_dir, name),
            source=str(file.attrs["source"]),
            licence=str(file.attrs["licence"]),
            fetched=str(file.attrs["fetched"]),
            digests={part: _expected_digest(file, name, part) for part in PARTS},
            train=len(file["train/labels"]),
            test=len(file["test/labels"]),
            classes=_classes(file),
            unread=int(file.attrs.get("unread", 0)),
        )


def stored(data_dir: Path) -> Iterator[DatasetInfo | DatasetError]:
    """Yield what each stored dataset says of itself, by name, or what is wrong with it."""
    for path in sorted(data_dir.glob("*.h5")):
        try:
            yield info(data_dir, path.stem)
        except DatasetError as error:
            yield error


def load(data_dir: Path, name: str, split: str) -> Split:
    """Return the "train" or "test" split of a stored dataset, its content verified.

    Raises DatasetError when the dataset is not stored, or no longer what was stored.
    """
    with _opened(data_dir, name) as file:
        arrays = []
        for part in (f"{split}/images", f"{split}/labels"):
            array = file[part][()]
            expected, found = _expected_digest(file, name, part), sources.digest(array)
            if found != expected:
                raise DatasetError(
                    f"{file.filename} is damaged: {part} should have sha256 {expected[:8]}…, "
                    f"has {found[:8]}…. {_remedy(name)}"
                )
            arrays.append(array)
        classes = _classes(file)
        if len(arrays[1]) and arrays[1].max() >= len(classes):
            raise ValueError(f"a label is {arrays[1].max()}, of {len(classes)} classes")
    images, labels = arrays
    return Split(images, labels, classes)


def _classes(file: h5py.File) -> tuple[str, ...]:
    """Return the names of the labels: the digits, unless the file says otherwise."""
    names = json.loads(file.attrs["classes"]) if "classes" in file.attrs else DIGITS
    return tuple(map(str, names))


def _expected_digest(file: h5py.File, name: str, part: str) -> str:
    """MNIST is what the world says it is; any other dataset is what was stored."""
    if name == "mnist":
        return sources.PARTS[part].sha256
    return str(file[part].attrs["sha256"])


@contextmanager
def _opened(data_dir: Path, name: str) -> Iterator[h5py.File]:
    """Open a stored dataset; whatever HDF5 makes of a damaged file becomes a DatasetError."""
    path = existing(data_dir, name)
    try:
        # No lock: it is only ever replaced, and not every file system has them.
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        if isinstance(error, PermissionError):
            raise
        raise DatasetError(
            f"{path} is damaged: expected a dataset written by `mnistcli fetch`, "
            f"HDF5 says: {' '.join(str(error).split())}. {_remedy(name)}"
        ) from error


def _remedy(name: str) -> str:
    return f"Run `mnistcli fetch --dataset {name} --force` to replace it."
