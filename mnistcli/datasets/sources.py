"""Where MNIST comes from and what it must be: mirrors and digests as data."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mnistcli.datasets import idx
from mnistcli.errors import DatasetError

LICENCE = "CC BY-SA 3.0, Yann LeCun and Corinna Cortes"


@dataclass(frozen=True)
class Part:
    """One of the four arrays of MNIST."""

    idx_name: str
    """The original file's name, without .gz."""
    npz_name: str
    """The array's name in mnist.npz."""
    shape: tuple[int, ...]
    sha256: str
    """Of the uncompressed IDX file."""


PARTS: Mapping[str, Part] = {
    "train/images": Part(
        "train-images-idx3-ubyte",
        "x_train",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train/labels": Part(
        "train-labels-idx1-ubyte",
        "y_train",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "test/images": Part(
        "t10k-images-idx3-ubyte",
        "x_test",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "test/labels": Part(
        "t10k-labels-idx1-ubyte",
        "y_test",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

MIRRORS = (
    "https://s3.amazonaws.com/img-datasets/mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
"""The book's own, Keras's, torchvision's two, and a copy of the original page's files."""

CACHES = ("~/.keras/datasets/mnist.npz", "MNIST/raw", "data/MNIST/raw", "~/data/MNIST/raw")
"""Where Keras and torchvision (with the usual `root="."` or `root="data"`) leave their copies."""


class Kind(Enum):
    """How a source is read."""

    FOLDER = "folder"
    NPZ = "npz"
    BASE_URL = "base url"
    NPZ_URL = "npz url"


@dataclass(frozen=True)
class Source:
    """A place that may hold MNIST."""

    kind: Kind
    location: str

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Return the source that a user's URL, folder or file names."""
        npz = text.lower().endswith(".npz")
        if text.startswith(("http://", "https://")):
            return cls(Kind.NPZ_URL, text) if npz else cls(Kind.BASE_URL, text.rstrip("/") + "/")
        # What is there decides: a folder may be called old.npz, an archive mnist.npz.1.
        archive = os.path.isfile(text) or (npz and not os.path.isdir(text))  # noqa: PTH112, PTH113
        return cls(Kind.NPZ if archive else Kind.FOLDER, text)

    @property
    def remote(self) -> bool:
        """Whether the source is asked over the network."""
        return self.kind in (Kind.BASE_URL, Kind.NPZ_URL)


def default_sources() -> tuple[Source, ...]:
    """Return the caches that exist on this machine, then the public mirrors."""
    # os.path, because Path raises where a folder may not be entered, or the user has no home.
    keras = os.environ.get("KERAS_HOME")
    caches = [f"{keras}/datasets/mnist.npz", *CACHES] if keras else CACHES
    places = [os.path.expanduser(cache) for cache in caches]  # noqa: PTH111
    found = [place for place in places if os.path.exists(place)]  # noqa: PTH110
    return tuple(Source.parse(location) for location in (*found, *MIRRORS))


def verify(part: Part, array: NDArray[np.uint8]) -> None:
    """Raise DatasetError unless `array` is, byte for byte, that part of MNIST."""
    if array.dtype != np.uint8 or array.shape != part.shape:
        raise DatasetError(
            f"{part.idx_name} is not MNIST's: expected uint8 {part.shape}, "
            f"got {array.dtype} {array.shape}."
        )
    found = digest(array)
    if found != part.sha256:
        raise DatasetError(
            f"{part.idx_name} is not MNIST's: expected sha256 {part.sha256[:8]}…, "
            f"got {found[:8]}…; the copy is damaged, or another dataset under the same name."
        )


def digest(array: NDArray[np.uint8]) -> str:
    """Return the SHA-256 of an array's IDX form, in hexadecimal, without copying it."""
    state = hashlib.sha256(idx.header(array.shape))
    state.update(np.ascontiguousarray(array).data)
    return state.hexdigest()
