"""Any picture of handwritten digits -> 28 x 28 images made as MNIST's were."""

import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.decode import decode_sized
from mnistcli.picture.segmentation import Segmentation, single

#: How all 60,000 training images of MNIST are made, measured: black ground, the longer side of
#: the digit 19 or 20 pixels, its white above 250, its centre of mass within half a pixel (and a
#: rounding error) of row and column 14.
SHAPE = (28, 28)
LONGER_SIDES = (19, 20)
WHITE = 250
CENTRE = 14
OFF_CENTRE = 0.53


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
        if looks_like_mnist(image):
            return single(image, size)
    # OpenCV imports in half the time that everything else takes for an image from MNIST, which
    # has no need of it; hence not at the top.
    if whole:
        from mnistcli.picture.whole import segment_whole

        return segment_whole(light, size)
    from mnistcli.picture.candidates import segment_light

    return segment_light(light, size)


def looks_like_mnist(light: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is a 28 x 28 image made as MNIST's were."""
    if light.shape != SHAPE or light.max() < WHITE:
        return False
    # In Python's numbers: for sums over 28 of them they are quicker than NumPy's, and as exact.
    masses = (light.sum(axis=1).tolist(), light.sum(axis=0).tolist())
    if max(map(_side, masses)) not in LONGER_SIDES:
        return False
    return all(abs(_middle(mass) - CENTRE) <= OFF_CENTRE for mass in masses)


def _side(mass: list[int]) -> int:
    """Return how many rows or columns there are from the first with mass to the last."""
    inked = [place for place, value in enumerate(mass) if value]
    return inked[-1] - inked[0] + 1


def _middle(mass: list[int]) -> float:
    """Return the row or column of the centre of mass."""
    return sum(place * value for place, value in enumerate(mass)) / sum(mass)
