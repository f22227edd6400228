"""What reading hands from pictures to networks: what could be a digit, and where."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, width, height, in pixels of the upright picture."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """What could be one digit: pieces `first` to `last` (included) of a line of writing."""

    line: int
    first: int
    last: int
    box: Box
    image: NDArray[np.uint8]
    """(28, 28), white on black, made as MNIST's were."""
    cost: float
    """Of its joins and its shape, in nats."""
    cuts: tuple[float | None, float | None] = (None, None)
    """The price of the cut before it, and after it, in nats; None where there is none."""

    @property
    def cut(self) -> bool:
        """Whether it was cut from a larger piece."""
        return self.cuts != (None, None)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Everything on a picture that could be a digit, line by line, from left to right."""

    size: tuple[int, int]
    """Width and height of the upright picture in pixels."""
    candidates: tuple[Candidate, ...]
    unread: tuple[tuple[float, ...], ...]
    """For each line, what it costs to leave each of its pieces out, in nats."""
    heights: tuple[float, ...]
    """Of each line's digits, in pixels of the picture."""
    left_out: bool = False
    """Whether there is something as large that may be a shadow or a scratch, or a digit."""

    @property
    def settled(self) -> bool:
        """Whether there is one candidate, which cannot be left out: nothing is to be chosen."""
        return self.unread == ((np.inf,),) and len(self.candidates) == 1


def single(image: NDArray[np.uint8], box: Box, size: tuple[int, int]) -> Segmentation:
    """Return the segmentation of a picture (28, 28) that is one digit and nothing else."""
    whole = Candidate(0, 0, 0, box, image, 0.0)
    return Segmentation(size, (whole,), ((np.inf,),), (float(box[3]),))
