"""Any picture of handwritten digits -> 28 x 28 images made as MNIST's were."""

import numpy as np
from numpy.typing import NDArray

from mnistcli.decoding.decode import decode_sized
from mnistcli.picture.segmentation import Box, Segmentation, single

#: How all 60,000 training images of MNIST are made, measured: black ground, the longer side of
#: the digit 19 or 20 pixels, its white above 250, its centre of mass within half a pixel (and a
#: rounding error) of row and column 14.
SHAPE = (28, 28)
LONGER_SIDES = (19, 20)
WHITE = 250
CENTRE = 14
OFF_CENTRE = 0.53

#: For each pixel 1, its row and its column: float32 holds their products' sums, below 2**24, exactly.
PLACES = np.stack([np.ones(SHAPE), *np.indices(SHAPE)]).reshape(3, -1).astype(np.float32)


def segment_picture(data: bytes) -> Segmentation:
    """Return all that could be a digit on a picture, line by line.

    `data` is a picture file of any format that `decode` knows. An image that is made as MNIST's
    already is one digit, as it is, or inverted if it is black on white. Raises `PictureError` if
    the file cannot be read, is too large, or shows no writing.
    """
    return _segmented(data, whole=False)


def whole_picture(data: bytes) -> Segmentation:
    """Return all that is written on a picture as one candidate, whatever sign it may be.

    Takes and raises what `segment_picture` does.
    """
    return _segmented(data, whole=True)


def _segmented(data: bytes, *, whole: bool) -> Segmentation:
    light, size = decode_sized(data)
    for image in (light, ~light):
        if box := mnist_box(image):
            return single(image, box, size)
    # OpenCV imports in half the time that everything else takes for an image from MNIST, which
    # has no need of it; hence not at the top.
    from mnistcli.picture.candidates import segment_light, segment_whole

    return segment_whole(light, size) if whole else segment_light(light, size)


def mnist_box(light: NDArray[np.uint8]) -> Box | None:
    """Return the box around the digit of a 28 x 28 image that is made as MNIST's were, or None."""
    if light.shape != SHAPE or light.max() < WHITE:
        return None
    (left, width), (top, height) = _extent(light.T.tobytes()), _extent(light.tobytes())
    if max(width, height) not in LONGER_SIDES:
        return None
    mass, *moments = (PLACES @ light.ravel().astype(np.float32)).tolist()
    if any(abs(moment / mass - CENTRE) > OFF_CENTRE for moment in moments):
        return None
    return left, top, width, height


def _extent(pixels: bytes) -> tuple[int, int]:
    """Return the first row with light, and how many there are from it to the last."""
    first = (len(pixels) - len(pixels.lstrip(b"\0"))) // SHAPE[1]
    return first, (len(pixels.rstrip(b"\0")) - 1) // SHAPE[1] + 1 - first
