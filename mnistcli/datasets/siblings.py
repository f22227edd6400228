"""MNIST's siblings: where they are published, what they must be, and how they are brought here.

Sizes and SHA-256 are TensorFlow Datasets' (tensorflow_datasets/url_checksums/), MD5, mirrors, names
of classes and the form of EMNIST's and QMNIST's files torchvision's (torchvision/datasets/mnist.py).
"""

import hashlib
import string
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import DIGITS
from mnistcli.datasets import idx, store
from mnistcli.datasets.download import Patience, Received, download
from mnistcli.datasets.fetching import Event, Failed, Storing, Trying, unless_stored
from mnistcli.errors import DatasetError, DownloadError

UNPACKED = 300_000_000  # bytes of an IDX file; the largest, of EMNIST's digits, has 188 million
ANY_SIZE = 64 * 2**20  # bytes of a file whose size is not known


@dataclass(frozen=True)
class Packed:
    """A file as it is published: its name, and what its bytes must be."""

    name: str
    digest: str
    """sha256:... or md5:..., in hexadecimal."""
    size: int = ANY_SIZE
    """Bytes at most."""


@dataclass(frozen=True)
class Sibling:
    """A published dataset of images of 28 x 28 pixels."""

    mirrors: tuple[str, ...]
    """Base URLs."""
    caches: tuple[str, ...]
    """Folders where torchvision and Keras leave its files."""
    files: Mapping[str, str]
    """The name of each part's file."""
    packed: tuple[Packed, ...]
    """The parts' files, or the one archive that they are members of."""
    licence: str
    classes: tuple[str, ...] = DIGITS
    first: int = 0
    """The label of the first class."""
    transposed: bool = False
    """Whether rows and columns of the images are swapped."""


def _files(pattern: str, test: str = "t10k", labels: str = "idx1-ubyte") -> dict[str, str]:
    return {
        f"{split}/{kind}": pattern.format(split=file, kind=kind, form=form)
        for split, file in (("train", "train"), ("test", test))
        for kind, form in (("images", "idx3-ubyte"), ("labels", labels))
    }


def _torchvision(name: str) -> tuple[str, ...]:
    return tuple(f"{root}{name}/raw" for root in ("", "data/", "~/data/"))


USUAL = _files("{split}-{kind}-{form}.gz")
QMNIST = _files("qmnist-{split}-{kind}-{form}.gz", "test", "idx2-int")


def _emnist(name: str, classes: Sequence[str], first: int = 0) -> Sibling:
    return Sibling(
        mirrors=("https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",),
        caches=_torchvision("EMNIST"),
        files=_files(f"gzip/emnist-{name}-{{split}}-{{kind}}-{{form}}.gz", "test"),
        packed=(
            Packed(
                "gzip.zip",
                "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                561_753_746,
            ),
        ),
        licence="public domain, NIST; Cohen et al. 2017 (arXiv:1702.05373)",
        classes=tuple(classes),
        first=first,
        transposed=True,
    )


