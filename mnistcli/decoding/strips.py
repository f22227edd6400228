"""A picture too large to be held whole -> its pixels, strip by strip.

Pillow decodes all of a picture at once, into four bytes for each coloured pixel. Rows that lie in
the file as they are (BMP, PPM, TIFF), and the rows of a PNG, can be handed to its decoders a few
at a time; what comes out is the same.
"""

import struct
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any

from PIL import Image
from PIL.ImageFile import ImageFile

#: Pixels of a strip, unless its picture is very wide.
PIXELS = 1 << 20

#: Bytes a pixel in the file, by Pillow's name for their order. Fewer (palettes, grey levels) are
#: not here: Pillow takes no more for them than the file.
RAW_BYTES = {"RGB": 3, "BGR": 3, "RGBA": 4, "RGBX": 4, "BGRA": 4, "BGRX": 4, "CMYK": 4,
             "RGB;16L": 6, "RGB;16B": 6}  # fmt: skip

#: PNG (W3C, 2003), 11.2.2: bytes a pixel of each colour type at this bit depth, less palettes and
#: grey levels.
PNG_BYTES = {2: 3, 4: 2, 6: 4}
PNG_DEPTH = 8
PNG_SIGNATURE = 8  # bytes
PNG_HEADER = struct.Struct(">16xIIBBBBB")  # behind the signature, and IHDR's size and name
PNG_CHUNK = struct.Struct(">I4s")
PNG_SUM = 4  # bytes behind a chunk

#: Packed bytes that are unpacked at once: zlib copies what it leaves over.
PIECE = 1 << 16

#: TIFF 6.0: PlanarConfiguration, and its value where each colour has a plane of its own.
TIFF_PLANAR, PLANES = 284, 2


def pixels(size: tuple[int, int], factor: int) -> int:
    """Return the pixels of one strip of a picture of this size."""
    return size[0] * next(_heights(size, factor), 0)


def cropped(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """Yield the strips of a loaded picture, their heights multiples of `factor` but the last's."""
    top = 0
    for height in _heights(image.size, factor):
        if height == image.height:
            yield image
            return
        yield image.crop((0, top, image.width, top + height))
        top += height


def can_be_cut(image: ImageFile, data: bytes) -> bool:
    """Tell from the picture's header alone whether `cut` can read it."""
    if image.format == "PNG":
        _, _, depth, colour, _, _, interlaced = PNG_HEADER.unpack_from(data)
        return depth == PNG_DEPTH and colour in PNG_BYTES and not interlaced
    if image.format == "TIFF" and image.tag_v2.get(TIFF_PLANAR) == PLANES:  # type: ignore[attr-defined]
        return False
    tiles = _tiles(image)
    width = tiles[-1][1][2] if tiles else 0
    return bool(tiles) and all(
        codec == "raw" and _layout(args)[0] in RAW_BYTES and left == 0 and right == width
        for codec, (left, _, right, _), _, args in tiles
    )


def cut(image: ImageFile, data: bytes, factor: int) -> Iterator[Image.Image]:
    """Yield the strips of a picture that is not loaded, in the order of the file's rows.

    Raises what Pillow and zlib raise on damaged files.
    """
    strips = _png_strips if image.format == "PNG" else _raw_strips
    for strip in strips(image, data, list(_heights(_size(image), factor))):
        strip.info = image.info  # a transparent colour is noted there
        yield strip


def _tiles(image: ImageFile) -> list[tuple[str, tuple[int, int, int, int], int, Any]]:
    """Return Pillow's plan for decoding: codec; left, top, right, bottom; offset; arguments."""
    tiles: Any = image.tile
    return list(tiles)


def _size(image: ImageFile) -> tuple[int, int]:
    """Return width and height as they are in the file, however the camera was held."""
    _, (_, _, width, height), _, _ = _tiles(image)[-1]
    return width, height


def _heights(size: tuple[int, int], factor: int) -> Iterator[int]:
    """Yield the height of each strip."""
    rows = max(1, PIXELS // (size[0] * factor)) * factor
    return (min(rows, size[1] - top) for top in range(0, size[1], rows))


def _layout(args: Any) -> tuple[str, int, int]:
    """Return how a raw tile lies: order of its bytes, bytes from row to row, 1 or -1 (upwards)."""
    rawmode, stride, step = args if isinstance(args, tuple) else (args, 0, 1)
    return rawmode, stride, step


def _raw_strips(image: ImageFile, data: bytes, heights: list[int]) -> Iterator[Image.Image]:
    """Yield strips of rows that lie in the file as they are; each tile holds some of them."""
    tiles = deque(_tiles(image))
    width, top = tiles[0][1][2], 0
    for height in heights:
        bottom = top + height
        strip = Image.new(image.mode, (width, height))
        while tiles and tiles[0][1][1] < bottom:
            _, (_, upper, _, lower), offset, args = tiles[0]
            order, stride, step = _layout(args)
            stride = stride or width * RAW_BYTES[order]
            first, last = max(top, upper), min(bottom, lower)
            start = offset + stride * (first - upper if step > 0 else lower - last)
            rows = data[start : start + stride * (last - first)]
            piece = Image.frombytes(
                image.mode, (width, last - first), rows, "raw", order, stride, step
            )
            strip.paste(piece, (0, first - top))
            if lower > bottom:
                break
            tiles.popleft()
        yield strip
        top = bottom


def _png_strips(image: ImageFile, data: bytes, heights: list[int]) -> Iterator[Image.Image]:
    """Yield strips of a PNG's rows, each decoded below the row that its first one depends on."""
    _, _, _, colour, *_ = PNG_HEADER.unpack_from(data)
    stride = 1 + image.width * PNG_BYTES[colour]  # the number of the row's filter is before it
    above = b""
    portions = _unpacked(data, [height * stride for height in heights])
    for height, rows in zip(heights, portions, strict=True):
        size = (image.width, (len(above) + len(rows)) // stride)
        packed = zlib.compress(above + rows, level=0)
        strip = Image.frombytes(image.mode, size, packed, "zip", _tiles(image)[0][3], False)
        yield strip.crop((0, size[1] - height, *size))
        above = b"\0" + strip.crop((0, size[1] - 1, *size)).tobytes()  # 0: not filtered


def _unpacked(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Yield a PNG's packed bytes, unpacked, in portions of these sizes."""
    pieces = _png_pieces(data)
    inflater = zlib.decompressobj()
    for size in sizes:
        portion = bytearray()
        while len(portion) < size:
            piece = inflater.unconsumed_tail or next(pieces, b"")
            more = inflater.decompress(piece, size - len(portion))
            portion += more
            if len(portion) < size and (inflater.eof or not (piece or more)):
                raise EOFError("image file is truncated")
        yield bytes(portion)


def _png_pieces(data: bytes) -> Iterator[bytes]:
    """Yield what the IDAT chunks of a PNG hold, a little at a time."""
    at, kind, ended = PNG_SIGNATURE, b"", False
    while not ended:
        before = kind
        size, kind = PNG_CHUNK.unpack_from(data, at)
        at += PNG_CHUNK.size
        if kind == b"IDAT":
            for start in range(at, at + size, PIECE):
                yield data[start : min(start + PIECE, at + size)]
        ended = before == b"IDAT" != kind
        at += size + PNG_SUM
