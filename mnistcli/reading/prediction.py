"""Pictures in, digits out."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import are_digits
from mnistcli.errors import PictureError
from mnistcli.picture.conversion import segment_picture, whole_picture
from mnistcli.picture.segmentation import Segmentation
from mnistcli.reading.classifier import Classifier
from mnistcli.reading.inputs import read_file
from mnistcli.reading.transcription import Digit, Transcription, transcribe

VERSION = 1  # of the JSON that names predictions

CHUNK = 32  # pictures read, then classified, at once; so many are worth several processes

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What was read on one picture: its transcription, or an error."""

    path: str
    transcription: Transcription | None = None
    error: str | None = None
    doubtful: bool = False
    """Whether there may be no digit, or the answer's probability is below what was asked for."""

    @property
    def digits(self) -> tuple[Digit, ...]:
        """The digits that were read, in reading order."""
        return self.transcription.digits if self.transcription else ()

    @property
    def only(self) -> Digit | None:
        """The digit, where exactly one was read."""
        return self.digits[0] if len(self.digits) == 1 else None

    @property
    def image(self) -> Image | None:
        """What the network saw, (28, 28) uint8, where exactly one digit was read."""
        return self.only.image if self.only else None

    @property
    def probabilities(self) -> tuple[float, ...] | None:
        """Those of the classes, where exactly one digit was read."""
        return self.only.probabilities if self.only else None

    def to_json(self) -> dict[str, Any]:
        """Return the prediction as a JSON object; a doubtful one names no digit."""
        read, only = self.transcription, self.only
        return {
            "path": self.path,
            "digit": only.digit if only and not self.doubtful else None,
            "label": only.label if only and not self.doubtful else None,
            "probability": read.probability if read else None,
            "probabilities": list(only.probabilities) if only else None,
            "doubtful": self.doubtful,
            "error": self.error,
            "text": read.text if read else None,
            "digits": [_digit_json(each) for each in self.digits],
        }


def _digit_json(digit: Digit) -> dict[str, Any]:
    return {
        "digit": digit.digit,
        "label": digit.label,
        "probability": digit.probability,
        "probabilities": list(digit.probabilities),
        "box": list(digit.box),
        "line": digit.line,
    }


def predict_pictures(
    paths: Iterable[str],
    classifier: Classifier,
    min_confidence: float = 0.0,
    count: int | None = None,
) -> Iterator[Prediction]:
    """Yield a prediction for the picture in each file ("-": standard input), in order.

    Each shows `count` digits, or any number; or one sign, where the network tells others apart.
    Where there are many, each core reads and classifies some, but Keras' are read by one. Memory
    does not grow with their number.
    """
    paths = iter(paths)
    chunks = iter(lambda: list(itertools.islice(paths, CHUNK)), [])
    first = next(chunks, [])
    chunks = itertools.chain([first], chunks)
    read = partial(_read, min_confidence=min_confidence, count=count)
    if len(first) == CHUNK and classifier.again:
        # Imported here: one picture should not wait for multiprocessing.
        from mnistcli.parallel import ordered

        predictions = ordered(read, chunks, make=classifier.again)
    else:
        predictions = map(partial(read, classifier=classifier), chunks)
    yield from itertools.chain.from_iterable(predictions)


def _read(
    paths: list[str],
    min_confidence: float,
    count: int | None,
    classifier: Classifier | None = None,
) -> list[Prediction]:
    """Read pictures by a classifier, or in a worker by its own."""
    if classifier is None:
        from mnistcli.parallel import own

        classifier = own()
    return list(predict(((path, None) for path in paths), classifier, min_confidence, count))


Reading = tuple[str, Segmentation | PictureError]
"""A picture's path, and what could be digits on it, or the reason why nothing could be read."""


def _segmented(path: str, data: bytes | None, *, signs: bool) -> Reading:
    """Return what could be digits on a picture; or, of `signs`, all that is written on it as one."""
    segment = whole_picture if signs else segment_picture
    try:
        return path, segment(read_file(path) if data is None else data)
    except PictureError as error:
        return path, error


def predict(
    pictures: Iterable[tuple[str, bytes | None]],
    classifier: Classifier,
    min_confidence: float = 0.0,
    count: int | None = None,
) -> Iterator[Prediction]:
    """Yield a prediction for each picture: of these bytes, or where there are none of the file's.

    The network is asked once for all of them.
    """
    signs = not are_digits(classifier.classes)
    readings = [_segmented(*picture, signs=signs) for picture in pictures]
    images = [
        candidate.image
        for _, found in readings
        if isinstance(found, Segmentation)
        for candidate in found.candidates
    ]
    probabilities, strangeness = classifier.judge(np.array(images, np.uint8).reshape(-1, 28, 28))
    start = 0
    for path, found in readings:
        if isinstance(found, PictureError):
            yield Prediction(path, error=str(found))
            continue
        part = slice(start, start + len(found.candidates))
        start = part.stop
        try:
            said = transcribe(
                found, probabilities[part], strangeness[part], count, classifier.classes
            )
        except PictureError as error:
            yield Prediction(path, error=str(error))
        else:
            doubtful = said.doubtful or said.probability < min_confidence
            yield Prediction(path, said, doubtful=doubtful)
