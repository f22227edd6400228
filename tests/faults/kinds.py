"""The corpus: every kind of picture that nobody should have to read, and what must happen."""

import itertools
import os
import random
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from pictures import (
    MODES,
    animated,
    bomb,
    chunk,
    claimed_bmp,
    claimed_gif,
    claimed_jpeg,
    claimed_png,
    claimed_tiff,
    cyclic_tiff,
    heic,
    in_mode,
    oriented,
    saved,
    seven,
    tiff,
    tiff_with_itself_as_exif,
    with_chunk,
)
from PIL import Image

TRUNCATED = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM", "HEIC")
CLAIMED = 30_000
LARGEST = 8000  # pixels a side of a 24-bit BMP: 192 MB, and 256 MB decoded
READ, REFUSED, EITHER = "read", "refused", "read or refused"

Made = tuple[str, str, bytes, str]
"""Kind, name of the file, its bytes, what must happen."""


def a_file(kind: str) -> bytes:
    return heic() if kind == "HEIC" else saved(seven(), kind)


def whole() -> Iterator[Made]:
    for kind in TRUNCATED:
        yield f"whole {kind}", f"whole.{kind.lower()}", a_file(kind), READ
    progressive = saved(seven(), "JPEG", progressive=True)
    yield "progressive JPEG", "progressive.jpg", progressive, READ
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"):
        data = saved(seven(), "TIFF", compression=compression)
        yield f"TIFF, {compression}", f"{compression}.tif", data, READ
    fax = saved(seven().convert("1"), "TIFF", compression="group4")
    yield "TIFF, group4", "group4.tif", fax, READ
    for mode in MODES:
        kind = "PNG" if mode in ("1", "P", "RGBA") else "TIFF"
        name = f"mode-{mode.replace(';', '-')}.{kind.lower()}"
        yield f"mode {mode}", name, saved(in_mode(mode), kind), READ
    for orientation in range(1, 9):
        yield f"EXIF {orientation}", f"exif-{orientation}.png", oriented(orientation), READ
    for kind in ("GIF", "WEBP", "PNG", "MPO", "TIFF"):
        yield f"animated {kind}", f"animated.{kind.lower()}", animated(kind), READ


def no_pictures() -> Iterator[Made]:
    texts = {
        "empty": b"",
        "one byte": b"\x89",
        "text": b"seven\n",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M1 1L5 1L3 9"/></svg>',
        "PDF": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\nshowpage\n",
        "HTML": b"<!doctype html><title>Not found</title>",
        "ZIP": b"PK\x05\x06" + bytes(18),
        "escape codes": b"\x1b]0;title\x07\x1b[31m\n\r\t",
        "random bytes": random.Random(1).randbytes(2000),
    }
    for kind, data in texts.items():
        yield kind, f"{kind.replace(' ', '-')}.png", data, REFUSED
    for kind in TRUNCATED:
        head = a_file(kind)[:12]
        yield f"signature of {kind} alone", f"head.{kind.lower()}", head, REFUSED


