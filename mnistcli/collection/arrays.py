"""Images that are arrays already: an .npz, four IDX files, a CSV of pixels."""

import io
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from mnistcli.collection import trees
from mnistcli.collection.parts import MOST_IMAGES, Part
from mnistcli.datasets import idx
from mnistcli.errors import DatasetError
from mnistcli.reading import tables

SIDE = 28
PIXELS = SIDE * SIDE
IDX_NAME = re.compile(r"(?:.*[-_])?(train|t10k|test)[-_](images|labels)[-_.]idx.*", re.IGNORECASE)
PIXEL = re.compile(r"pixel_?([0-9]+)", re.IGNORECASE)


def of_npz(node: Traversable) -> dict[str, Part]:
    """Return the parts in an .npz with x_train and y_train, and x_test and y_test or not."""
    data = trees.read(node)
    parts = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            for split in ("train", "test"):
                wanted = [f"{axis}_{split}.npy" for axis in "xy"]
                found = [name for name in wanted if name in names]
                if split == "test" and not found:
                    continue
                if len(found) != len(wanted):
                    raise DatasetError(
                        f"{node}: expected the arrays x_{split} and y_{split}, got "
                        f"{', '.join(name.removesuffix('.npy') for name in names) or 'none'}."
                    )
                images, labels = (_npy(node, archive, name) for name in wanted)
                parts[split] = _part(node, f"x_{split}", images, f"y_{split}", labels)
    except (*trees.DAMAGED, SyntaxError, MemoryError, KeyError) as error:
        raise DatasetError(f"{node}: it is no .npz: {' '.join(str(error).split())}.") from error
    return parts


def _npy(node: Traversable, archive: zipfile.ZipFile, name: str) -> NDArray[np.generic]:
    """Read a member; its header is checked before there is memory for its content."""
    member = archive.getinfo(name)
    name = name.removesuffix(".npy")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(file)
        if dtype.hasobject:
            raise DatasetError(
                f"{node}: {name} holds Python objects, which are never unpickled: expected numbers."
            )
        size = math.prod(shape) * dtype.itemsize
        if size > member.file_size or size > trees.LIMIT:
            raise DatasetError(f"{node}: {name} says that it has {size:,} bytes; it has not.")
        content = file.read(size)
    if len(content) != size:
        raise DatasetError(f"{node}: {name} is cut short.")
    array = np.frombuffer(content, dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def is_idx(name: str) -> bool:
    """Return whether a file is called as one of the four IDX files are."""
    return IDX_NAME.fullmatch(name) is not None


def of_idx(nodes: Sequence[Traversable]) -> dict[str, Part]:
    """Return the parts in IDX files, gzipped or not, by their names."""
    found: dict[tuple[str, str], Traversable] = {}
    for node in nodes:
        match = IDX_NAME.fullmatch(node.name)
        if match:
            split = "train" if match[1].lower() == "train" else "test"
            key = split, match[2].lower()
            if key in found:
                raise DatasetError(f"{node}: {found[key].name} is the {split} {key[1]} already.")
            found[key] = node
    parts = {}
    for split in ("train", "test"):
        both = [found.get((split, kind)) for kind in ("images", "labels")]
        if not any(both) and split == "test":
            continue
        images, labels = both
        if images is None or labels is None:
            lacking = "images" if images is None else "labels"
            other = next(iter(found.values()))
            raise DatasetError(f"{other}: beside it, there is no file of the {split} {lacking}.")
        arrays = [_idx(images), _idx(labels)]
        parts[split] = _part(images, images.name, arrays[0], labels.name, arrays[1])
    return parts


def _idx(node: Traversable) -> NDArray[np.uint8]:
    data = trees.read(node)
    data = idx.unpacked(data, trees.LIMIT, str(node))
    try:
        return idx.parse(data)
    except DatasetError as error:
        raise DatasetError(f"{node}: {error}") from error


def _part(
    node: Traversable,
    name: str,
    images: NDArray[np.generic],
    other: str,
    labels: NDArray[np.generic],
) -> Part:
    """Return images and labels as a part; raise DatasetError where they are none."""
    if images.ndim == 4 and images.shape[-1] == 1:  # noqa: PLR2004 - images, rows, columns, grey
        images = images[..., 0]
    if images.ndim == 2 and images.shape[1] == PIXELS:  # noqa: PLR2004 - images, pixels
        images = images.reshape(-1, SIDE, SIDE)
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):  # noqa: PLR2004
        raise DatasetError(
            f"{node}: {name} has the shape {images.shape}: expected images of 28 x 28 pixels."
        )
    if labels.ndim == 2 and labels.shape[1] == 1:  # noqa: PLR2004 - as Keras keeps CIFAR's
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != len(images):
        raise DatasetError(
            f"{node}: {other} has the shape {labels.shape}: expected a label for each of the "
            f"{len(images):,} images."
        )
    if labels.dtype.kind not in "iuUb":
        raise DatasetError(f"{node}: {other} is {labels.dtype}: expected whole numbers, or names.")
    if images.dtype.kind not in "iu":
        raise DatasetError(f"{node}: {name} is {images.dtype}: expected whole numbers, 0 to 255.")
    if images.size and not (images.min() >= 0 and images.max() <= 255):  # noqa: PLR2004
        raise DatasetError(
            f"{node}: {name} goes from {images.min()} to {images.max()}: expected 0 to 255."
        )
    return Part(images.astype(np.uint8), [str(label) for label in labels.tolist()])


def of_pixels(node: Traversable, header: Sequence[str] | None) -> Part:
    """Return the images of a CSV: a label and 784 pixels a row; `header` is its first, or None."""
    label, pixels = 0, list(range(1, PIXELS + 1))
    if header is not None:
        label = [name.strip().lower() for name in header].index("label")
        pixels = [k for k in range(len(header)) if k != label]
        numbers = [PIXEL.fullmatch(header[k].strip()) for k in pixels]
        if all(numbers):  # in the order of their numbers, wherever they stand
            pixels.sort(key=lambda k: int(PIXEL.fullmatch(header[k].strip())[1]))  # type: ignore[index]
        if len(pixels) != PIXELS:
            raise DatasetError(
                f"{node}, line 1: expected label and {PIXELS} pixels, got {len(pixels)} columns "
                f"beside label."
            )
    images, labels = [], []
    for line, row in rows(node):
        if header is not None and line == 1:
            continue
        try:
            values = np.array([row[k] for k in pixels], np.int64)
            good = len(row) == PIXELS + 1 and row[label].strip() and values.min() >= 0
        except (ValueError, IndexError, OverflowError):
            good = False
        if not good or values.max() > 255:  # noqa: PLR2004
            raise DatasetError(
                f"{node}, line {line}: expected a label and {PIXELS} pixels from 0 to 255, got "
                f"{len(row)} values."
            )
        images.append(values.astype(np.uint8).reshape(SIDE, SIDE))
        labels.append(row[label].strip())
        if len(labels) > MOST_IMAGES:
            raise DatasetError(f"{node}: it has more than {MOST_IMAGES:,} images.")
    return Part(np.array(images, np.uint8).reshape(-1, SIDE, SIDE), labels)


def rows(node: Traversable) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and values of each row of a CSV that is not empty."""
    with trees.opening(node) as file:
        try:
            yield from tables.rows(file)
        except tables.FAILURES as error:
            raise DatasetError(f"{node} is not a CSV in UTF-8 or UTF-16: {error}.") from error
