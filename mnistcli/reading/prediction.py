"""Pictures in, digits out."""

import itertools
import os
import stat
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

VERSION = 1  # of the JSON that names predictions

STDIN = "-"
SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".mpo", ".pbm", ".pgm", ".png", ".ppm", ".tif"),
    *(".tiff", ".webp"),
)
"""What counts as a picture in a folder; a file that is named is read whatever its suffix."""
MAX_BYTES = 330_000_000  # 12,000 x 9,000 pixels of three bytes take 324 million

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


def expand(inputs: Iterable[str]) -> Iterator[str]:
    """Yield the inputs, with each folder replaced by the pictures below it, sorted by path.

    A folder that cannot be listed stays, to be refused by its name when it is read.
    """
    for name in inputs:
        if name == STDIN or not os.path.isdir(name):  # noqa: PTH112 - a name may be any bytes
            yield name
            continue
        yield from _below(name)


def share(inputs: Iterable[str], part: int, parts: int) -> Iterator[str]:
    """Yield every `parts`-th input: each belongs to one part, 0 to parts - 1.

    Part `parts` is part 0, so that whoever counts from 1 also reads each input once.
    """
    return itertools.islice(inputs, part % parts, None, parts)


def _below(top: str) -> Iterator[str]:
    """Yield the pictures below a folder, and the folders that cannot be listed."""
    unlisted: list[str] = []
    for folder, folders, files in os.walk(top, onerror=lambda e: unlisted.append(e.filename)):
        yield from unlisted
        unlisted.clear()
        folders.sort()
        pictures = (file for file in sorted(files) if file.lower().endswith(SUFFIXES))
        yield from (os.path.join(folder, file) for file in pictures)  # noqa: PTH118
    yield from unlisted


def read_file(path: str) -> bytes:
    """Return the bytes of a picture's file ("-": standard input); raise PictureError."""
    try:
        if path == STDIN:
            with open(0, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        else:
            # Without O_NONBLOCK, opening a FIFO waits for ever.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise PictureError("not a regular file; pipe it in and name it `-`.")
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(f"cannot be opened: {reason}.") from error
    if len(data) > MAX_BYTES:
        raise PictureError(f"larger than {MAX_BYTES // 1_000_000} MB; no picture of a digit is.")
    return data
