"""The digit's strokes -> one 28 x 28 image, made as MNIST's were.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a
result of the anti-aliasing technique used by the normalization algorithm. The images were
centered in a 28x28 image by computing the center of mass of the pixels" (Y. LeCun, C. Cortes).
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 28  # of an image
BOX = 20  # that a digit fits in
CENTRE = 14  # row and column of the centre of mass; so it is in all 60,000 training images
HALF = 0.5  # covered: a pixel on the outline
FINE = 5  # pixels of the canvas for one of the image; averaged, they give 26 grey levels

#: Stroke widths, in pixels of the image, between which MNIST's mostly are: the first quartile and
#: the 95th percentile of 3,000 training images, as `stroke_width` measures them (its median there
#: is 2.5). Thinner strokes are thickened to the first. Only thicker ones are thinned, to the second:
#: what is thin in them gets lost by it.
THIN, THICK = 2.1, 4.1


def digit_image(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make strokes of any size, (h, w) of 0 and 1, the (28, 28) image, white on black."""
    canvas = fit(mask, BOX * FINE)
    canvas = fit(adjust_stroke(canvas), BOX * FINE)
    return centre(average(canvas))


def fit(mask: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Crop and scale a mask until its longer side is `side`; it stays one of 0 and 1, not all 0."""
    mask = crop(mask)
    if max(mask.shape) == side:
        return mask
    scale = side / max(mask.shape)
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    grey: NDArray[Any] = mask * np.uint8(255)
    if scale > 1:  # round the corners of pixels that get large
        blurred = cv2.GaussianBlur(grey, (3, 3), 0, borderType=cv2.BORDER_CONSTANT)
        grey = np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_CUBIC))
    else:
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
    half = HALF * float(grey.max())  # hairlines are fainter, when made smaller
    return np.asarray(cv2.threshold(grey, half, 1, cv2.THRESH_BINARY)[1], np.uint8)


def crop(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off the empty rows and columns around what is in a mask."""
    left, top, width, height = cv2.boundingRect(mask)
    return mask[top : top + height, left : left + width]


def framed(mask: NDArray[np.uint8], room: int) -> NDArray[np.uint8]:
    """Put so many empty rows and columns around a mask."""
    return np.asarray(
        cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT), np.uint8
    )


def stroke_width(mask: NDArray[np.uint8]) -> float:
    """Measure the mean width of the strokes in pixels."""
    return _width(_depth(mask))


def _depth(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each pixel of ink is from the nearest without."""
    deep = cv2.distanceTransform(framed(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(deep[1:-1, 1:-1], np.float32)


def _width(depth: NDArray[np.float32]) -> float:
    """Return the mean width of strokes: across one of width w the depth averages w / 4."""
    return 4.0 * (cv2.sumElems(depth)[0] / cv2.countNonZero(depth) - 0.5)


def adjust_stroke(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Thicken or thin strokes until they are `THIN` to `THICK` once fitted into the box.

    Moves the outline, which is between pixels, by a distance d. Both the width w and the longer
    side s grow by 2 d, hence (w + 2 d) / (s + 2 d) = wanted / box.
    """
    depth = _depth(canvas)
    width, side = _width(depth), max(canvas.shape)
    if THIN * FINE <= width <= THICK * FINE:
        return canvas
    wanted = float(np.clip(width, THIN * FINE, THICK * FINE)) / (BOX * FINE)
    move = (wanted * side - width) / (1.0 - wanted) / 2.0
    if move < 0:
        moved = ((depth > 0) & (0.5 - depth <= move)).astype(np.uint8)
        return moved if moved.any() else canvas
    room = int(move) + 2
    away = cv2.distanceTransform(1 - framed(canvas, room), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(away - 0.5 <= move, np.uint8)


def average(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average blocks of `FINE` x `FINE` zeros and ones to grey levels 0..255."""
    height, width = (-(-side // FINE) for side in canvas.shape)
    above, left = (height * FINE - canvas.shape[0]) // 2, (width * FINE - canvas.shape[1]) // 2
    whole = np.zeros((height * FINE, width * FINE), np.float32)
    whole[above : above + canvas.shape[0], left : left + canvas.shape[1]] = canvas
    blocks = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    return np.asarray(np.rint(255.0 * blocks), np.uint8)


def centre(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put the digit on a black (28, 28) image, by whole pixels, its mass at `CENTRE`."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    moments = cv2.moments(grey)
    top, left = (
        min(max(round(CENTRE - moments[first] / moments["m00"]), 0), SIDE - side)
        for first, side in zip(("m01", "m10"), grey.shape, strict=True)
    )
    image[top : top + grey.shape[0], left : left + grey.shape[1]] = grey
    return image
