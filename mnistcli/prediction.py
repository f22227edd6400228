"""Pictures in, digits out."""

import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli.classifier import BATCH, Classifier
from mnistcli.errors import PictureError
from mnistcli.picture import read_picture

STDIN = "-"
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".mpo", ".png", ".tif", ".tiff", ".webp")
"""What counts as a picture in a folder; a file that is named is read whatever its suffix."""


@dataclass(frozen=True)
class Prediction:
    """What was read in one picture: an answer, or an error."""

    path: str
    probabilities: tuple[float, ...] | None = None
    error: str | None = None

    @property
    def digit(self) -> int | None:
        """The most probable digit."""
        return self.ranking[0] if self.probabilities else None

    @property
    def probability(self) -> float | None:
        """The digit's probability, in [0, 1]."""
        return max(self.probabilities) if self.probabilities else None

    @property
    def ranking(self) -> list[int]:
        """The ten digits, most probable first."""
        probabilities = self.probabilities or ()
        return sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])

    def to_json(self) -> dict[str, Any]:
        """Return the prediction as a JSON object."""
        return {
            "path": self.path,
            "digit": self.digit,
            "probability": self.probability,
            "probabilities": list(self.probabilities) if self.probabilities else None,
            "error": self.error,
        }


def predict_pictures(inputs: Iterable[str], classifier: Classifier) -> Iterator[Prediction]:
    """Yield a prediction for each picture that `inputs` (files, folders, "-") name, in order."""
    paths = expand(inputs)
    while batch := list(itertools.islice(paths, BATCH)):
        yield from _predict_batch(batch, classifier)


def expand(inputs: Iterable[str]) -> Iterator[str]:
    """Yield the inputs, with each folder replaced by the pictures below it, sorted by path."""
    for name in inputs:
        if name == STDIN or not os.path.isdir(name):  # noqa: PTH112 - any bytes are a name
            yield name
            continue
        for folder, folders, files in os.walk(name):
            folders.sort()
            pictures = (file for file in sorted(files) if file.lower().endswith(SUFFIXES))
            yield from (os.path.join(folder, file) for file in pictures)  # noqa: PTH118


def _predict_batch(paths: list[str], classifier: Classifier) -> Iterator[Prediction]:
    images: list[NDArray[np.uint8]] = []
    errors: dict[int, str] = {}
    for position, path in enumerate(paths):
        try:
            images.append(read_picture(_read(path)))
        except PictureError as error:
            errors[position] = str(error)
    rows = iter(classifier.predict(np.asarray(images, np.uint8)).tolist())
    for position, path in enumerate(paths):
        if position in errors:
            yield Prediction(path, error=errors[position])
        else:
            yield Prediction(path, tuple(next(rows)))


def _read(path: str) -> bytes:
    if path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(f"cannot be opened: {reason}.") from error
