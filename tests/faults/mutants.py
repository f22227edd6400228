"""Mutants of small pictures, always the same for the same number, and what reads them.

python mutants.py FIRST COUNT          read so many mutants; a line each says what came of it
python mutants.py NUMBER FILE          write a mutant into a file, to look at it
"""

import random
import signal
import struct
import sys
import zlib
from pathlib import Path
from typing import TextIO

import numpy as np
from pictures import ORIENTATION, animated, heic, saved, seven
from PIL import Image
from PIL.ImageFile import ImageFile

from mnistcli.decoding import decode as decoding
from mnistcli.decoding import strips
from mnistcli.errors import PictureError
from mnistcli.picture.conversion import segment_picture


def seeds() -> list[bytes]:
    """Small real files, whose mutants are worth trying."""
    grey, colour = seven().resize((36, 36)), seven().resize((36, 36)).convert("RGB")
    clear = colour.convert("RGBA")
    clear.putalpha(Image.eval(grey, lambda value: 255 - value))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    made = [saved(grey, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")]
    made += [saved(clear, kind) for kind in ("PNG", "WEBP", "TIFF", "BMP")]
    made += [saved(colour, "JPEG", progressive=True, exif=exif), saved(grey, "PNG", exif=exif)]
    made += [saved(colour.convert("CMYK"), kind) for kind in ("JPEG", "TIFF")]
    made += [animated(kind, size=36) for kind in ("GIF", "PNG", "WEBP", "MPO", "TIFF")]
    made += [saved(grey, "WEBP", lossless=True), saved(colour, "AVIF", speed=10)]
    made += [saved(colour.quantize(), kind) for kind in ("PNG", "GIF", "BMP", "TIFF")]
    compressions = ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits", "zstd", "lzma")
    made += [saved(colour, "TIFF", compression=name) for name in compressions]
    fax = [saved(grey.convert("1"), "TIFF", compression=name) for name in ("group3", "group4")]
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    rle = struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 8, 1, 0, 0, 0, 2, 2) + b"\0\0\0\0\xff\xff\xff\0"
    rows = b"\x04\x01\0\0\x02\0\x02\x01\0\0\0\x03\1\0\1\0\1\0\0\0\4\1\0\1"
    packed = b"BM" + struct.pack("<IHHI", 62 + len(rows), 0, 0, 62) + rle + rows
    return [
        *made,
        *fax,
        heic(),
        saved(deep, "PNG"),
        saved(deep, "TIFF"),
        packed,
        b"P2 2 2 9 1 2 3 4",
    ]


WHOLE = decoding._plan

PATIENCE = 30  # seconds of computing for one mutant

NUMBERS = (b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff",
           b"\x80\0\0\0", b"\0\0\0\x80", b"\x27\x10", b"\x10\x27", b"\0\0\0\0")  # fmt: skip


def mutant(number: int, originals: list[bytes]) -> bytes:
    """Return the mutant of this number: always the same."""
    chance = random.Random(number)
    data = bytearray(chance.choice(originals))
    for _ in range(chance.choice((1, 1, 2, 4))):
        # Headers are short, and where the decisions are.
        near = min(len(data), 64) if chance.random() < 0.4 else len(data)
        at = chance.randrange(max(1, near))
        match chance.randrange(7):
            case 0 | 1 if data:
                for _ in range(chance.choice((1, 1, 2, 8, 32))):
                    data[chance.randrange(max(1, near))] ^= 1 << chance.randrange(8)
            case 2:
                piece = chance.choice(NUMBERS)
                data[at : at + len(piece)] = piece
            case 3:
                del data[chance.randrange(len(data) // 3, len(data) + 1) :]
            case 4:
                other = chance.choice(originals)
                start = chance.randrange(len(other))
                data[at : at + chance.randrange(60)] = other[start : start + chance.randrange(200)]
            case 5:
                data[at:at] = data[at : at + chance.randrange(1, 100)] * chance.choice((1, 2, 50))
            case 6:
                del data[at : at + chance.randrange(1, 20)]
        if not data:
            return b""
    return _with_right_sums(bytes(data)) if chance.random() < 0.7 else bytes(data)


def _with_right_sums(data: bytes) -> bytes:
    """Give a PNG's chunks the checksums they ask for, so that what is behind them is reached."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    fixed, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(fixed)


def cut_if_possible(image: ImageFile, data: bytes) -> tuple[int, bool]:
    """Plan to read a picture as if it were too large to be held whole."""
    needed, cut = WHOLE(image, data)
    return needed, cut or strips.can_be_cut(image, data)


def fuzz(first: int, count: int, log: TextIO) -> None:
    """Read mutants, and note in the log each one's number, then what came of it."""
    originals = seeds()
    strips.PIXELS = 200  # some rows of a seed
    for number in range(first, first + count):
        log.write(f"{number} ")
        log.flush()
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)  # its signal ends the process
        decoding._plan = cut_if_possible if number % 2 else WHOLE
        try:
            found = segment_picture(mutant(number, originals))
        except PictureError as error:
            tidy = str(error).isprintable()
            log.write("refused\n" if tidy else f"refused in {str(error)!r}\n")
        except BaseException as error:
            log.write(f"{type(error).__name__}: {' '.join(str(error).split())}\n")
        else:
            images = [candidate.image for candidate in found.candidates]
            right = all(each.shape == (28, 28) and each.dtype == np.uint8 for each in images)
            log.write("read\n" if right else f"read as {images}\n")


if __name__ == "__main__":
    first, second = sys.argv[1:]
    if second.isdigit():
        fuzz(int(first), int(second), sys.stdout)
    else:
        Path(second).write_bytes(mutant(int(first), seeds()))
