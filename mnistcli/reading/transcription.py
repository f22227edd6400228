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


_Paths = dict[int, tuple[float, tuple[int, ...]]]
"""For each number of candidates: the best path of so many, its score and its candidates."""


def _better(some: _Paths, others: _Paths) -> _Paths:
    """Return the better path of each number."""
    return {
        number: max(path for paths in (some, others) if (path := paths.get(number)))
        for number in {**some, **others}
    }


class _Graph:
    """All ways through the pieces of a picture, from left to right, line after line.

    Between two pieces is a node; candidates lead over one or more pieces, and each piece can be
    left out. A cut at a node is paid for once, where what is before or after it is read: a path
    through the node is `either`, one that a candidate can go on from has paid, and is `opened`.
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
        prices = [candidate.cost + candidate.cuts[1] for candidate in segmentation.candidates]
        none = strangeness.astype(np.float64)
        wrong = 1.0 - (1.0 - none) * probabilities.max(axis=1, initial=0.0)  # none, or another
        sure = -np.log(np.maximum(wrong, SURE))
        evidence = FOR * sure + AGAINST * np.log(np.maximum(1.0 - none, SMALLEST)) - READ
        self.logs = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
        self.logs += ((evidence if none.any() else 0.0) - np.asarray(prices))[:, None]
        self.into: list[list[tuple[int, int]]] = [[] for _ in range(len(self.sizes) + 1)]
        self.cuts = [0.0] * len(self.into)
        self.pieces: list[range] = []
        for index, candidate in enumerate(segmentation.candidates):
            first = int(starts[candidate.line]) + candidate.first
            end = int(starts[candidate.line]) + candidate.last + 1
            self.into[end].append((first, index))
            self.cuts[first], self.cuts[end] = candidate.cuts
            self.pieces.append(range(first, end))
        # What is a digit on its own is not left out because it is small.
        self.unread = list(self.sizes)
        for index, pieces in enumerate(self.pieces):
            if len(pieces) == 1:
                self.unread[pieces[0]] = max(self.unread[pieces[0]], float(sure[index]))

    def best(self, count: int | None) -> list[int]:
        """Return the candidates on the best path, of which there are `count`; [] if none is."""
        best = self.logs.max(axis=1, initial=-math.inf).tolist()
        one, most = (0, 0) if count is None else (1, count)  # what is counted
        opened: list[_Paths] = [{0: (0.0, ())}]
        either = opened.copy()
        for node in range(1, len(self.into)):
            read: _Paths = {}
            for first, index in self.into[node]:
                for number, (score, path) in opened[first].items():
                    way = score + best[index], (*path, index)
                    if number + one <= most:
                        read[number + one] = max(read.get(number + one, way), way)
            left, cut = self.unread[node - 1], self.cuts[node]
            out = {n: (score - left, path) for n, (score, path) in either[node - 1].items()}
            either.append(_better(read, out))
            opened.append(
                _better(read, {n: (score - cut, path) for n, (score, path) in out.items()})
            )
        return list(either[-1].get(most, (0.0, ()))[1])

    def share(self, answers: Sequence[int], count: int | None) -> float:
        """Return the probability of these answers among all texts, of `count` digits if given.

        All paths that lead to the same text count towards it.
        """
        every = np.logaddexp.reduce(self.logs, axis=1)[:, None]
        text = self._sum(self.logs[:, list(answers)], len(answers))
        whole = self._sum(every, count)
        nothing = math.exp(-sum(self.unread) - whole) if count is None else 0.0
        return float(min(1.0, math.exp(text - whole) / (1.0 - nothing)))

    def _sum(self, logs: NDArray[np.floating], count: int | None) -> float:
        """Return the logarithm of the sum over all paths of `count` candidates, or of any number.

        `logs` are those of the candidates' probabilities, (n, 1), or (n, count): in each place.
        """
        start = np.full(1 if count is None else count + 1, -math.inf)
        start[0] = 0.0
        opened, either = [start], [start]
        for node in range(1, len(self.into)):
            read = np.full_like(start, -math.inf)
            to, before = (read, slice(None)) if count is None else (read[1:], slice(-1))
            for first, index in self.into[node]:
                np.logaddexp(to, opened[first][before] + logs[index], out=to)
            out = either[node - 1] - self.unread[node - 1]
            either.append(np.logaddexp(read, out))
            opened.append(np.logaddexp(read, out - self.cuts[node]))
        return float(either[-1][-1])

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
