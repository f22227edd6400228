"""What could be digits, and what the network says of each -> the text that was written.

The text is the best path through all ways to segment a picture, the graph of its candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import DIGITS, are_digits
from mnistcli.errors import PictureError
from mnistcli.picture.segmentation import Box, Candidate, Segmentation
from mnistcli.reading.graph import DOUBTFUL, Graph

#: A gap so wide, beside the height of the digits, parts two numbers; if there are more gaps than
#: FEW, it is also so wide beside the usual one.
SPACE = 0.75
WIDER = 2.0
FEW = 2
USUAL = 0.25  # quantile: half of the gaps may part numbers


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit that was read, and where; or whatever else the network tells apart."""

    answer: int
    """Its place in the classes."""
    probability: float
    probabilities: tuple[float, ...]
    """Of the classes."""
    box: Box
    line: int
    image: NDArray[np.uint8]
    """(28, 28): what the network saw."""
    classes: tuple[str, ...] = DIGITS

    @property
    def label(self) -> str:
        """The name of its class."""
        return self.classes[self.answer]

    @property
    def digit(self) -> int | None:
        """The digit that it is, where the classes are digits."""
        return int(self.label) if are_digits(self.classes) else None


@dataclass(frozen=True, eq=False)
class Transcription:
    """What is written on a picture."""

    text: str
    """A space between numbers that stand apart, a newline between lines."""
    probability: float
    digits: tuple[Digit, ...]
    doubtful: bool
    """Whether something may be there that is no digit, or was left out, or none stands alone."""
    size: tuple[int, int]
    """Width and height of the upright picture in pixels, for the boxes."""


def transcribe(
    segmentation: Segmentation,
    probabilities: NDArray[np.floating],
    strangeness: NDArray[np.floating],
    count: int | None = None,
    classes: tuple[str, ...] = DIGITS,
) -> Transcription:
    """Return the most probable text, of `count` digits unless that is None.

    Takes for each of the n candidates the probabilities of the classes, (n, k), and the
    probability that it is none, (n,). Raises PictureError where there are not so many digits.
    """
    if segmentation.settled and count in (None, 1):
        return _settled(segmentation, probabilities[0], strangeness[0], classes)
    graph = Graph(segmentation, probabilities, strangeness)
    chosen = graph.best(count) or (graph.best(1) if count is None else None)
    if not chosen:
        found = "none of its strokes is one" if count is None else "no reading has so many"
        wanted = {None: "handwritten digits", 1: "one digit"}.get(count, f"{count} digits")
        raise PictureError(f"no digit found: expected {wanted}, but {found}.")
    rows = [probabilities[index] for index in chosen]
    candidates = [segmentation.candidates[index] for index in chosen]
    digits = tuple(
        _digit(candidate, row, classes) for candidate, row in zip(candidates, rows, strict=True)
    )
    answers = [digit.answer for digit in digits]
    return Transcription(
        text=_text(digits, segmentation.heights),
        probability=digits[0].probability if len(digits) == 1 else graph.share(answers, count),
        digits=_renumbered(digits),
        doubtful=segmentation.left_out
        or graph.doubtful(chosen)
        or all(candidate.cut for candidate in candidates),
        size=segmentation.size,
    )


def _settled(
    segmentation: Segmentation,
    row: NDArray[np.floating],
    strangeness: np.floating,
    classes: tuple[str, ...],
) -> Transcription:
    """Return the one sign that is all there is, without looking for a way through it."""
    digit = _digit(segmentation.candidates[0], row, classes)
    return Transcription(
        text=digit.label,
        probability=digit.probability,
        digits=(digit,),
        doubtful=bool(strangeness > DOUBTFUL),
        size=segmentation.size,
    )


def _digit(candidate: Candidate, row: NDArray[np.floating], classes: tuple[str, ...]) -> Digit:
    """Return what the network says of a candidate, its probabilities of the classes in a row."""
    answer, probabilities = int(row.argmax()), tuple(row.tolist())
    return Digit(
        answer=answer,
        probability=probabilities[answer],
        probabilities=probabilities,
        box=candidate.box,
        line=candidate.line,
        image=candidate.image,
        classes=classes,
    )


def _text(digits: Sequence[Digit], heights: Sequence[float]) -> str:
    """Write digits down: in lines, numbers apart."""
    gaps = [
        after.box[0] - before.box[0] - before.box[2]
        for before, after in pairwise(digits)
        if before.line == after.line
    ]
    usual = WIDER * float(np.quantile(gaps, USUAL)) if len(gaps) > FEW else 0.0
    text = digits[0].label
    for before, after in pairwise(digits):
        gap = after.box[0] - before.box[0] - before.box[2]
        if before.line != after.line:
            text += "\n"
        elif gap > max(SPACE * heights[after.line], usual):
            text += " "
        text += after.label
    return text


def _renumbered(digits: Sequence[Digit]) -> tuple[Digit, ...]:
    """Count the lines from 0, without those where nothing was read."""
    numbers = {line: number for number, line in enumerate(sorted({d.line for d in digits}))}
    return tuple(replace(digit, line=numbers[digit.line]) for digit in digits)
