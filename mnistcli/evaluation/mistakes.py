"""The images that a network reads wrongly, and how sure it was."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import DIGITS

CERTAIN = 0.9995  # what would be rounded to 100.0%


@dataclass(frozen=True)
class Answers:
    """What was measured: images (n, 28, 28), labels (n,), probabilities (n, k) of k classes."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    names: Sequence[str] | None = None
    """Of pictures only: their paths."""
    classes: tuple[str, ...] = DIGITS


@dataclass(frozen=True)
class Mistake:
    """An image that was read as another class than it shows."""

    name: str
    """A picture's path, or # and the image's place in the split, from 0."""
    image: NDArray[np.uint8]
    """(28, 28), digit bright on dark."""
    label: str
    answer: str
    """What it was read as."""
    probability: float
    """Of that answer, in [0, 1]."""


def most_confident(answers: Answers, count: int) -> tuple[Mistake, ...]:
    """Return up to `count` mistakes, the surest first; equal ones stand in their order."""
    names, labels, probabilities = answers.names, answers.labels, answers.probabilities
    digits = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(digits != labels)
    confidence = probabilities[wrong, digits[wrong]]
    return tuple(
        Mistake(
            name=names[index] if names else f"#{index}",
            image=answers.images[index],
            label=answers.classes[labels[index]],
            answer=answers.classes[digits[index]],
            probability=float(probabilities[index, digits[index]]),
        )
        for index in wrong[np.argsort(-confidence, kind="stable")][:count].tolist()
    )


def sureness(probability: float) -> str:
    """Return a probability as a person says it; nothing short of 1 becomes 100 %."""
    return f"{probability:.1%} sure" if probability < CERTAIN else "over 99.9% sure"
