"""Bytes of any picture file -> its light: upright, without transparency, at a bounded size.

Pictures are untrusted. The file's own signature chooses one Pillow plugin, which is called by
name: no other is tried, so nothing reaches Ghostscript, and no plugin is imported in vain.
"""

import ctypes
import importlib
import io
import logging
import struct
import warnings
import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from mnistcli.decoding import greypng, strips
from mnistcli.decoding.bounds import ORIENTATION, UPRIGHT, decoder_bytes, scans
from mnistcli.decoding.light import eight_bits, flatten, upright
from mnistcli.errors import PictureError

#: Longest side, in pixels, of what `decode` returns; of a larger picture, half of it at least. A
#: digit that fills a thirtieth of that still has the 20 pixels that it is fitted into in the end.
WORKING_SIDE = 1000

#: Pixels of the largest picture that is read for certain, of one byte a colour.
LARGEST = 12_000 * 9_000

#: What reading a file may take in memory, so that the whole process, which takes up to 100 MB for
#: itself (measured), stays under 500.
MAX_BYTES = 400_000_000

#: A progressive JPEG goes over all its pixels once a scan, and a scan can be a few bytes long:
#: a file may ask for as much work as 20 scans (encoders write 10) of the largest picture.
MAX_SCANNED_PIXELS = 20 * LARGEST

#: Brands of HEIF (ISO/IEC 23008-12, annex B) that are still pictures in HEVC: what phones take.
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")

#: (signature, offset, the plugin's module, its class): the formats that are read.
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "PIL.PngImagePlugin", "PngImageFile"),
    (b"\xff\xd8\xff", 0, "PIL.JpegImagePlugin", "JpegImageFile"),  # an MPO's first picture, too
    (b"GIF8", 0, "PIL.GifImagePlugin", "GifImageFile"),
    (b"BM", 0, "PIL.BmpImagePlugin", "BmpImageFile"),
    (b"WEBP", 8, "PIL.WebPImagePlugin", "WebPImageFile"),
    (b"II*\0", 0, "PIL.TiffImagePlugin", "TiffImageFile"),
    (b"MM\0*", 0, "PIL.TiffImagePlugin", "TiffImageFile"),
    (b"II+\0", 0, "PIL.TiffImagePlugin", "TiffImageFile"),
    (b"MM\0+", 0, "PIL.TiffImagePlugin", "TiffImageFile"),
    (b"ftypavif", 4, "PIL.AvifImagePlugin", "AvifImageFile"),
    *((b"ftyp" + brand, 4, "pi_heif.as_plugin", "HeifImageFile") for brand in HEIF_BRANDS),
    *((b"P%d" % kind, 0, "PIL.PpmImagePlugin", "PpmImageFile") for kind in range(1, 7)),
)
FORMATS = "PNG, JPEG, HEIC, GIF, BMP, WebP, TIFF, AVIF or PPM"

#: Bytes a pixel of a strip at the peak: packed, unpacked, and in a mode that can be averaged.
BYTES_OF_STRIP = 24

#: What Pillow's parsers, written in Python, are known to let out on damaged files.
DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Image.DecompressionBombError,
    struct.error,
    zlib.error,
)

#: Orientations where the camera was held upright: rows are columns.
TRANSPOSED = range(5, 9)

# Pillow reports doubtful metadata through warnings and logging, which would reach stderr. Set
# once, as `warnings.catch_warnings` is not safe while threads decode side by side.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


def decode(data: bytes) -> NDArray[np.uint8]:
    """Return the picture's light alone; see `decode_sized`."""
    return decode_sized(data)[0]


def decode_sized(data: bytes) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return the picture's light, and the (width, height) that the upright picture has in full.

    The light is uint8: (height, width), or (height, width, 3) if coloured; upright (EXIF), first
    frame, transparency flattened, longest side at most `WORKING_SIDE`. Raises `PictureError` for
    what is not a whole picture of a known format, or needs more than `MAX_BYTES` of memory.
    """
    if (light := greypng.decode(data, WORKING_SIDE)) is not None:
        return light, (light.shape[1], light.shape[0])
    image, cut = _open(data)
    before = image.size
    try:
        planes = _reduced(image, data if cut else None)
        orientation = _orientation(image)
        # Draft mode scales a JPEG down; libtiff may have turned a TIFF already.
        width, height = before if image.format == "JPEG" else image.size
    except DECODER_ERRORS as error:
        raise _damaged(image.format, error) from error
    finally:
        image.close()
    size = (height, width) if orientation in TRANSPOSED else (width, height)
    return flatten(upright(planes, orientation)), size


def _open(data: bytes) -> tuple[ImageFile, bool]:
    """Read and judge the file's header; return the picture, and whether it is to be cut."""
    known = (kind for kind in SIGNATURES if data.startswith(*kind[:2]))
    _, _, module, name = next(known, (b"", 0, "", ""))
    if not name:
        raise PictureError(_unknown(data))
    plugin = importlib.import_module(module)
    if module == "PIL.TiffImagePlugin":
        _quieten_libtiff()
    try:
        image: ImageFile = getattr(plugin, name)(io.BytesIO(data))
        needed, cut = _plan(image, data)
        scanned = image.width * image.height * scans(image, data)
    except DECODER_ERRORS as error:
        raise _damaged(name.removesuffix("ImageFile").upper(), error) from error
    if needed > MAX_BYTES or scanned > MAX_SCANNED_PIXELS:
        image.close()
        raise PictureError(
            f"the picture is too large: expected at most {MAX_BYTES // 1_000_000} MB to decode"
            f" it, got {image.width:,} x {image.height:,} pixels ({needed // 1_000_000:,} MB);"
            " scale it down or crop it to the digit"
        )
    return image, cut


