"""What a picture could say: each thing on it that may be a digit, and what leaving it out costs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, width, height, in pixels of the upright picture."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """What could be one digit: the pieces first..last of one line of writing."""

    line: int
    first: int
    last: int
    box: Box
    image: NDArray[np.uint8]
    """(28, 28), white on black."""
    cost: float
    """Nats: the price of its cuts and joins."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Everything on a picture that could be a digit."""

    size: tuple[int, int]
    """Width and height of the upright picture."""
    candidates: tuple[Candidate, ...]
    unread: tuple[tuple[float, ...], ...]
    """For each line, for each of its pieces: the price of leaving it out."""
    heights: tuple[float, ...]
    """Of the lines, in pixels."""


def single(image: NDArray[np.uint8], size: tuple[int, int]) -> Segmentation:
    """Return the segmentation of a picture that is one image made as MNIST's were."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    scale = size[0] / image.shape[1]
    box = (
        round(columns[0] * scale),
        round(rows[0] * scale),
        round((columns[-1] - columns[0] + 1) * scale),
        round((rows[-1] - rows[0] + 1) * scale),
    )
    candidate = Candidate(0, 0, 0, box, image, 0.0)
    return Segmentation(size, (candidate,), ((np.inf,),), (float(box[3]),))
