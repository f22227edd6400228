"""What could be digits, and what the network says of each -> what the picture says."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture.segmentation import Box, Segmentation

GAP = 1.0  # heights of the line: a wider gap is a space


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit that was read."""

    digit: int
    probability: float
    probabilities: tuple[float, ...]
    box: Box
    line: int
    image: NDArray[np.uint8]
    """(28, 28): what the network saw."""


@dataclass(frozen=True, eq=False)
class Transcription:
    """What a picture says."""

    text: str
    """One space between numbers that stand apart, a newline between lines."""
    probability: float
    digits: tuple[Digit, ...]
    doubtful: bool
    size: tuple[int, int]
    """Width and height of the upright picture."""


def transcribe(
    segmentation: Segmentation,
    probabilities: NDArray[np.float32],
    strangeness: NDArray[np.float32],
    count: int | None,
) -> Transcription:
    """Return the best reading, with exactly `count` digits where it is given.

    Raises PictureError when there is none.
    """
    candidates = segmentation.candidates
    if not candidates or (count is not None and count != len(candidates)):
        expected = "a handwritten digit" if count is None else f"{count} digits"
        raise PictureError(
            f"no digit found: expected {expected}, but {len(candidates)} stand out;"
            " take the picture nearer, in even light, on plain paper"
        )
    digits: list[Digit] = []
    text = ""
    for candidate, row in zip(candidates, probabilities.tolist(), strict=True):
        best = max(range(10), key=row.__getitem__)
        if digits:
            last = digits[-1]
            gap = candidate.box[0] - last.box[0] - last.box[2]
            if last.line != candidate.line:
                text += "\n"
            elif gap > GAP * segmentation.heights[candidate.line]:
                text += " "
        text += str(best)
        digits.append(
            Digit(best, row[best], tuple(row), candidate.box, candidate.line, candidate.image)
        )
    return Transcription(
        text,
        math.prod(each.probability for each in digits),
        tuple(digits),
        bool((strangeness > 0.5).any()),  # noqa: PLR2004
        segmentation.size,
    )
