"""How good readings of whole pictures are: labels and texts to accuracy and error rate, by length.

A text has one line of digits for each line of writing; spaces don't count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcli.evaluation.metrics import (
    ConfidenceBin,
    calibration_error,
    reliability_of,
    wilson_interval,
)
from mnistcli.picture.segmentation import Box
from mnistcli.reading.transcription import Digit

NOTHING = "nothing"  # said of the text of a picture on which no digit was found


@dataclass(frozen=True, eq=False)
class ReadPicture:
    """What a picture shows, and what was read on it."""

    path: str
    label: str
    text: str
    """Empty where no digit was found."""
    probability: float
    """Of the whole text, in [0, 1]."""
    digits: tuple[Digit, ...]
    size: tuple[int, int]
    """Width and height of the upright picture."""

    @property
    def right(self) -> bool:
        """Whether all of it was read right."""
        return self.text == self.label

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where its digits are, in pixels of the upright picture."""
        return tuple(digit.box for digit in self.digits)

    @property
    def images(self) -> tuple[NDArray[np.uint8], ...]:
        """What the network saw: (28, 28) uint8 each."""
        return tuple(digit.image for digit in self.digits)


@dataclass(frozen=True)
class LengthMetrics:
    """What is scored on the n pictures whose labels have so many digits."""

    length: int
    n: int
    accuracy: float
    character_error_rate: float


@dataclass(frozen=True)
class TextMetrics:
    """What a run scores on n labelled pictures."""

    n: int
    accuracy: float
    """The share of pictures read whole, in [0, 1]."""
    confidence_interval: tuple[float, float]
    """95 % interval of the accuracy."""
    character_error_rate: float
    """Edits that make the texts the labels, by the labels' characters; may be above 1."""
    expected_calibration_error: float
    """How far the texts' probabilities and the accuracy are apart on average, in [0, 1]."""
    by_length: tuple[LengthMetrics, ...]


def bare(text: str) -> str:
    """Return a text or label without what does not count: one line of digits a line of writing.

    `|` separates lines as a newline does.
    """
    lines = ("".join(line.split()) for line in text.replace("|", "\n").splitlines())
    return "\n".join(line for line in lines if line)


def measure_texts(pictures: Sequence[ReadPicture]) -> TextMetrics:
    """Return what the pictures, at least one, score."""
    right = sum(each.right for each in pictures)
    groups: dict[int, list[ReadPicture]] = {}
    for each in pictures:
        groups.setdefault(length(each.label), []).append(each)
    return TextMetrics(
        n=len(pictures),
        accuracy=right / len(pictures),
        confidence_interval=wilson_interval(right, len(pictures)),
        character_error_rate=character_error_rate(pictures),
        expected_calibration_error=calibration_error(reliability(pictures)),
        by_length=tuple(
            LengthMetrics(
                digits,
                len(group),
                sum(each.right for each in group) / len(group),
                character_error_rate(group),
            )
            for digits, group in sorted(groups.items())
        ),
    )


def length(text: str) -> int:
    """Return how many characters a text has, those that part lines left out."""
    return sum(not character.isspace() for character in text)


def character_error_rate(pictures: Sequence[ReadPicture]) -> float:
    """Return the edits between all texts and labels, by the labels' characters."""
    edits = sum(edit_distance(each.label, each.text) for each in pictures)
    return edits / sum(len(each.label) for each in pictures)


def edit_distance(one: str, other: str) -> int:
    """Return the least number of insertions, deletions and substitutions between two texts.

    Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and
    reversals", Soviet Physics Doklady 10 (1966); computed row by row (Wagner and Fischer 1974).
    """
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def reliability(pictures: Sequence[ReadPicture]) -> tuple[ConfidenceBin, ...]:
    """Return whether the texts' probabilities can be taken at their word."""
    return reliability_of(
        [each.probability for each in pictures], [each.right for each in pictures]
    )


def surest_misread(pictures: Sequence[ReadPicture], count: int) -> tuple[ReadPicture, ...]:
    """Return up to `count` pictures that were read wrongly, those that were surest first."""
    wrong = (each for each in pictures if not each.right)
    return tuple(sorted(wrong, key=lambda each: -each.probability)[:count])
