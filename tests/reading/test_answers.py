"""The most probable texts, from the digits' probabilities."""

import itertools
import math

import numpy as np
import pytest

from mnistcli.reading.answers import answers
from mnistcli.reading.transcription import Digit, Transcription

IMAGE = np.zeros((28, 28), np.uint8)


def said(rows, text):
    digits = tuple(
        Digit(max(range(10), key=row.__getitem__), max(row), tuple(row), (0, 0, 1, 1), 0, IMAGE)
        for row in rows
    )
    return Transcription(text, math.prod(map(max, rows)), digits, doubtful=False, size=(9, 9))


def test_the_texts_are_those_that_trying_all_gives():
    rows = np.random.default_rng(1).dirichlet(np.full(10, 0.3), 3).tolist()
    text = "".join(str(max(range(10), key=row.__getitem__)) for row in rows)
    tried = {
        "".join(map(str, choice)): math.prod(row[k] for row, k in zip(rows, choice, strict=True))
        for choice in itertools.product(range(10), repeat=3)
    }
    best = sorted(tried.items(), key=lambda pair: -pair[1])[:10]
    found = answers(said(rows, text), 10)
    assert [each for each, _ in found] == [each for each, _ in best]
    assert [p for _, p in found] == pytest.approx([p for _, p in best])


def test_of_one_digit_they_are_the_ten_digits():
    row = [0.05] * 8 + [0.4, 0.2]
    found = answers(said([row], "8"), 10)
    assert found[:2] == [("8", 0.4), ("9", 0.2)]
    assert len(found) == 10


def test_spaces_and_lines_stay():
    rows = [[0.9] + [0.1 / 9] * 9] * 3
    assert all(text[1] == " " and text[3] == "\n" for text, _ in answers(said(rows, "0 0\n0"), 5))
