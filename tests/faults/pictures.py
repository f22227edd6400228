"""Files of pictures, made by code: whole, odd, damaged and malicious."""

import functools
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FILES = Path(__file__).parents[1] / "decoding" / "files"
SIDE = 60
BOMB = 600_000_000  # bytes of zeros, more than a process may take; 600 kB compressed
ORIENTATION = 0x0112


@functools.cache
def seven() -> Image.Image:
    """A digit, black on white."""
    image = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(image).line([(14, 12), (45, 12), (25, 50)], fill=0, width=5, joint="curve")
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.copy().save(stream, kind, **options)  # Pillow keeps an encoder's options in the image
    return stream.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A whole PNG with one more chunk behind its header."""
    whole = saved(seven(), "PNG")
    return whole[:33] + chunk(kind, body) + whole[33:]


@functools.cache
def bomb() -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(10_000_000)
    return b"".join(packer.compress(block) for _ in range(BOMB // len(block))) + packer.flush()


def claimed_png(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def claimed_bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def claimed_gif(width: int, height: int) -> bytes:
    size = struct.pack("<HH", width, height)
    pixels = b"," + bytes(4) + size + b"\0\x02\x02\x4c\x01\0;"
    return b"GIF89a" + size + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + pixels


def claimed_jpeg(width: int, height: int) -> bytes:
    data = bytearray(saved(seven(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(tags: list[tuple[int, int, int, int]], *, after: int = 0) -> bytes:
    """A little-endian TIFF of one directory: (tag, type, count, value), the next one's offset."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", after)


def claimed_tiff(width: int, height: int, compression: int = 1) -> bytes:
    sizes = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression)]
    strips = [(262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 100)]
    return tiff(sizes + strips) + bytes(500)


def cyclic_tiff() -> bytes:
    """A whole TIFF whose only directory is followed by itself."""
    data = bytearray(saved(seven(), "TIFF"))
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    return bytes(data)


def tiff_with_itself_as_exif() -> bytes:
    """A TIFF whose Exif directory is its own directory."""
    sizes = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    return tiff([*sizes, (273, 4, 1, 0), (278, 4, 1, 8), (279, 4, 1, 64), (0x8769, 4, 1, 8)])


MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I",
         "I;16", "F")  # fmt: skip


def in_mode(mode: str) -> Image.Image:
    """The digit in a mode of Pillow's; HSV's planes as RGB, as no file has a name for HSV."""
    image = seven()
    match mode:
        case "I;16":
            return Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        case "I":
            return Image.fromarray(np.asarray(image).astype(np.int32) * 257)
        case "F":
            return Image.fromarray(np.asarray(image).astype(np.float32) / 255)
        case "LAB":
            return Image.merge("LAB", [image] + [Image.new("L", image.size, 128)] * 2)
        case "PA":
            image = image.convert("P")
        case "HSV":
            return Image.merge("RGB", image.convert("RGB").convert("HSV").split())
        case "YCbCr" | "RGBX" | "CMYK":
            image = image.convert("RGB")
    return image.convert(mode)


UNDONE = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
          4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
          6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
          8: Image.Transpose.ROTATE_270}  # fmt: skip


def oriented(orientation: int, kind: str = "PNG") -> bytes:
    """The digit as a camera held so stores it."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = seven()
    if orientation in UNDONE:
        stored = stored.transpose(UNDONE[orientation])
    return saved(stored, kind, exif=exif)


def heic() -> bytes:
    """A digit as phones save it: made elsewhere, as nothing here writes HEIC."""
    return (FILES / "seven.heic").read_bytes()


def claimed_heic(width: int, height: int) -> bytes:
    data = bytearray(heic())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


def animated(kind: str, size: int = SIDE) -> bytes:
    """The digit, then two blank frames."""
    blank = [Image.new("L", (size, size), shade) for shade in (0, 255)]
    return saved(seven().resize((size, size)), kind, save_all=True, append_images=blank)