SIBLINGS: dict[str, Sibling] = {
    "fashion-mnist": Sibling(
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        caches=(*_torchvision("FashionMNIST"), "~/.keras/datasets/fashion-mnist"),
        files=USUAL,
        packed=(
            Packed(
                "train-images-idx3-ubyte.gz",
                "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                26_421_880,
            ),
            Packed(
                "train-labels-idx1-ubyte.gz",
                "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                29_515,
            ),
            Packed(
                "t10k-images-idx3-ubyte.gz",
                "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                4_422_102,
            ),
            Packed(
                "t10k-labels-idx1-ubyte.gz",
                "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                5_148,
            ),
        ),
        licence="MIT, Zalando SE",
        classes=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
    ),
    "kmnist": Sibling(
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        caches=_torchvision("KMNIST"),
        files=USUAL,
        packed=(
            Packed(
                "train-images-idx3-ubyte.gz",
                "sha256:51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                18_165_135,
            ),
            Packed(
                "train-labels-idx1-ubyte.gz",
                "sha256:e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                29_497,
            ),
            Packed(
                "t10k-images-idx3-ubyte.gz",
                "sha256:edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                3_041_136,
            ),
            Packed(
                "t10k-labels-idx1-ubyte.gz",
                "sha256:20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                5_120,
            ),
        ),
        licence="CC BY-SA 4.0, KMNIST dataset (created by CODH)",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "qmnist": Sibling(
        mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
        caches=_torchvision("QMNIST"),
        files=QMNIST,
        packed=(
            Packed(QMNIST["train/images"], "md5:ed72d4157d28c017586c42bc6afe6370"),
            Packed(QMNIST["train/labels"], "md5:0058f8dd561b90ffdd0f734c6a30e5e4"),
            Packed(QMNIST["test/images"], "md5:1394631089c404de565df7b7aeaf9412"),
            Packed(QMNIST["test/labels"], "md5:5b5b05890a5e13444e108efe57b788aa"),
        ),
        licence="BSD 3-clause, Chhavi Yadav and Léon Bottou",
    ),
    "emnist-digits": _emnist("digits", DIGITS),
    "emnist-letters": _emnist("letters", string.ascii_lowercase, first=1),
    "emnist-balanced": _emnist("balanced", (*DIGITS, *string.ascii_uppercase, *"abdefghnqrt")),
}


def places(name: str) -> tuple[str, ...]:
    """Return the folders on this machine that may hold a sibling, then its mirrors."""
    sibling = SIBLINGS[name]
    caches = (Path(cache).expanduser() for cache in sibling.caches)
    return (*(str(cache) for cache in caches if cache.is_dir()), *sibling.mirrors)


def fetch_sibling(
    data_dir: Path,
    name: str,
    candidates: Sequence[str] = (),
    *,
    force: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Iterator[Event]:
    """Store a sibling of MNIST, yielding what happens; the last event is Fetched.

    `candidates` are base URLs, or folders with its files as they are published; by default, where
    it is published. Raises DownloadError when none serves; then nothing has changed on disk.
    """
    storing = _store(data_dir, name, candidates or places(name), patience)
    return unless_stored(data_dir, name, storing, force=force)


def _store(data_dir: Path, name: str, candidates: Sequence[str], patience: Patience) -> Storing:
    sibling = SIBLINGS[name]
    failures = []
    for place in candidates:
        yield Trying(place)
        try:
            with tempfile.TemporaryFile(dir=data_dir) as room:
                parts = yield from _obtain(sibling, place, patience, room)
        except (DatasetError, DownloadError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            failures.append(f"  {place}: {reason}")
            yield Failed(place, str(reason))
            continue
        info = store.save(data_dir, name, parts, place, sibling.licence, classes=sibling.classes)
        return info, _remote(place)
    names = ", ".join(each.name for each in sibling.packed)
    raise DownloadError(
        f"{name} could not be fetched; {len(failures)} source(s) asked, none served:\n"
        + "\n".join(failures)
        + f"\nBring {names}, as published, to a folder of this machine, then run `mnistcli fetch "
        f"--dataset {name} --source FOLDER`; it will be stored in {data_dir}."
    )


def _remote(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _obtain(
    sibling: Sibling, place: str, patience: Patience, room: IO[bytes]
) -> Generator[Received, None, dict[str, NDArray[np.uint8]]]:
    """Return the four arrays from a mirror or a folder, verified; `room` is for an archive."""
    if len(sibling.packed) > 1:
        contents = {}
        for packed in sibling.packed:
            data = yield from _read(packed, place, patience)
            contents[packed.name] = data
        return _parts(sibling, contents)
    (archive,) = sibling.packed
    if _remote(place):
        # As fast as the slowest mirror may be, and in an hour: it is half a gigabyte.
        patient = replace(patience, whole=3600.0)
        yield from download(f"{place}{archive.name}", patient, archive.size, room)
    else:
        with (Path(place) / archive.name).open("rb") as file:
            while chunk := file.read(2**20):
                room.write(chunk)
    room.seek(0)
    state = hashlib.new(archive.digest.partition(":")[0])
    while chunk := room.read(2**20):
        state.update(chunk)
    _verify(archive, state.hexdigest())
    try:
        with zipfile.ZipFile(room) as members:
            contents = {name: members.read(name) for name in sibling.files.values()}
    except (zipfile.BadZipFile, KeyError, zlib.error) as error:
        raise DatasetError(f"{archive.name}: {error}") from error
    return _parts(sibling, contents)


def _read(packed: Packed, place: str, patience: Patience) -> Generator[Received, None, bytes]:
    if _remote(place):
        base = place if place.endswith("/") else f"{place}/"
        data = yield from download(f"{base}{packed.name}", patience, packed.size)
    else:
        with (Path(place) / packed.name).open("rb") as file:
            data = file.read(packed.size + 1)
    _verify(packed, hashlib.new(packed.digest.partition(":")[0], data).hexdigest())
    return data


def _verify(packed: Packed, found: str) -> None:
    expected = packed.digest.partition(":")[2]
    if found != expected:
        raise DatasetError(
            f"{packed.name} is not what is published: expected the digest {expected[:8]}…, got "
            f"{found[:8]}…"
        )


def _parts(sibling: Sibling, contents: Mapping[str, bytes]) -> dict[str, NDArray[np.uint8]]:
    """Return the arrays in verified files: images upright, labels from 0."""
    parts = {}
    for part, name in sibling.files.items():
        data = idx.unpacked(contents[name], UNPACKED, name)
        array = idx.parse_labels(data) if part.endswith("labels") else idx.parse(data)
        if part.endswith("labels"):
            array = (array.astype(np.int64) - sibling.first).astype(np.uint8)
            if array.size and array.max() >= len(sibling.classes):
                raise DatasetError(f"{name} has labels beyond its {len(sibling.classes)} classes")
        elif array.shape[1:] != (28, 28):
            raise DatasetError(f"{name} has images of the shape {array.shape[1:]}")
        elif sibling.transposed:
            array = np.ascontiguousarray(array.transpose(0, 2, 1))
        parts[part] = array
    return parts
