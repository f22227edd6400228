"""Labelled images, classes by name: what all kinds of sources become, and how they are split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import FEWEST, MOST
from mnistcli.errors import DatasetError
from mnistcli.reading.inputs import natural

MOST_IMAGES = 1_000_000
LONGEST = 40  # characters of a class's name
HELD_OUT = 0.1  # of the images of each class, where the source has no test part
SEED = 0


@dataclass(frozen=True, eq=False)
class Part:
    """Images (n, 28, 28) uint8, and the name of each one's class."""

    images: NDArray[np.uint8]
    labels: Sequence[str]


def classes_of(parts: Mapping[str, Part], source: str) -> tuple[str, ...]:
    """Return the classes of a dataset, those of its training images, in natural order.

    Raises DatasetError where they are too few or too many, or the test images have others.
    """
    names = tuple(sorted(set(parts["train"].labels), key=natural))
    if not FEWEST <= len(names) <= MOST:
        listed = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")  # noqa: PLR2004
        raise DatasetError(
            f"{source}: expected {FEWEST} to {MOST} classes, got {len(names)}: {listed or 'none'}."
        )
    for name in names:
        if len(name) > LONGEST or not name.isprintable():
            raise DatasetError(
                f"{source}: {name!r} cannot be a class's name: expected up to {LONGEST} characters "
                f"that can be printed."
            )
    unknown = sorted(set(parts["test"].labels) - set(names)) if "test" in parts else []
    if unknown:
        raise DatasetError(
            f"{source}: the test images are labelled {', '.join(unknown[:5])}, and no training "
            f"image is."
        )
    return names


def split(parts: Mapping[str, Part], classes: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
    """Return the four arrays that are stored, the training images shuffled.

    Where there is no test part, a tenth is held out, of each class alike; all by a fixed seed.
    """
    rng = np.random.default_rng(SEED)
    places = {name: place for place, name in enumerate(classes)}
    images, labels = {}, {}
    for name, part in parts.items():
        images[name] = part.images
        labels[name] = np.array([places[label] for label in part.labels], np.uint8)
    order = rng.permutation(len(labels["train"]))
    if "test" not in parts:
        held = _held_out(labels["train"][order], len(classes))
        images["test"], labels["test"] = (a["train"][order[held]] for a in (images, labels))
        order = order[~held]
    images["train"], labels["train"] = (a["train"][order] for a in (images, labels))
    return {
        f"{name}/{kind}": arrays[name]
        for name in ("train", "test")
        for kind, arrays in (("images", images), ("labels", labels))
    }


def _held_out(labels: NDArray[np.uint8], classes: int) -> NDArray[np.bool_]:
    """Choose a tenth of shuffled images, of each class as many as its share: (n,).

    What is left over goes to the largest remainders; of each class, one at least is kept.
    """
    counts = np.bincount(labels, minlength=classes)
    total = max(1, round(HELD_OUT * len(labels)))
    shares = np.minimum((HELD_OUT * counts).astype(int), np.maximum(counts - 1, 0))
    rest = np.argsort(-(HELD_OUT * counts - shares), kind="stable")
    for place in [place for place in rest if counts[place] > shares[place] + 1]:
        if shares.sum() >= total:
            break
        shares[place] += 1
    held = np.zeros(len(labels), bool)
    for place, share in enumerate(shares):
        held[np.flatnonzero(labels == place)[:share]] = True
    return held
