"""What the network saw, as files."""

import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import PIL.Image

from mnistcli.reading.inputs import STDIN
from mnistcli.reading.prediction import Prediction

LONGEST_STEM = 230  # bytes: a file's name has at most 255, with `-2-10.png` and the like


def saved(predictions: Iterable[Prediction], folder: Path) -> Iterator[Prediction]:
    """Write each digit's image as a PNG into `folder` as the predictions pass.

    They are named after the picture: a/3.jpg becomes a-3.png, or, where it shows several digits,
    a-3-1.png, a-3-2.png ...; what would collide is numbered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for prediction in predictions:
        images = [digit.image for digit in prediction.digits]
        if images:
            stem = _stem(prediction.path)
            stems = itertools.chain([stem], (f"{stem}-{k}" for k in itertools.count(2)))
            names = next(
                names for each in stems if taken.isdisjoint(names := _names(each, len(images)))
            )
            taken.update(names)
            for name, image in zip(names, images, strict=True):
                PIL.Image.fromarray(image).save(folder / f"{name}.png", format="PNG")
        yield prediction


def _stem(path: str) -> str:
    parts = [part for part in Path(path).with_suffix("").parts if part not in ("/", "..")]
    stem = "stdin" if path == STDIN else "-".join(parts)
    return os.fsdecode(os.fsencode(stem)[-LONGEST_STEM:])  # the end tells more


def _names(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}-{k}" for k in range(1, count + 1)]
