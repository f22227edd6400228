"""Stored datasets: one HDF5 file each, contiguous, with the digests of its content."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from mnistcli import files
from mnistcli.datasets import sources
from mnistcli.errors import DatasetError

PARTS = ("train/images", "train/labels", "test/images", "test/labels")


@dataclass(frozen=True)
class Split:
    """Labelled images: images (n, 28, 28) uint8 0..255, labels (n,) uint8 0..9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


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

    @property
    def digest(self) -> str:
        """One SHA-256 for the whole content: that of the parts' digests, joined in order."""
        joined = "".join(self.digests[part] for part in PARTS)
        return hashlib.sha256(joined.encode()).hexdigest()


def dataset_path(data_dir: Path, name: str) -> Path:
    """Return where the dataset of this name is stored."""
    return data_dir / f"{name}.h5"


def save(
    data_dir: Path, name: str, parts: Mapping[str, NDArray[np.uint8]], source: str, licence: str
) -> DatasetInfo:
    """Store the four arrays of a dataset atomically and return what was stored."""
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
        )


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
    return Split(*arrays)


def _expected_digest(file: h5py.File, name: str, part: str) -> str:
    """MNIST is what the world says it is; any other dataset is what was stored."""
    if name == "mnist":
        return sources.PARTS[part].sha256
    return str(file[part].attrs["sha256"])


@contextmanager
def _opened(data_dir: Path, name: str) -> Iterator[h5py.File]:
    """Open a stored dataset; whatever HDF5 makes of a damaged file becomes a DatasetError."""
    path = dataset_path(data_dir, name)
    if not path.is_file():
        raise DatasetError(
            f"dataset {name} is not stored in {data_dir}. Run `mnistcli fetch --dataset {name}`."
        )
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
