"""Which mistakes are shown, and in what order."""

from dataclasses import replace

import numpy as np

from mnistcli.evaluation.mistakes import Answers, most_confident, sureness

LABELS = np.array([1, 2, 3, 4, 5], np.uint8)
IMAGES = np.arange(5 * 784, dtype=np.uint32).astype(np.uint8).reshape(5, 28, 28)


def sure(*answers):
    """Probabilities of answers (digit, probability), the rest shared by the others."""
    rows = np.empty((len(answers), 10), np.float32)
    for row, (digit, probability) in zip(rows, answers, strict=True):
        row[:] = (1 - probability) / 9
        row[digit] = probability
    return rows


PROBABILITIES = sure((1, 0.9), (7, 0.5), (8, 0.95), (4, 0.3), (6, 0.5))
ANSWERS = Answers(IMAGES, LABELS, PROBABILITIES)


def test_the_surest_mistakes_come_first_and_equal_ones_in_their_order():
    mistakes = most_confident(ANSWERS, 10)
    assert [each.label + each.answer for each in mistakes] == ["38", "27", "56"]


def test_no_more_than_asked_for():
    assert len(most_confident(ANSWERS, 2)) == 2


def test_a_mistake_has_its_image_its_probability_and_its_place_in_the_split():
    first = most_confident(ANSWERS, 1)[0]
    assert np.array_equal(first.image, IMAGES[2])
    assert abs(first.probability - 0.95) < 1e-6
    assert first.name == "#2"


def test_a_picture_is_called_by_its_path():
    names = ["a.png", "b.png", "c.png", "d.png", "e.png"]
    assert most_confident(replace(ANSWERS, names=names), 1)[0].name == "c.png"


def test_where_all_is_right_there_is_none():
    assert most_confident(Answers(IMAGES[:1], LABELS[:1], PROBABILITIES[:1]), 5) == ()


def test_nothing_but_certainty_is_called_100_percent():
    assert sureness(0.99951) == "over 99.9% sure"
    assert sureness(0.9994) == "99.9% sure"
