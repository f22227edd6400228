"""decode: bytes of a picture -> light, and nothing but PictureError for what is no picture."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from common.pens import file, ink, on
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mnistcli.decoding import decode as decoding
from mnistcli.decoding.decode import WORKING_SIDE, decode, decode_sized
from mnistcli.errors import PictureError

PICTURE = on(255, ink(5, size=(60, 50), pen=4))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int) -> bytes:
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", size)


def claimed_png(width: int, height: int) -> bytes:
    nothing = png_chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return png_header(width, height) + nothing + png_chunk(b"IEND", b"")


def near(one: np.ndarray, other: np.ndarray, *, within: int) -> bool:
    return bool(np.abs(one.astype(int) - other.astype(int)).mean() <= within)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_reads_lossless_formats_exactly(kind):
    assert np.array_equal(decode(file(PICTURE, kind)), PICTURE)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("GIF", {}), ("WEBP", {}), ("AVIF", {}),
     ("MPO", {"save_all": True}), ("TIFF", {"compression": "jpeg"})],
)  # fmt: skip
def test_reads_other_formats_nearly(kind, options):
    light = decode(saved(Image.fromarray(PICTURE), kind, **options))
    grey = light if light.ndim == 2 else light.mean(axis=2)
    assert near(grey, PICTURE, within=4)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_reads_every_mode(mode):
    image = Image.fromarray(PICTURE)
    if mode in ("I;16", "I"):
        image = Image.fromarray((PICTURE.astype(np.int32) * 257).astype(np.uint16))
    elif mode == "F":
        image = Image.fromarray(PICTURE.astype(np.float32) / 255)
    image = image.convert(mode)
    light = decode(saved(image, "TIFF" if mode in ("CMYK", "I", "F") else "PNG"))
    assert near(light, PICTURE, within=2 if mode != "1" else 12)


def test_a_lab_tiff_gives_its_lightness():
    image = Image.merge("LAB", [Image.fromarray(PICTURE)] + [Image.new("L", (50, 60), 128)] * 2)
    assert near(decode(saved(image, "TIFF")), PICTURE, within=2)


def test_the_first_frame_of_an_animation_is_read():
    frames = [Image.fromarray(PICTURE), Image.new("L", (50, 60), 0)]
    assert near(decode(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])),
                PICTURE, within=4)  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_picture_upright(orientation):
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    stored = Image.fromarray(PICTURE)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(decode(saved(stored, "PNG", exif=exif)), PICTURE)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {})],
)
def test_the_size_is_that_of_the_upright_picture_in_full(kind, options, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(PICTURE).resize((1000, 1500))
    light, size = decode_sized(saved(stored, kind, exif=exif, **options))
    assert size == ((1000, 1500) if orientation in (1, 3) else (1500, 1000))
    assert size[0] / size[1] == pytest.approx(light.shape[1] / light.shape[0], rel=0.02)


def test_a_damaged_exif_block_is_ignored():
    data = saved(Image.fromarray(PICTURE), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff nonsense")
    assert decode(data).shape == PICTURE.shape


@pytest.mark.parametrize("ink_colour", [0, 255])
def test_a_digit_in_the_alpha_channel_alone_contrasts_with_its_ground(ink_colour):
    alpha = 255 - PICTURE
    colour = np.full_like(alpha, ink_colour)
    light = decode(file(np.dstack([colour, colour, colour, alpha])))
    assert near(light, PICTURE if ink_colour == 0 else 255 - PICTURE, within=0)


def test_a_transparent_margin_becomes_paper():
    alpha = np.zeros((60, 50), np.uint8)
    alpha[8:-8, 5:-5] = 255
    light = decode(file(np.dstack([PICTURE, PICTURE, PICTURE, alpha])))
    assert (light[:8] == 255).all()


def test_a_fully_transparent_picture_is_blank():
    assert np.ptp(decode(file(np.zeros((20, 20, 4), np.uint8)))) == 0


def test_colours_that_are_all_grey_give_one_plane():
    assert decode(file(np.dstack([PICTURE] * 3))).shape == PICTURE.shape


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_picture_comes_within_the_working_side(kind):
    light = decode(file(np.full((1500, 3000), 200, np.uint8), kind))
    assert light.shape == (WORKING_SIDE / 2, WORKING_SIDE)
    assert (light == 200).all()


def test_reducing_averages_so_that_a_hairline_stays_visible():
    wide = np.full((2000, 2000), 255, np.uint8)
    wide[:, 1000] = 0
    assert decode(file(wide)).min() <= 255 * (1 - 1 / 5)


def test_one_row_of_ten_thousand_pixels_is_read():
    assert decode(file(np.zeros((1, 10_000), np.uint8))).shape[0] == 1


@pytest.mark.parametrize("data", [b"", b"hello, world", b"%PDF-1.4", b"%!PS-Adobe-3.0 EPSF-3.0",
                                  b"<svg xmlns='http://www.w3.org/2000/svg'/>"])  # fmt: skip
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureError, match="expected"):
        decode(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM"])
@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_file_is_refused_or_read_whole(kind, tenths):
    data = file(np.tile(PICTURE, (3, 3)), kind)
    try:
        light = decode(data[: len(data) * tenths // 10])
    except PictureError:
        return
    assert light.shape[:2] == (180, 150)


@pytest.mark.parametrize("size", [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (200_000, 10_000)])
def test_a_decompression_bomb_is_refused_in_a_line(size):
    with pytest.raises(PictureError, match=r"too large|damaged") as refusal:
        decode(claimed_png(*size))
    assert "\n" not in str(refusal.value)


def test_a_gif_whose_frame_claims_four_billion_pixels_is_refused():
    data = bytearray(saved(Image.fromarray(PICTURE), "GIF"))
    frame = data.index(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(PictureError, match=r"too large|damaged"):
        decode(bytes(data))


def test_a_progressive_jpeg_of_endless_scans_is_refused(monkeypatch):
    data = saved(Image.fromarray(PICTURE), "JPEG", progressive=True)
    monkeypatch.setattr(decoding, "MAX_SCANNED_PIXELS", 5 * PICTURE.size)
    with pytest.raises(PictureError, match="too large"):
        decode(data)


def test_coefficients_of_a_progressive_jpeg_count_towards_its_memory(monkeypatch):
    large = Image.new("RGB", (3000, 2000), "white")
    monkeypatch.setattr(decoding.strips, "PIXELS", 3000)
    monkeypatch.setattr(decoding, "MAX_BYTES", 3000 * 2000)
    assert decode(saved(large, "JPEG")).max() == 255
    with pytest.raises(PictureError, match="too large"):
        decode(saved(large, "JPEG", progressive=True))


def test_a_huge_text_chunk_is_refused_or_skipped():
    whole = file(PICTURE)
    bomb = png_chunk(b"zTXt", b"key\0\0" + zlib.compress(b"a" * 50_000_000))
    data = whole[:33] + bomb + whole[33:]
    with pytest.raises(PictureError, match="damaged"):
        decode(data)


def test_a_cyclic_tiff_directory_ends():
    data = bytearray(file(PICTURE, "TIFF"))
    start = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[start : start + 2])[0]
    link = start + 2 + 12 * count
    data[link : link + 4] = struct.pack("<I", start)
    assert np.array_equal(decode(bytes(data)), PICTURE)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate"])
def test_pillow_and_libtiff_say_nothing_on_stderr(compression):
    data = saved(Image.fromarray(PICTURE), "TIFF", compression=compression)
    code = (
        "import sys; from mnistcli.decoding.decode import decode; from mnistcli.errors import PictureError\n"
        "data = sys.stdin.buffer.read()\n"
        "for cut in range(0, len(data), 7):\n"
        "    for changed in (data[:cut], data[:cut] + b'\\xff\\xff' + data[cut + 2:]):\n"
        "        try: decode(changed)\n"
        "        except PictureError: pass\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], input=data, capture_output=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == b""


@pytest.mark.parametrize(("kind", "plugins"), [("GIF", [b"PIL.GifImagePlugin"]), ("PNG", [])])
def test_only_the_plugin_that_is_needed_gets_imported(kind, plugins):
    code = (
        "import sys; from mnistcli.decoding.decode import decode; decode(sys.stdin.buffer.read())\n"
        "print(*sorted(m for m in sys.modules if m.startswith('PIL') and 'Plugin' in m))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=file(PICTURE, kind), capture_output=True, check=True
    )
    assert run.stdout.split() == plugins


SEEDS = [
    *(file(PICTURE, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")),
    saved(Image.fromarray(PICTURE), "JPEG", progressive=True),
    saved(Image.fromarray(PICTURE), "TIFF", compression="tiff_deflate"),
    saved(Image.fromarray(PICTURE).convert("P"), "PNG"),
]


@settings(deadline=None)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)),
                     max_size=8),
    cut=st.floats(0.2, 1),
)  # fmt: skip
def test_whatever_the_bytes_only_picture_error_comes_out(seed, changes, cut):
    data = bytearray(seed)
    for place, piece in changes:
        start = int(place * len(data))
        data[start : start + len(piece)] = piece
    try:
        light = decode(bytes(data[: int(cut * len(data))]))
    except PictureError:
        return
    assert light.dtype == np.uint8
    assert light.ndim in (2, 3)
