"""What else a picture may say: its most probable texts, best first."""

import heapq
from collections.abc import Iterator
from itertools import islice

from mnistcli.reading.transcription import Digit, Transcription


def answers(said: Transcription, count: int) -> list[tuple[str, float]]:
    """Return up to `count` texts with their probabilities, the one that was read first.

    The others have the same digits' places, but other digits there.
    """
    if count == 1:
        return [(said.text, said.probability)]
    if len(said.digits) == 1:
        return ranking(said.digits[0])[:count]
    return list(islice(_texts(said), count))


def ranking(digit: Digit) -> list[tuple[str, float]]:
    """Return the names of the classes and their probabilities, most probable first."""
    # What was read stands first, also where another is as probable.
    pairs = zip(digit.classes, digit.probabilities, strict=True)
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0] != digit.label))


def _texts(said: Transcription) -> Iterator[tuple[str, float]]:
    """Yield texts in the order of their probabilities.

    Each text is a choice of one rank per place. A heap holds the choices that follow from those
    that are out: the next rank at one place, no earlier than the last that was moved.
    """
    ranks = [ranking(each) for each in said.digits]
    heap = [(-said.probability, (0,) * len(ranks), 0)]
    while heap:
        negative, choice, moved = heapq.heappop(heap)
        yield _written(said.text, [ranks[k][rank][0] for k, rank in enumerate(choice)]), -negative
        for place in range(moved, len(ranks)):
            rank = choice[place] + 1
            if rank < len(ranks[place]):
                share = ranks[place][rank][1] / (ranks[place][rank - 1][1] or 1.0)
                following = (*choice[:place], rank, *choice[place + 1 :])
                heapq.heappush(heap, (negative * share, following, place))


def _written(text: str, digits: list[str]) -> str:
    """Put other digits in the places of a text's."""
    each = iter(digits)
    return "".join(next(each) if character.isdigit() else character for character in text)
