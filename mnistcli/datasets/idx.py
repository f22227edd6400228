"""IDX, the format of the original MNIST files: bytes to arrays, and what such bytes begin with.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", FILE FORMATS.
Two zero bytes, a type code, the number of dimensions, each dimension as a big-endian uint32, data.
"""

import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import DatasetError

UNSIGNED_BYTE = 0x08  # the only type code that MNIST uses
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's wbits for a gzip container
INTEGERS = bytes([0, 0, 0x0C, 2])  # begins QMNIST's labels: rows of 32-bit integers


def unpacked(data: bytes, size: int, name: str) -> bytes:
    """Return bytes that may be gzipped as they were, up to `size`; raise DatasetError, by `name`."""
    if data[:2] != GZIP_MAGIC:
        return data
    inflater = zlib.decompressobj(GZIP_WINDOW)
    try:
        # One byte more than there is room for is enough to know a bomb.
        inflated = inflater.decompress(data, size + 1)
    except zlib.error as error:
        raise DatasetError(f"{name} is damaged: {error}.") from error
    if len(inflated) > size:
        raise DatasetError(f"{name} unpacks to more than its {size:,} bytes.")
    if not inflater.eof:
        raise DatasetError(f"{name} is cut short.")
    return inflated


def parse(data: bytes) -> NDArray[np.uint8]:
    """Return the uint8 array in `data`, as a read-only view; raise DatasetError if it is not IDX."""
    if len(data) < 4 or data[:3] != bytes([0, 0, UNSIGNED_BYTE]):  # noqa: PLR2004 - magic number
        found = data[:4].hex(" ") or "nothing"
        raise DatasetError(f"not an IDX file: expected it to begin with 00 00 08, got {found}.")
    dimensions = data[3]
    header = 4 + 4 * dimensions
    if dimensions == 0 or len(data) < header:
        raise DatasetError(
            f"the IDX header is cut short: expected {header} bytes, got {len(data)}."
        )
    shape = struct.unpack(f">{dimensions}I", data[4:header])
    expected = header + math.prod(shape)
    if len(data) != expected:
        size = " x ".join(map(str, shape))
        raise DatasetError(f"an IDX file of {size} has {expected} bytes, got {len(data)}.")
    try:
        return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
    except ValueError as error:  # more dimensions than NumPy has, or an empty array's are too large
        raise DatasetError(f"an IDX file with a shape that no array has: {error}.") from error


def parse_labels(data: bytes) -> NDArray[np.uint8]:
    """Return the labels (n,) in `data`; of QMNIST's rows of integers, the first; raise DatasetError."""
    if data[:4] != INTEGERS:
        return parse(data)
    rows, columns = struct.unpack(">2I", data[4:12].ljust(8, b"\0"))
    if len(data) != 12 + 4 * rows * columns or not columns:
        raise DatasetError(f"an IDX file of {rows} x {columns} integers has {len(data)} bytes.")
    table = np.frombuffer(data, ">i4", offset=12).reshape(rows, columns)
    return table[:, 0].astype(np.uint8)


def header(shape: tuple[int, ...]) -> bytes:
    """Return the IDX header of a uint8 array of this shape."""
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, UNSIGNED_BYTE, len(shape), *shape)
