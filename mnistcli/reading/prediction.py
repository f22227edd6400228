"""Pictures in, digits out."""

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture.conversion import read_picture
from mnistcli.reading.classifier import Classifier
from mnistcli.reading.inputs import STDIN, read_file

VERSION = 1  # of the JSON that names predictions

LONGEST_STEM = 230  # bytes: a file's name has at most 255, with `-2.png` and the like

CHUNK = 32  # pictures read, then classified, at once

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Prediction:
    """What was read in one picture: an image and its answers, or an error."""

    path: str
    image: Image | None = None
    """(28, 28) uint8: what the network saw."""
    probabilities: tuple[float, ...] | None = None
    error: str | None = None
    doubtful: bool = False
    """Whether the best answer's probability is below the confidence that was asked for."""

    @property
    def ranking(self) -> list[int]:
        """The ten digits, most probable first."""
        probabilities = self.probabilities or ()
        return sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])

    def to_json(self) -> dict[str, Any]:
        """Return the prediction as a JSON object; a doubtful one names no digit."""
        probabilities = self.probabilities
        return {
            "path": self.path,
            "digit": self.ranking[0] if probabilities and not self.doubtful else None,
            "probability": max(probabilities) if probabilities else None,
            "probabilities": list(probabilities) if probabilities else None,
            "doubtful": self.doubtful,
            "error": self.error,
        }


def predict_pictures(
    paths: Iterable[str], classifier: Classifier, min_confidence: float = 0.0
) -> Iterator[Prediction]:
    """Yield a prediction for the picture in each file ("-": standard input), in order.

    They are read by all cores where there are many, and memory does not grow with their number.
    """
    paths = iter(paths)
    batches = iter(lambda: list(itertools.islice(paths, CHUNK)), [])
    first = next(batches, [])
    read: Iterator[list[Reading]] = map(_read_batch, [first])
    if len(first) == CHUNK:
        # Imported here: one picture should not wait for multiprocessing.
        from mnistcli.parallel import ordered

        read = ordered(_read_batch, itertools.chain([first], batches))
    for readings in read:
        yield from _classify(readings, classifier, min_confidence)


Reading = tuple[str, Image | None, str | None]
"""A picture's path, and its image or the reason why there is none."""


def _read_batch(paths: list[str]) -> list[Reading]:
    readings: list[Reading] = []
    for path in paths:
        try:
            readings.append((path, read_picture(read_file(path)), None))
        except PictureError as error:
            readings.append((path, None, str(error)))
    return readings


def _classify(
    readings: list[Reading], classifier: Classifier, min_confidence: float
) -> Iterator[Prediction]:
    images = [image for _, image, _ in readings if image is not None]
    rows = iter(classifier.predict(np.asarray(images, np.uint8)).tolist())
    for path, image, error in readings:
        if image is None:
            yield Prediction(path, error=error)
        else:
            probabilities = tuple(next(rows))
            doubtful = max(probabilities) < min_confidence
            yield Prediction(path, image, probabilities, doubtful=doubtful)


def saved(predictions: Iterable[Prediction], folder: Path) -> Iterator[Prediction]:
    """Write each prediction's image as a PNG into `folder` as it passes.

    It is named after the picture: a/3.jpg becomes a-3.png, and what would collide is numbered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for prediction in predictions:
        if prediction.image is not None:
            parts = [
                part
                for part in Path(prediction.path).with_suffix("").parts
                if part not in ("/", "..")
            ]
            stem = "stdin" if prediction.path == STDIN else "-".join(parts)
            stem = os.fsdecode(os.fsencode(stem)[-LONGEST_STEM:])  # the end tells more
            names = itertools.chain([stem], (f"{stem}-{k}" for k in itertools.count(2)))
            name = next(name for name in names if name not in taken)
            taken.add(name)
            PIL.Image.fromarray(prediction.image).save(folder / f"{name}.png", format="PNG")
        yield prediction
