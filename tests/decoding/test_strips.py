"""Strips of a picture that is too large to be held whole: the same pixels, or PictureError."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile
from test_decode import png_chunk, saved

from mnistcli.decoding import decode as decoding
from mnistcli.decoding import strips
from mnistcli.decoding.decode import decode
from mnistcli.errors import PictureError

WIDTH, HEIGHT = 700, 901  # reduced by 2, with a row and a strip left over
NOISE = np.random.default_rng(6).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
COLOUR = Image.fromarray(NOISE[..., :3])
STRIPS = 200_000  # bytes, for a strip of a picture this wide


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def in_small_chunks(png):
    """The PNG with its IDAT in many chunks, some of them empty."""
    at = png.index(b"IDAT") - 4
    (size,) = struct.unpack_from(">I", png, at)
    body, rest = png[at + 8 : at + 8 + size], png[at + 12 + size :]
    pieces = (body[start : start + 70_001] for start in range(0, size, 70_001))
    return png[:at] + b"".join(png_chunk(b"IDAT", p) + png_chunk(b"IDAT", b"") for p in pieces) + rest  # fmt: skip


def top_down(bmp):
    """The BMP whose rows are said to come from the top."""
    return bmp[:22] + struct.pack("<i", -HEIGHT) + bmp[26:]


PICTURES = {
    "PNG": saved(COLOUR, "PNG", compress_level=1),
    "PNG, smooth": saved(COLOUR.resize((40, 40)).resize(COLOUR.size), "PNG"),
    "PNG, RGBA": saved(Image.fromarray(NOISE), "PNG", compress_level=1),
    "PNG, LA": saved(Image.fromarray(NOISE).convert("LA"), "PNG", compress_level=1),
    "PNG, one colour transparent": saved(
        COLOUR, "PNG", transparency=COLOUR.getpixel((9, 9)), compress_level=1
    ),
    "PNG, turned": saved(COLOUR, "PNG", exif=turned(6), compress_level=1),
    "PNG, many chunks": in_small_chunks(saved(COLOUR, "PNG", compress_level=1)),
    "BMP": saved(COLOUR, "BMP"),
    "BMP, top-down": top_down(saved(COLOUR, "BMP")),
    "BMP, 32 bits": saved(Image.fromarray(NOISE), "BMP"),
    "PPM": saved(COLOUR, "PPM"),
    "TIFF": saved(COLOUR, "TIFF"),
    "TIFF, strips": saved(COLOUR, "TIFF", tiffinfo={278: 7}),
    "TIFF, RGBA": saved(Image.fromarray(NOISE), "TIFF"),
    "TIFF, CMYK": saved(COLOUR.convert("CMYK"), "TIFF"),
    # Pillow turns a TIFF before it is reduced: an odd row would come into other blocks.
    "TIFF, turned": saved(COLOUR.crop((0, 0, WIDTH, HEIGHT - 1)), "TIFF", exif=turned(6)),
}


@pytest.fixture
def cut(monkeypatch):
    """Decode with memory for little more than the file, and without decoding the whole."""

    def loaded(image):
        raise AssertionError("loaded as a whole")

    def decode_cut(data):
        monkeypatch.setattr(strips, "PIXELS", 3000)
        monkeypatch.setattr(decoding, "MAX_BYTES", len(data) + STRIPS)
        monkeypatch.setattr(ImageFile.ImageFile, "load", loaded)
        return decode(data)

    return decode_cut


@pytest.mark.parametrize("kind", PICTURES)
def test_what_is_cut_is_the_same_as_the_whole(cut, kind):
    whole = decode(PICTURES[kind])
    assert np.array_equal(cut(PICTURES[kind]), whole)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "PPM", "TIFF"])
@pytest.mark.parametrize("tenths", range(1, 10))
def test_what_is_cut_short_is_refused(cut, kind, tenths):
    data = PICTURES[kind]
    with pytest.raises(PictureError, match="damaged"):
        cut(data[: len(data) * tenths // 10])


def test_pixels_that_inflate_to_less_than_the_header_claims_are_refused(cut):
    header = PICTURES["PNG"][:33]
    rows = png_chunk(b"IDAT", zlib.compress(bytes((1 + 3 * WIDTH) * (HEIGHT - 1))))
    with pytest.raises(PictureError, match="truncated"):
        cut(header + rows + png_chunk(b"IEND", b""))


def test_a_row_of_an_unknown_filter_is_refused(cut):
    header = PICTURES["PNG"][:33]
    rows = png_chunk(b"IDAT", zlib.compress(b"\x09" * ((1 + 3 * WIDTH) * HEIGHT)))
    with pytest.raises(PictureError, match="damaged"):
        cut(header + rows + png_chunk(b"IEND", b""))


@pytest.mark.parametrize(
    "options", [{"kind": "TIFF", "compression": "tiff_lzw"}, {"kind": "WEBP"}, {"kind": "GIF"}]
)
def test_what_cannot_be_cut_is_refused_as_too_large(cut, options):
    with pytest.raises(PictureError, match="too large"):
        cut(saved(COLOUR, **options))


def test_more_pixels_than_the_largest_picture_has_are_not_cut(cut, monkeypatch):
    monkeypatch.setattr(decoding, "LARGEST", WIDTH * HEIGHT - 1)
    with pytest.raises(PictureError, match="too large"):
        cut(PICTURES["PNG"])