@cache
def _quieten_libtiff() -> None:
    """Keep libtiff from writing about damaged files to stderr: their `PictureError` will do."""
    try:
        pillow = ctypes.CDLL(Image.core.__file__)  # type: ignore[attr-defined]
        pillow.TIFFSetErrorHandler(None)  # found through the libraries that Pillow's own uses
    except (AttributeError, OSError):
        return  # a Pillow without libtiff, or one linked otherwise


def _plan(image: ImageFile, data: bytes) -> tuple[int, bool]:
    """Bound the memory for reading the picture, and choose whether it is cut while decoding."""
    strip = BYTES_OF_STRIP * strips.pixels(image.size, _reduction(image))
    whole = len(data) + decoder_bytes(image, data, _reduction(image)) + strip
    cut = (
        whole > MAX_BYTES
        and image.width * image.height <= LARGEST
        and strips.can_be_cut(image, data)
    )
    return (len(data) + strip if cut else whole), cut


def _reduction(image: Image.Image) -> int:
    """Tell by which whole number the picture is reduced to come within `WORKING_SIDE`."""
    return -(-max(image.size) // WORKING_SIDE)


def _reduced(image: ImageFile, to_cut: bytes | None) -> NDArray[np.uint8]:
    """Decode, and average blocks of pixels down to `WORKING_SIDE`: (h, w) or (h, w, 3 or 4).

    Strip by strip, so that no second picture of the full size is ever held, and not even a first
    one where the file's bytes are given to be cut.
    """
    factor = _reduction(image)
    if to_cut:
        pieces = strips.cut(image, to_cut, factor)
    else:
        size = max(1, image.width // factor), max(1, image.height // factor)
        if image.format == "JPEG" and factor > 1:
            image.draft(None, size)  # halved up to three times, to no less than that
        image.load()
        if image.format == "JPEG" and _reduction(image) > 1:
            return np.asarray(_plain(image).resize(size, Image.Resampling.BOX))
        factor = _reduction(image)
        pieces = strips.cropped(image, factor)
    planes = np.concatenate([np.asarray(_shrunk(_plain(strip), factor)) for strip in pieces])
    return planes if planes.dtype == np.uint8 else eight_bits(planes)


def _shrunk(strip: Image.Image, factor: int) -> Image.Image:
    """Average blocks of pixels; Pillow would copy the strip where there is nothing to average."""
    return strip if factor == 1 else strip.reduce(factor)


def _plain(strip: Image.Image) -> Image.Image:
    """Return a strip in a mode that can be reduced: L, RGB, RGBA or F."""
    mode = strip.mode
    if mode == "L" and not strip.has_transparency_data:
        return strip  # as it is: converting would copy it
    if mode == "LAB":
        return strip.getchannel(0)  # the lightness
    if mode.startswith("I;"):
        strip = strip.convert("I")
    if mode.startswith("I") or mode == "F":
        return strip.convert("F")
    if strip.has_transparency_data:
        return strip.convert("RGBA")
    return strip.convert("L" if mode == "1" else "RGB")


def _orientation(image: ImageFile) -> int:
    """Read the EXIF orientation, 1 to 8; 1 (upright) where EXIF is absent or damaged."""
    try:
        # Not the PNG plugin's own method, which would load the picture first.
        found: object = Image.Image.getexif(image).get(ORIENTATION)
    except DECODER_ERRORS:
        return UPRIGHT
    return found if isinstance(found, int) and found in range(1, 9) else UPRIGHT


def _damaged(kind: str | None, error: BaseException) -> PictureError:
    """Word the one message for whatever a decoder stumbled over."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return PictureError(
        f"the {kind or 'picture'} file is damaged: expected a whole picture, got an error while"
        f" decoding it ({reason}); save it again from the program or camera that made it"
    )


def _unknown(data: bytes) -> str:
    """Say that a file is of no known format."""
    if not data:
        return "the file is empty: expected a picture; save or copy it again"
    return (
        f"the file is no picture that can be read: expected {FORMATS}, got a file that starts"
        f" with {data[:8]!r}; open it in a picture program and save it as PNG"
    )
