"""What could be digits, and what the network says of each -> the text that was written.

The text is the best path through all ways to segment a picture (Y. LeCun et al. 1998,
"Gradient-based learning applied to document recognition", section V: a graph of candidates, a price
on each, found by dynamic programming).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import DIGITS, are_digits
from mnistcli.errors import PictureError
from mnistcli.picture.segmentation import Box, Candidate, Segmentation

#: An answer whose image is rather none than a digit is doubtful.
DOUBTFUL = 0.5

#: A piece that costs so much, in nats, to leave out is no dot and no dash.
LETTER = 4.2

#: A nat of evidence that an image shows a digit, or none, counts so much beside one for which digit
#: it is, as it comes from a coarser model; and it is no more sure of a digit than this.
FOR, AGAINST = 0.3, 0.45
SURE = 1e-5

#: ... against which stands the price of reading one, in nats: it may be any of ten, or none.
READ = 1.5

#: A gap so wide, beside the height of the digits, parts two numbers; if there are more gaps than
#: FEW, it is also so wide beside the usual one.
SPACE = 0.75
WIDER = 2.0
FEW = 2
USUAL = 0.25  # quantile: half of the gaps may part numbers

SMALLEST = 1e-30  # of a probability whose logarithm is taken


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
    """Whether something seems to be there that is no digit, or none is one as it stands."""
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
    graph = _Graph(segmentation, probabilities, strangeness)
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
        doubtful=graph.doubtful(chosen) or all(candidate.cut for candidate in candidates),
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


class _Graph:
    """All ways through the pieces of a picture, from left to right, line after line.

    Between two pieces is a node; candidates lead over one or more pieces, and each piece can be
    left out.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        probabilities: NDArray[np.floating],
        strangeness: NDArray[np.floating],
    ) -> None:
        starts = np.cumsum([0, *(len(line) for line in segmentation.unread)])
        self.sizes = [price for line in segmentation.unread for price in line]
        self.strangeness = strangeness
        self.prices = [candidate.cost for candidate in segmentation.candidates]
        none = strangeness.astype(np.float64)
        wrong = 1.0 - (1.0 - none) * probabilities.max(axis=1, initial=0.0)  # none, or another
        sure = -np.log(np.maximum(wrong, SURE))
        evidence = FOR * sure + AGAINST * np.log(np.maximum(1.0 - none, SMALLEST)) - READ
        self.logs = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
        self.logs += ((evidence if none.any() else 0.0) - np.asarray(self.prices))[:, None]
        self.into: list[list[tuple[int, int]]] = [[] for _ in range(len(self.sizes) + 1)]
        self.pieces: list[range] = []
        for index, candidate in enumerate(segmentation.candidates):
            first = int(starts[candidate.line]) + candidate.first
            end = int(starts[candidate.line]) + candidate.last + 1
            self.into[end].append((first, index))
            self.pieces.append(range(first, end))
        # What is a digit on its own is not left out because it is small.
        self.unread = list(self.sizes)
        for index, pieces in enumerate(self.pieces):
            if len(pieces) == 1:
                self.unread[pieces[0]] = max(self.unread[pieces[0]], float(sure[index]))

    def best(self, count: int | None) -> list[int]:
        """Return the candidates on the best path, of which there are `count`; [] if none is."""
        best = self.logs.max(axis=1, initial=-math.inf)
        if count is None:
            free: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
            for node in range(1, len(self.into)):
                ways = [(free[node - 1][0] - self.unread[node - 1], free[node - 1][1])]
                for first, index in self.into[node]:
                    score, path = free[first]
                    ways.append((score + best[index], (*path, index)))
                free.append(max(ways, key=lambda way: way[0]))
            return list(free[-1][1])
        table: list[dict[int, tuple[float, tuple[int, ...]]]] = [{0: (0.0, ())}]
        for node in range(1, len(self.into)):
            found: dict[int, tuple[float, tuple[int, ...]]] = {
                number: (score - self.unread[node - 1], path)
                for number, (score, path) in table[node - 1].items()
            }
            for first, index in self.into[node]:
                for number, (score, path) in table[first].items():
                    more = score + best[index]
                    if number < count and more > found.get(number + 1, (-math.inf, ()))[0]:
                        found[number + 1] = more, (*path, index)
            table.append(found)
        return list(table[-1].get(count, (0.0, ()))[1])

    def share(self, answers: Sequence[int], count: int | None) -> float:
        """Return the probability of these answers among all texts, of `count` digits if given.

        All paths that lead to the same text count towards it.
        """
        wanted = len(answers)
        text = np.full((len(self.into), wanted + 1), -math.inf)
        whole = np.full((len(self.into), (count or 0) + 1), -math.inf)
        text[0, 0] = whole[0, 0] = 0.0
        every = np.logaddexp.reduce(self.logs, axis=1)
        for node in range(1, len(self.into)):
            text[node] = text[node - 1] - self.unread[node - 1]
            whole[node] = whole[node - 1] - self.unread[node - 1]
            for first, index in self.into[node]:
                step = text[first, :-1] + self.logs[index, list(answers)]
                text[node, 1:] = np.logaddexp(text[node, 1:], step)
                if count is None:
                    whole[node] = np.logaddexp(whole[node], whole[first] + every[index])
                else:
                    more = np.logaddexp(whole[node, 1:], whole[first, :-1] + every[index])
                    whole[node, 1:] = more
        nothing = math.exp(-sum(self.unread) - whole[-1, -1]) if count is None else 0.0
        return float(min(1.0, np.exp(text[-1, wanted] - whole[-1, -1]) / (1.0 - nothing)))

    def doubtful(self, chosen: Sequence[int]) -> bool:
        """Tell whether a chosen candidate, or what is as large and left out, is no digit."""
        read = {piece for index in chosen for piece in self.pieces[index]}
        left = any(price >= LETTER for piece, price in enumerate(self.sizes) if piece not in read)
        return left or any(bool(self.strangeness[index] > DOUBTFUL) for index in chosen)


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
