"""All ways through the candidates on a picture: the best one, and the sum over those to one text.

Y. LeCun et al. 1998, "Gradient-based learning applied to document recognition", section V: a graph
of candidates, a price on each, and dynamic programming.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mnistcli.picture.segmentation import Segmentation

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

#: Who lets digits touch does so often: a hand in four. In a line of any other's nothing is cut; in
#: theirs it costs no more than the strokes that a cut goes through.
TOUCHING = 0.25

#: The price, in nats, of leaving a whole line out beside another: one in a thousand is print.
PRINT = 7.0

SMALLEST = 1e-30  # of a probability whose logarithm is taken

_Paths = dict[int, tuple[float, tuple[int, ...]]]
"""For each number of candidates: the best path of so many, its score and its candidates."""

_Sums = NDArray[np.floating]
"""For each number of candidates: the logarithm of the sum over all paths of so many."""


def _better(some: _Paths, others: _Paths) -> _Paths:
    """Return the better path of each number."""
    return {
        number: max(path for paths in (some, others) if (path := paths.get(number)))
        for number in {**some, **others}
    }


class Graph:
    """All ways through the pieces of a picture, from left to right, line after line.

    Between two pieces is a node; candidates lead over one or more pieces, and each piece can be
    left out. A cut at a node is paid for once, where what is before or after it is read: a path
    through the node is `either`, one that a candidate can go on from has paid, and is `opened`.
    A line is by a hand that lets digits touch, or by one that does not; or it is print, of which
    each piece may look as if it were a digit, but hardly all of them do.
    """

    def __init__(
        self,
        segmentation: Segmentation,
        probabilities: NDArray[np.floating],
        strangeness: NDArray[np.floating],
    ) -> None:
        starts = np.cumsum([0, *(len(line) for line in segmentation.unread)]).tolist()
        self.lines = [range(start + 1, end + 1) for start, end in pairwise(starts)]
        self.printed = PRINT if len(self.lines) > 1 else math.inf
        self.sizes = [price for line in segmentation.unread for price in line]
        self.strangeness = strangeness
        candidates = segmentation.candidates
        prices = [candidate.cost + (candidate.cuts[1] or 0.0) for candidate in candidates]
        none = strangeness.astype(np.float64)
        wrong = 1.0 - (1.0 - none) * probabilities.max(axis=1, initial=0.0)  # none, or another
        sure = -np.log(np.maximum(wrong, SURE))
        evidence = FOR * sure + AGAINST * np.log(np.maximum(1.0 - none, SMALLEST)) - READ
        self.logs = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
        self.logs += ((evidence if none.any() else 0.0) - np.asarray(prices))[:, None]
        self.into: list[list[tuple[int, int]]] = [[] for _ in range(len(self.sizes) + 1)]
        self.cuts = [0.0] * len(self.into)
        self.pieces: list[range] = []
        self.is_cut = [candidate.cut for candidate in candidates]
        self.rests: list[list[int]] = []
        for index, candidate in enumerate(candidates):
            first = starts[candidate.line] + candidate.first
            end = starts[candidate.line] + candidate.last + 1
            self.into[end].append((first, index))
            self.cuts[first], self.cuts[end] = (cut or 0.0 for cut in candidate.cuts)
            self.pieces.append(range(first, end))
            beside = zip((first - 1, end), candidate.cuts, strict=True)
            self.rests.append([piece for piece, cut in beside if cut is not None])
        # What is a digit on its own is not left out because it is small; but a tick is no 1.
        self.unread = list(self.sizes)
        for index, pieces in enumerate(self.pieces):
            if len(pieces) == 1:
                alone = float(sure[index]) - candidates[index].cost
                self.unread[pieces[0]] = max(self.unread[pieces[0]], alone)

    def best(self, count: int | None) -> list[int]:
        """Return the candidates on the best path, of which there are `count`; [] if none is."""
        best = self.logs.max(axis=1, initial=-math.inf).tolist()
        one, most = (0, 0) if count is None else (1, count)  # what is counted

        def line(start: _Paths, nodes: range, hand: float, *, touching: bool) -> _Paths:
            start = {n: (score + math.log(hand), path) for n, (score, path) in start.items()}
            opened, either = {nodes.start - 1: start}, start
            for node in nodes:
                read: _Paths = {}
                for first, index in self._read(node, touching=touching):
                    for number, (score, path) in opened[first].items():
                        way = score + best[index], (*path, index)
                        if number + one <= most:
                            read[number + one] = max(read.get(number + one, way), way)
                left, cut = self.unread[node - 1], self.cuts[node]
                out = {n: (score - left, path) for n, (score, path) in either.items()}
                either = _better(read, out)
                paid = {n: (score - cut, path) for n, (score, path) in out.items()}
                opened[node] = _better(read, paid)
            return either

        paths: _Paths = {0: (0.0, ())}
        for nodes in self.lines:
            touching = line(paths, nodes, TOUCHING, touching=True)
            printed = {n: (score - self.printed, path) for n, (score, path) in paths.items()}
            paths = _better(line(paths, nodes, 1.0 - TOUCHING, touching=False), touching)
            paths = _better(paths, printed)
        return list(paths.get(most, (0.0, ()))[1])

    def _read(self, node: int, *, touching: bool) -> list[tuple[int, int]]:
        """Return the candidates up to a node, and from where: none that is cut, unless digits touch."""
        return [way for way in self.into[node] if touching or not self.is_cut[way[1]]]

    def share(self, answers: Sequence[int], count: int | None) -> float:
        """Return the probability of these answers among all texts, of `count` digits if given.

        All paths that lead to the same text count towards it.
        """
        every = np.logaddexp.reduce(self.logs, axis=1)[:, None]
        text = self._sum(self.logs[:, list(answers)], len(answers))
        whole = self._sum(every, count)
        empty = sum(
            np.logaddexp(-sum(self.unread[node - 1] for node in nodes), -self.printed)
            for nodes in self.lines
        )
        nothing = math.exp(empty - whole) if count is None else 0.0
        return float(min(1.0, math.exp(text - whole) / (1.0 - nothing)))

    def _sum(self, logs: NDArray[np.floating], count: int | None) -> float:
        """Return the logarithm of the sum over all paths of `count` candidates, or of any number.

        `logs` are those of the candidates' probabilities, (n, 1), or (n, count): in each place.
        """

        def line(start: _Sums, nodes: range, hand: float, *, touching: bool) -> _Sums:
            opened, either = {nodes.start - 1: start + math.log(hand)}, start + math.log(hand)
            for node in nodes:
                read = np.full_like(start, -math.inf)
                to, before = (read, slice(None)) if count is None else (read[1:], slice(-1))
                for first, index in self._read(node, touching=touching):
                    np.logaddexp(to, opened[first][before] + logs[index], out=to)
                out = either - self.unread[node - 1]
                either = np.logaddexp(read, out)
                opened[node] = np.logaddexp(read, out - self.cuts[node])
            return either

        sums = np.full(1 if count is None else count + 1, -math.inf)
        sums[0] = 0.0
        for nodes in self.lines:
            touching = line(sums, nodes, TOUCHING, touching=True)
            printed = sums - self.printed
            sums = np.logaddexp(line(sums, nodes, 1.0 - TOUCHING, touching=False), touching)
            sums = np.logaddexp(sums, printed)
        return float(sums[-1])

    def doubtful(self, chosen: Sequence[int]) -> bool:
        """Tell whether a chosen candidate is no digit, or what is left out no dash.

        That is what is as large as a digit, or was cut off one: signs are partly digits.
        """
        read = {piece for index in chosen for piece in self.pieces[index]}
        left = any(price >= LETTER for piece, price in enumerate(self.sizes) if piece not in read)
        torn = any(piece not in read for index in chosen for piece in self.rests[index])
        return left or torn or any(bool(self.strangeness[index] > DOUBTFUL) for index in chosen)
