"""Pictures made to take memory: the whole process stays under 500 MB, whatever it reads."""

import struct
from pathlib import Path

import pytest
from pictures import ORIENTATION, bomb, chunk, claimed_bmp, claimed_heic, claimed_png, saved, seven
from PIL import Image
from processes import run

MEGABYTES, OF_A_PHONE = 500, 250
WIDTH, HEIGHT = 12_000, 9_000
UPRIGHT, TURNED = 1, 6


def png(width, height):
    """A PNG of black pixels, small however large they are."""
    return claimed_png(width, height)[:33] + chunk(b"IDAT", bomb()) + chunk(b"IEND", b"")


def progressive():
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    return saved(image, "JPEG", progressive=True, subsampling="4:2:0")


def run_length_bmp(side):
    """A BMP of 3 MB, whose rows are runs of 255 pixels."""
    row = b"\xff\1" * (side // 255) + bytes([side % 255, 1, 0, 0])
    header = bytearray(claimed_bmp(side, side) + b"\0\0\0\0\xff\xff\xff\0")
    struct.pack_into("<IHHI", header, 2, 0, 0, 0, len(header))
    struct.pack_into("<HI", header, 28, 8, 1)  # bits a pixel, RLE8
    struct.pack_into("<I", header, 46, 2)  # colours
    return bytes(header) + row * side + b"\0\1"


def turned_tiff():
    """A TIFF of 400 kB that Pillow turns by making a copy."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    return saved(Image.new("RGB", (10_000, HEIGHT)), "TIFF", exif=exif, compression="tiff_deflate")


LARGEST = {  # read, and found to be blank
    "BMP": lambda: claimed_bmp(WIDTH, HEIGHT) + bytes(3 * WIDTH * HEIGHT),
    "8,000 x 8,000 BMP": lambda: claimed_bmp(8000, 8000) + bytes(3 * 8000**2),
    "PNG": lambda: png(WIDTH, HEIGHT),
    "PPM": lambda: b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + bytes(3 * WIDTH * HEIGHT),
    "TIFF": lambda: saved(Image.new("RGB", (WIDTH, HEIGHT)), "TIFF"),
    "JPEG": lambda: saved(Image.new("RGB", (WIDTH, HEIGHT)), "JPEG"),
    "progressive JPEG": progressive,
    "PNG, tall": lambda: png(1, 80_000_000),
}

GREEDY = {  # each took more than 500 MB once
    "BMP, 361 million pixels in runs": lambda: run_length_bmp(19_000),
    "PBM as text": lambda: b"P1 13000 13000\n" + b"0" * 13_000**2,
    "TIFF, turned": turned_tiff,
    "PNG, wide": lambda: png(80_000_000, 1),
    "HEIC": lambda: claimed_heic(WIDTH, HEIGHT),
    "PNG, 200,000 wide": lambda: png(200_000, 400),
}


def read(make, runs_dir, tmp_path):
    """Predict a small picture, after which all modules are loaded, then this one."""
    (tmp_path / "small").write_bytes(saved(seven(), "PNG"))
    (tmp_path / "large").write_bytes(make())
    arguments = ["predict", "--runs-dir", runs_dir, "small", "large"]
    return run(tmp_path, tmp_path / "stream", arguments)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.long if "tall" in kind else ()) for kind in LARGEST],
)
def test_the_largest_pictures_are_read_in_less_than_500_mb(runs_dir, tmp_path, kind):
    ended = read(LARGEST[kind], runs_dir, tmp_path)
    assert ended.lines[0].startswith("large: no digit found")
    assert ended.peak < MEGABYTES


def test_a_phone_s_largest_heic_is_read_in_less_than_500_mb(runs_dir, tmp_path):
    path = Path(__file__).parent / "files" / "48-megapixels.heic"
    ended = read(path.read_bytes, runs_dir, tmp_path)
    assert (ended.code, ended.err) == (0, b"")
    assert ended.peak < MEGABYTES


@pytest.mark.parametrize("kind", GREEDY)
def test_what_would_take_more_is_refused_in_a_line(runs_dir, tmp_path, kind):
    ended = read(GREEDY[kind], runs_dir, tmp_path)
    assert ended.lines[0].startswith("large: the picture is too large")
    assert ended.peak < MEGABYTES


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
def test_a_phone_s_picture_takes_less_than_250_mb(runs_dir, tmp_path, kind):
    picture = seven().resize((4032, 3024)).convert("RGB")
    ended = read(lambda: saved(picture, kind), runs_dir, tmp_path)
    assert (ended.code, ended.err) == (0, b"")
    assert ended.peak < OF_A_PHONE
