"""A digit of 28x28 pixels -> the ink of a pen, of any size and width."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BOX = 20  # pixels of the longer side of a digit in MNIST
FINE = 2  # pixels that ink is drawn on for one of the picture
SMOOTH = 0.42  # blur before the outline is cut, in pixels of the image: steps become curves
CUT = 0.42  # of white: a little below half, as the blur makes thin strokes fainter
SPECK = 0.5  # area of the smallest hole that has to stay open, in square pixels of the image
UNEVEN = 0.07  # spread of a pen's width along its way


@dataclass(frozen=True, eq=False)
class Glyph:
    """A written digit: its ink, cropped to it, and what it is."""

    ink: Floats
    label: int


def crop(ink: Floats) -> Floats:
    """Cut off rows and columns without ink."""
    rows, columns = np.flatnonzero((ink > 0).any(axis=1)), np.flatnonzero((ink > 0).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def write(image: Bytes, height: float, pen: float, rng: np.random.Generator) -> Floats:
    """Write a digit (28, 28) with a pen; `height` is that of a full digit, both in pixels.

    The outline is cut from the smoothly enlarged image and moved until strokes are as wide as the
    pen, without closing a hole or breaking a stroke.
    """
    scale = FINE * height / BOX
    padded = np.pad(image.astype(np.float32) / 255, 4)
    size = (
        round(padded.shape[1] * scale * rng.uniform(0.93, 1.07)),
        round(padded.shape[0] * scale),
    )
    large = cv2.resize(padded, size, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large, (0, 0), SMOOTH * scale)
    mask = (large > CUT).astype(np.uint8)
    if not mask.any():
        return enlarge(image, height)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = np.where(mask > 0, inside - 0.5, 0.5 - outside)
    width = 4 * float((inside[mask > 0] - 0.5).mean())
    uneven = smooth_noise(mask.shape, 3 * FINE * pen + 4, rng) * UNEVEN * FINE * pen
    move = (FINE * pen - width) / 2
    if move < 0:
        line = thinned(mask)
        along = cv2.distanceTransform(1 - line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        depth = np.maximum(depth + move, FINE * pen / 2 - along)
    else:
        least = SPECK * scale**2
        wanted = holes(mask, least)
        while holes((depth > -move).astype(np.uint8), least) != wanted and move > 0.5:
            move *= 0.8
        depth = depth + move
    covered = np.clip(depth + uneven + 0.5, 0, 1)
    small = cv2.resize(
        covered, (-(-size[0] // FINE), -(-size[1] // FINE)), interpolation=cv2.INTER_AREA
    )
    return crop(np.asarray(small * (small > 1 / 16), np.float32))


def enlarge(image: Bytes, height: float) -> Floats:
    """Enlarge a digit (28, 28) as programs do, which leaves it soft."""
    side = round(28 * height / BOX)
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    return crop(np.asarray(large * (large > 1 / 16), np.float32))


def holes(mask: Bytes, least: float) -> int:
    """Count the areas of paper, of at least so many pixels, that ink parts."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    return int((stats[1:, cv2.CC_STAT_AREA] >= least).sum())


def smooth_noise(shape: tuple[int, ...], grain: float, rng: np.random.Generator) -> Floats:
    """Return noise (h, w) of variance 1 whose hills are about `grain` pixels wide."""
    small = tuple(int(side / grain) + 3 for side in shape)
    coarse = rng.normal(0, 1, small).astype(np.float32)
    across = (int(small[1] * grain) + 1, int(small[0] * grain) + 1)
    return np.asarray(
        cv2.resize(coarse, across, interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]
    )


def thinned(mask: Bytes) -> Bytes:
    """Return the middle line of strokes, one pixel wide.

    T. Y. Zhang and C. Y. Suen, A fast parallel algorithm for thinning digital patterns, 1984.
    """
    ink = np.pad(mask, 1).astype(bool)
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            n, s = np.roll(ink, 1, 0), np.roll(ink, -1, 0)
            w, e = np.roll(ink, 1, 1), np.roll(ink, -1, 1)
            ring = [n, np.roll(n, -1, 1), e, np.roll(s, -1, 1), s, np.roll(s, 1, 1), w]
            ring.append(np.roll(n, 1, 1))
            count = sum(side.astype(np.uint8) for side in ring)
            turns = sum(
                (~a & b).astype(np.uint8) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            )
            open_side = ~(n & e & s) & ~(e & s & w) if first else ~(n & e & w) & ~(n & s & w)
            gone = ink & (count >= 2) & (count <= 6) & (turns == 1) & open_side
            changed |= bool(gone.any())
            ink &= ~gone
    return ink[1:-1, 1:-1].astype(np.uint8)
