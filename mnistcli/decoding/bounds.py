"""What decoding a picture may take in memory, told from its header before it begins."""

import math

from PIL.ImageFile import ImageFile

#: Bytes a pixel in Pillow's memory; four in every mode that is not listed.
BYTES_OF_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
BYTES_OF_ROW = 8  # where it begins
#: Bytes a pixel at the peak where a library decodes into its own canvases first (measured).
BYTES_OF_FORMAT = {"WEBP": 16, "AVIF": 20, "HEIF": 7, "HEIF RGBA": 10}
#: The same for Pillow's decoders that are written in Python, which gather the pixels first.
BYTES_OF_CODEC = {"bmp_rle": 4, "ppm": 13, "ppm_plain": 13}

#: The tag of EXIF and TIFF that says how the camera was held; of HEIF, libheif has turned it.
ORIENTATION = 0x0112
UPRIGHT = 1

#: TIFF 6.0: BitsPerSample, SamplesPerPixel, RowsPerStrip, (TileWidth, TileLength).
TIFF_BITS, TIFF_SAMPLES, TIFF_ROWS, TIFF_TILE = 258, 277, 278, (322, 323)


def decoder_bytes(image: ImageFile, data: bytes, factor: int) -> int:
    """Bound the memory for a decoder that takes the picture as a whole, to reduce it by `factor`."""
    kind = image.format or ""
    per_pixel = BYTES_OF_FORMAT.get(kind, BYTES_OF_MODE.get(image.mode, 4))
    per_pixel = BYTES_OF_FORMAT.get(f"{kind} {image.mode}", per_pixel)
    codec = image.tile[0][0] if image.tile else ""
    per_pixel = BYTES_OF_CODEC.get(codec, per_pixel)
    whole = image.width * image.height * per_pixel + BYTES_OF_ROW * max(image.size)
    if image.format == "JPEG":
        return _jpeg_bytes(image, data, factor)
    if image.format == "TIFF":
        turned = image.tag_v2.get(ORIENTATION, UPRIGHT) != UPRIGHT  # type: ignore[attr-defined]
        return whole * (2 if turned else 1) + _tiff_chunk_bytes(image)
    return whole


def _jpeg_bytes(image: ImageFile, data: bytes, factor: int) -> int:
    """Bound the memory for a JPEG from above.

    Draft mode decodes it straight to its reduced size; but the coefficients of all its pixels,
    two bytes each, are kept if it comes in more than one scan.
    """
    factor = min(8, factor)
    output = 4 * image.width * image.height // factor**2
    if scans(image, data) == 1:
        return output
    layers: list[tuple[int, int, int, int]] = image.layer  # type: ignore[attr-defined]
    most = max(h * v for _, h, v, _ in layers)
    samples = sum(h * v for _, h, v, _ in layers) / most
    return output + int(2 * samples * image.width * image.height)


def scans(image: ImageFile, data: bytes) -> int:
    """Count how often the decoder goes over a JPEG; 1 for the other formats."""
    if image.format != "JPEG":
        return 1
    components = len(image.layer)  # type: ignore[attr-defined]
    end = image.fp.tell()  # type: ignore[union-attr]  # Pillow has just read the first start-of-scan segment
    first = data[end - 8 - 2 * components : end]
    in_one = first[:2] == b"\xff\xda" and first[4:5] == bytes([components])
    if in_one and not image.info.get("progressive"):
        return 1
    return max(2, data.count(b"\xff\xda", end) + 1)


def _tiff_chunk_bytes(image: ImageFile) -> int:
    """Bound libtiff's buffer: one strip or tile, which may be as large as the picture."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    bits = max(tags.get(TIFF_BITS, (1,)))
    pixel = int(tags.get(TIFF_SAMPLES, 1)) * max(1, int(bits) // 8)
    if TIFF_TILE[0] in tags:
        return math.prod(int(tags[side]) for side in TIFF_TILE) * pixel
    return min(int(tags.get(TIFF_ROWS, image.height)), image.height) * image.width * pixel
