"""The digit's strokes -> one 28 x 28 image, made as MNIST's were.

"The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. The resulting images contain grey levels as a
result of the anti-aliasing technique used by the normalization algorithm. The images were
centered in a 28x28 image by computing the center of mass of the pixels" (Y. LeCun, C. Cortes).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.layout import Ink

SIDE = 28  # of an image
BOX = 20  # that a digit fits in
CENTRE = 14  # row and column of the centre of mass; so it is in all 60,000 training images
HALF = 0.5  # of the darkest ink: a pixel on the outline
FINE = 5  # pixels of the canvas for one of the image

#: Stroke widths, in pixels of the image, between which MNIST's mostly are: the first quartile and
#: the 95th percentile of 3,000 training images, as `stroke_width` measures them (its median there
#: is 2.5). Thinner strokes are thickened to the first. Only thicker ones are thinned, to the second:
#: what is thin in them gets lost by it.
THIN, THICK = 2.1, 4.1


@dataclass(frozen=True, eq=False)
class Strokes:
    """All that was written on a picture; arrays (h, w) uint8."""

    mask: NDArray[np.uint8]
    """1 where there is ink."""
    tones: NDArray[np.uint8]
    """How dark it is, and what fades and hangs together with it."""
    pen: float
    """The width of strokes, in pixels."""

    def image(self, ink: Ink) -> NDArray[np.uint8]:
        """Make some of the ink an image (28, 28); what fades is of the ink that it is nearest to."""
        room = int(self.pen) + 1
        top, left = max(0, ink.top - room), max(0, ink.left - room)
        window = np.s_[top : ink.bottom + room, left : ink.right + room]
        tones, mask = self.tones[window], np.zeros_like(self.mask[window])
        mask[ink.top - top :, ink.left - left :][: ink.height, : ink.width] = ink.mask
        others = self.mask[window] - mask
        if others.any():
            around = np.ones((int(self.pen) | 1,) * 2, np.uint8)
            tones = tones * (mask | (cv2.dilate(mask, around) > cv2.dilate(others, around)))
        tones = np.maximum(tones, mask)
        usual, *_ = cv2.mean(tones, mask)
        return digit_image(np.asarray(cv2.convertScaleAbs(tones, alpha=255.0 / usual), np.uint8))


def digit_image(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make strokes of any size the (28, 28) image, white on black.

    `ink` is (h, w) uint8, not all 0: 0 where there is paper, 255 where there is ink, and what is in
    between, at outlines and where a stroke gets faint, is so in the image.
    """
    canvas = boxed(adjust_stroke(fit(ink)))
    usual, *_ = cv2.mean(canvas, outlined(canvas))  # hairlines are fainter, when made smaller
    return centre(average(np.asarray(cv2.convertScaleAbs(canvas, alpha=255.0 / usual), np.uint8)))


def fit(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale ink until the longer side of what is darker than half is the box's; leave room around."""
    left, top, width, height = cv2.boundingRect(outlined(ink))
    scale = BOX * FINE / max(width, height)
    room = int(np.ceil(THIN * FINE / scale))  # no outline is moved as far
    window = framed(ink, room)[top : top + height + 2 * room, left : left + width + 2 * room]
    size = (max(1, round(window.shape[1] * scale)), max(1, round(window.shape[0] * scale)))
    way = cv2.INTER_LINEAR if scale >= 1 / 2 else cv2.INTER_AREA  # in between, all pixels count
    return np.asarray(cv2.resize(window, size, interpolation=way), np.uint8)


def boxed(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a canvas to what is darker than half."""
    left, top, width, height = cv2.boundingRect(outlined(canvas))
    side = BOX * FINE
    return canvas[top : top + min(height, side), left : left + min(width, side)]


def outlined(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark, by 1, what is darker than half of the darkest."""
    least = HALF * float(ink.max())
    return np.asarray(cv2.threshold(ink, least, 1, cv2.THRESH_BINARY)[1], np.uint8)


def framed(mask: NDArray[np.uint8], room: int) -> NDArray[np.uint8]:
    """Put so many empty rows and columns around a mask."""
    return np.asarray(
        cv2.copyMakeBorder(mask, room, room, room, room, cv2.BORDER_CONSTANT), np.uint8
    )


def stroke_width(mask: NDArray[np.uint8]) -> float:
    """Measure the mean width of the strokes in pixels.

    Across a stroke of width w, pixels are on average w / 4 away from what is none.
    """
    away = cv2.distanceTransform(framed(mask, 1), cv2.DIST_L2, cv2.DIST_MASK_5)
    return 4.0 * (cv2.sumElems(away)[0] / cv2.countNonZero(mask) - 0.5)


def adjust_stroke(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Thicken or thin strokes until they are `THIN` to `THICK` once fitted into the box.

    Moves the outline, which is between pixels, by a distance d. Both the width w and the longer
    side s grow by 2 d, hence (w + 2 d) / (s + 2 d) = wanted / box.
    """
    width = stroke_width(outlined(canvas)) / FINE
    wanted = float(np.clip(width, THIN, THICK))
    if wanted == width:
        return canvas
    move = round(FINE * (wanted - width) / (1.0 - wanted / BOX) / 2.0)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(move) + 1, 2 * abs(move) + 1))
    moved = cv2.dilate(canvas, disk) if move > 0 else cv2.erode(canvas, disk)
    return fit(np.asarray(moved if moved.any() else canvas, np.uint8))


def average(canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average blocks of `FINE` x `FINE` pixels."""
    height, width = (-(-side // FINE) for side in canvas.shape)
    above, left = (height * FINE - canvas.shape[0]) // 2, (width * FINE - canvas.shape[1]) // 2
    whole = np.zeros((height * FINE, width * FINE), np.uint8)
    whole[above : above + canvas.shape[0], left : left + canvas.shape[1]] = canvas
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


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
