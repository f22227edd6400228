"""greypng: the simplest PNG, read as Pillow's plugin reads it; everything else is left to that."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from common.pens import file, ink, on
from PIL import Image, PngImagePlugin

from mnistcli.decoding import greypng
from mnistcli.decoding.decode import WORKING_SIDE, decode_sized

PICTURE = on(255, ink(5, size=(60, 50), pen=4))
NOISE = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
PLAIN = file(PICTURE, "PNG")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, pixels, *, bits=8, colour=0, interlace=0, more=b""):
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    chunks = chunk(b"IHDR", header) + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def rows(width, height):
    return zlib.compress((b"\0" + b"\x80" * width) * height)


def saved(image, **options):
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


def written_by_opencv(image):
    return cv2.imencode(".png", image)[1].tobytes()


@pytest.mark.parametrize("write", [lambda image: file(image, "PNG"), written_by_opencv])
@pytest.mark.parametrize(
    "image",
    [PICTURE, NOISE, NOISE[:1], NOISE[:, :1], NOISE[:1, :1], np.zeros((28, 28), np.uint8)],
    ids=["ink", "noise", "a row", "a column", "a pixel", "black"],
)
def test_it_reads_every_pixel(write, image):
    found = greypng.decode(write(image), WORKING_SIDE)
    assert found is not None
    assert np.array_equal(found, image)
    assert found.flags.writeable


FILTERED = {
    f"filter {kind}": zlib.compress(b"".join(bytes([kind]) + row.tobytes() for row in NOISE))
    for kind in range(5)
}


@pytest.mark.parametrize(
    "pixels",
    [*FILTERED.values(), rows(28, 27), rows(28, 29), rows(28, 28)[:-4]],
    ids=[*FILTERED, "a row less", "a row more", "no checksum"],
)
def test_it_reads_what_the_plugin_reads(pixels):
    data = png(28, 28, pixels)
    plugin = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(greypng.decode(data, WORKING_SIDE), plugin)


GREY = Image.fromarray(PICTURE)
INFO = PngImagePlugin.PngInfo()
INFO.add_text("Title", "a five")
TURNED = Image.Exif()
TURNED[0x0112] = 6

OTHERS = {
    "colours": saved(GREY.convert("RGB")),
    "a palette": saved(GREY.convert("P")),
    "alpha": saved(GREY.convert("LA")),
    "one bit": saved(GREY.convert("1")),
    "sixteen bits": saved(GREY.convert("I;16")),
    "a transparent grey": saved(GREY, transparency=255),
    "turned": saved(GREY, exif=TURNED),
    "text": saved(GREY, pnginfo=INFO),
    "a resolution": saved(GREY, dpi=(300, 300)),
    "interlaced": png(8, 8, rows(8, 8), interlace=1),
    "pixels in two chunks": png(4, 4, rows(4, 4), more=chunk(b"IDAT", b"")),
    "too wide": png(WORKING_SIDE + 1, 1, rows(WORKING_SIDE + 1, 1)),
    "too high": png(1, WORKING_SIDE + 1, rows(1, WORKING_SIDE + 1)),
    "a large file": png(4, 4, rows(4, 4) + bytes(WORKING_SIDE**2)),
    "no width": png(0, 4, rows(0, 4)),
    "no pixels": png(4, 4, b""),
    "not packed": png(4, 4, b"none of it" * 9),
    "another checksum of the header": PLAIN[:29] + bytes([PLAIN[29] ^ 1]) + PLAIN[30:],
    "another checksum of the pixels": PLAIN[:-13] + bytes([PLAIN[-13] ^ 1]) + PLAIN[-12:],
    "something behind the end": PLAIN + b"\0",
    "no end": PLAIN[:-12],
    "nothing": b"",
    "half of it": PLAIN[: len(PLAIN) // 2],
    "a length beyond the end": PLAIN[:33] + b"\xff" * 4 + PLAIN[37:],
    "the header alone": PLAIN[:41],
    "another format": file(PICTURE, "BMP"),
}


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_what_is_not_of_this_form_is_left_to_pillow(data):
    assert greypng.decode(data, WORKING_SIDE) is None


def test_sides_up_to_the_largest_are_read():
    assert decode_sized(png(WORKING_SIDE, 1, rows(WORKING_SIDE, 1)))[1] == (WORKING_SIDE, 1)
    assert greypng.decode(png(1, WORKING_SIDE, rows(1, WORKING_SIDE)), WORKING_SIDE) is not None


def test_any_damage_is_left_to_pillow():
    damaged = [PLAIN[:k] + bytes([PLAIN[k] ^ 1]) + PLAIN[k + 1 :] for k in range(len(PLAIN))]
    assert [data for data in damaged if greypng.decode(data, WORKING_SIDE) is not None] == []
