"""Any picture to the 28x28 image that a network trained on MNIST expects.

The plain reading: grey, polarity by the border, fit to 20x20, centre of mass at the centre.
"""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mnistcli.errors import PictureError

SIDE = 28  # of an MNIST image
BOX = 20  # MNIST's digits were fitted into a box of this side, keeping their aspect
INK = 0.2  # of the darkest ink: fainter pixels are paper


def read_picture(data: bytes) -> NDArray[np.uint8]:
    """Return the image (28, 28) uint8 0..255, bright on dark, of the digit in a picture's bytes.

    Raises PictureError when the bytes are no picture, or the picture holds no digit.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            grey = np.asarray(ImageOps.exif_transpose(picture).convert("L"), np.float32)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureError("not a picture that can be read.") from error
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))
    if ink.max() == 0:
        raise PictureError("no digit found: the picture is blank.")
    ink[ink < INK * ink.max()] = 0
    return centre(fit(crop(ink)))


def crop(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the smallest rectangle that holds all ink."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ink scaled, anti-aliased, so that its longer side is 20 and its maximum 255."""
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    return small * np.float32(255 / small.max())


def centre(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (28, 28) uint8 with the centre of mass of ink (at most 20x20) at its centre."""
    height, width = ink.shape
    mass = ink.sum()
    row = float((ink.sum(axis=1) * np.arange(height)).sum() / mass)
    column = float((ink.sum(axis=0) * np.arange(width)).sum() / mass)
    top = min(max(math.floor(SIDE / 2 - row), 0), SIDE - height)
    left = min(max(math.floor(SIDE / 2 - column), 0), SIDE - width)
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = ink.round()
    return image