def truncated() -> Iterator[Made]:
    for kind, tenths in itertools.product(TRUNCATED, range(1, 10)):
        data = a_file(kind)
        name = f"{tenths}-tenths.{kind.lower()}"
        yield f"{kind}, {tenths}/10", name, data[: len(data) * tenths // 10], EITHER


def misnamed() -> Iterator[Made]:
    yield "JPEG named .png", "jpeg.png", saved(seven(), "JPEG"), READ
    yield "PNG named .tif", "png.tif", saved(seven(), "PNG"), READ
    yield "GIF named .txt", "gif.txt", saved(seven(), "GIF"), READ
    yield "TIFF without extension", "tiff", saved(seven(), "TIFF"), READ
    names = {
        "spaces": " a  digit .png",
        "newlines": "two\nlines\r.png",
        "tab": "a\tb.png",
        "leading dash": "-7.png",
        "leading dashes": "--run",
        "emoji": "7\ufe0f\u20e3 \N{PARTY POPPER}.png",
        "not UTF-8": "7-\udcff\udc80.png",
        "backslash": "a\\nb.png",
        "escape code": "\x1b[2J\x9b31m.png",
        "markup": "[red]7.png",
        "line separator": "a\u2028b\x85c.png",
        "quotes": "\"'7'\".png",
        "longest": "7" * 251 + ".png",
        "hidden": ".png",
        "dots": "...png",
    }
    for kind, name in names.items():
        yield f"name: {kind}", name, saved(seven(), "PNG"), READ
        if kind not in ("hidden", "dots", "longest"):
            yield f"name of no picture: {kind}", f"{name}.bad", b"bad", REFUSED


def extreme() -> Iterator[Made]:
    for width, height in ((1, 1), (1, 10_000), (10_000, 1), (2, 2), (3, 3)):
        data = saved(Image.new("L", (width, height), 255), "PNG")
        yield f"{width:,} x {height:,}", f"{width}x{height}.png", data, REFUSED
    thin = np.full((10_000, 1), 255, np.uint8)
    thin[3000:6000] = 0
    yield "1 x 10,000 with ink", "thin.png", saved(Image.fromarray(thin), "PNG"), EITHER
    makers: dict[str, Callable[[int, int], bytes]] = {
        "png": claimed_png,
        "bmp": claimed_bmp,
        "tif": claimed_tiff,
        "gif": claimed_gif,
        "jpg": claimed_jpeg,
    }
    for suffix, make in makers.items():
        kind = f"{CLAIMED:,} x {CLAIMED:,} claimed, {suffix}"
        yield kind, f"claimed.{suffix}", make(CLAIMED, CLAIMED), REFUSED
        name = f"claimed-within.{suffix}"
        # libjpeg fills up with grey what is missing.
        must = EITHER if suffix == "jpg" else REFUSED
        yield f"10,000 x 10,000 claimed, {suffix}", name, make(10_000, 10_000), must
    yield "2^31 - 1 squared claimed", "most.png", claimed_png(2**31 - 1, 2**31 - 1), REFUSED
    yield "no pixels", "none.png", claimed_png(0, 0), REFUSED
    yield "BMP of negative width", "negative.bmp", claimed_bmp(-5, 5), REFUSED
    yield "BMP of least height", "upside.bmp", claimed_bmp(5, -(2**31)), REFUSED
    deflated = claimed_tiff(CLAIMED, CLAIMED, compression=8)
    yield "30,000 x 30,000 claimed, deflated TIFF", "claimed-deflated.tif", deflated, REFUSED


def malicious() -> Iterator[Made]:
    chunks = {
        "zTXt": b"key\0\0" + bomb(),
        "iTXt": b"key\0\1\0\0\0" + bomb(),
        "iCCP": b"profile\0\0" + bomb(),
    }
    for kind, body in chunks.items():
        yield f"PNG, {kind} bomb", f"{kind}.png", with_chunk(kind.encode(), body), EITHER
    long = with_chunk(b"tEXt", b"key\0" + b"a" * 5_000_000)
    yield "PNG, tEXt of 5 MB", "tEXt.png", long, EITHER
    many = chunk(b"tEXt", b"key\0" + b"a" * 20) * 50_000
    png = saved(seven(), "PNG")
    yield "PNG, 50,000 text chunks", "many.png", png[:33] + many + png[33:], EITHER
    yield "PNG, IDAT bomb", "idat.png", png[:33] + chunk(b"IDAT", bomb()) + png[-12:], EITHER
    yield "TIFF, cyclic directory", "cyclic.tif", cyclic_tiff(), READ
    yield "TIFF, its own Exif directory", "exif.tif", tiff_with_itself_as_exif(), EITHER
    yield "TIFF, directory without end", "endless.tif", b"II*\0\x08\0\0\0\xff\xff", REFUSED
    yield "TIFF, a tag of 4 G values", "tag.tif", tiff([(256, 4, 2**32 - 1, 8)]), REFUSED
    jpeg = saved(seven(), "JPEG", progressive=True)
    scans = jpeg[:-2] + jpeg[jpeg.rindex(b"\xff\xda") : -2] * 2000 + jpeg[-2:]
    yield "JPEG of 2,000 scans", "scans.jpg", scans, EITHER


def files() -> list[Made]:
    """Every kind of picture that is a regular file of bytes."""
    makers = (whole, no_pictures, truncated, misnamed, extreme, malicious)
    return [made for maker in makers for made in maker()]


Placed = tuple[str, str, str]
"""Kind, path below the folder, what must happen."""


def lay_out(folder: Path) -> list[Placed]:
    """Fill a folder with every kind of picture, and return what it holds."""
    placed = []
    for kind, name, data, must in files():
        (folder / name).write_bytes(data)
        placed.append((kind, name, must))
    return [*placed, *_unusual(folder), *_sparse(folder)]


def _unusual(folder: Path) -> Iterator[Placed]:
    """Place what is not a regular file, or cannot be reached."""
    os.mkfifo(folder / "fifo.png")
    yield "FIFO", "fifo.png", REFUSED
    os.mknod(folder / "socket.png", stat.S_IFSOCK | 0o600)
    yield "socket", "socket.png", REFUSED
    for device in ("zero", "null", "full", "tty"):
        yield f"device {device}", f"/dev/{device}", REFUSED
    (folder / "device.png").symlink_to("/dev/zero")
    yield "link to a device", "device.png", REFUSED
    (folder / "loop.png").symlink_to("pool.png")
    (folder / "pool.png").symlink_to("loop.png")
    yield "symlink loop", "loop.png", REFUSED
    (folder / "dangling.png").symlink_to("nowhere.png")
    yield "dangling link", "dangling.png", REFUSED
    (folder / "link.png").symlink_to("whole.png")
    yield "link to a picture", "link.png", READ
    yield "missing file", "missing.png", REFUSED
    yield "missing folder", "nowhere/7.png", REFUSED
    yield "file as a folder", "whole.png/7.png", REFUSED
    yield "file with a slash", "whole.png/", REFUSED
    yield "name too long", "7" * 300 + ".png", REFUSED
    yield "path too long", "a/" * 3000 + "7.png", REFUSED
    yield "no name", "", REFUSED
    inside = folder / "folder"
    inside.mkdir()
    (inside / "7.png").write_bytes(saved(seven(), "PNG"))
    (inside / "again").symlink_to(".", target_is_directory=True)
    yield "picture through a linked folder", "folder/again/again/7.png", READ
    secret = folder / "secret.png"
    secret.write_bytes(saved(seven(), "PNG"))
    secret.chmod(0)
    yield "file without permission", "secret.png", REFUSED
    for name in ("locked", "locked-inside"):
        locked = folder / name
        locked.mkdir()
        (locked / "7.png").write_bytes(saved(seven(), "PNG"))
        locked.chmod(0)
    yield "folder without permission", "locked", REFUSED
    yield "picture in a folder without permission", "locked-inside/7.png", REFUSED


def _sparse(folder: Path) -> Iterator[Placed]:
    """Place what takes little on the disk and much in memory."""
    with (folder / "sparse.png").open("wb") as file:
        file.write(saved(seven(), "PNG"))
        file.truncate(10_000_000_000)
    yield "10 GB of nothing behind a PNG", "sparse.png", REFUSED
