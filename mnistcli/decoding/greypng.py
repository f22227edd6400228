"""The simplest PNG, grey with nothing beside its pixels, decoded without Pillow's plugin.

Images of MNIST come as thousands of such files, of which each takes the plugin, made for all that a
PNG may hold, three times as long. What is not exactly of this form is left to it.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Signature and name of the header; width, height; bits, colour, compression, filter and interlace
#: method; a checksum. Then, as the only other chunk but the end, length and name of the pixels.
HEADER = struct.Struct(">16s II5sI I4s")
FIRST, GREY, PIXELS = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\x08\0\0\0\0", b"IDAT"
LAST = b"\0\0\0\0IEND\xaeB`\x82"


def decode(data: bytes, largest: int) -> NDArray[np.uint8] | None:
    """Return the light (h, w) of a whole PNG of that form, with sides up to `largest`, else None."""
    if not HEADER.size < len(data) < largest**2:  # a small file: of a large one, no copy is made
        return None
    first, width, height, kind, checksum, length, name = HEADER.unpack_from(data)
    end = HEADER.size + length
    if (first, kind, name, data[end + 4 :]) != (FIRST, GREY, PIXELS, LAST):
        return None
    if min(width, height) == 0 or max(width, height) > largest:
        return None
    checksums = checksum, *struct.unpack_from(">I", data, end)
    names_and_bodies = data[12:29], data[HEADER.size - len(name) : end]
    if tuple(map(zlib.crc32, names_and_bodies)) != checksums:
        return None
    try:
        return np.array(Image.frombytes("L", (width, height), data[HEADER.size : end], "zip", "L"))
    except ValueError:  # too few pixels, or none that can be unpacked
        return None
