"""Decoded planes -> light: eight bits, upright, opaque."""

import numpy as np
from numpy.typing import NDArray

#: Ranges in use in the modes with more than eight bits: a picture has the first that holds it.
FULL_SCALES = (1.0, 255.0, 65_535.0)

#: Halfway from black to white, and from transparent to opaque.
MIDDLE = 128

#: A picture whose opaque pixels differ by this much has its digit in its colours.
TWO_SHADES = 64


def eight_bits(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale light of 16 bits, 32 bits or floating point to 0..255, by the range it fits in."""
    light = np.maximum(np.nan_to_num(light, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
    top = float(light.max())
    scale = next((full for full in FULL_SCALES if top <= full), top)
    return np.asarray(np.rint(light * (255.0 / scale)), np.uint8)


def upright(planes: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn the picture as it was seen; EXIF 2.32, 4.6.4.A: eight ways to hold a camera."""
    if orientation in (5, 6, 7, 8):
        planes = planes.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        planes = planes[::-1]
    if orientation in (2, 3, 6, 7):
        planes = planes[:, ::-1]
    return np.ascontiguousarray(planes)


def flatten(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay transparency over a plain ground; a picture whose colours are all grey is (h, w).

    Where alpha draws the digit, the ground is white for dark ink and black for light ink. Where
    the colours draw it (most pixels opaque, of more than one shade), alpha is only a margin, and
    the ground is their most usual colour: the paper's.
    """
    if planes.shape[2:] == (4,):
        colour = planes[..., :3].astype(np.float32)
        alpha = planes[..., 3:].astype(np.float32) / 255.0
        ground = _ground(planes[..., :3], planes[..., 3])
        planes = np.rint(colour * alpha + ground * (1.0 - alpha)).astype(np.uint8)
    if planes.shape[2:] and (planes == planes[..., :1]).all():
        return np.ascontiguousarray(planes[..., 0])
    return planes


def _ground(colour: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Choose the colour, (3,), to put behind a picture."""
    seen = colour[alpha >= max(1, min(MIDDLE, alpha.max()))].astype(np.float32)
    if not len(seen):
        return np.full(3, 255.0, np.float32)
    darkest, lightest = np.percentile(seen.mean(axis=1), (1, 99))
    if lightest - darkest >= TWO_SHADES and 2 * len(seen) > alpha.size:
        return np.asarray(np.median(seen, axis=0), np.float32)
    return np.full(3, 255.0 if seen.mean() < MIDDLE else 0.0, np.float32)
