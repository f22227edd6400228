"""Some images of each class of a dataset: what a contact sheet shows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mnistcli.datasets.store import Split


def samples(split: Split, count: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield each class's name and up to `count` of its images (n, 28, 28), from all over it."""
    for label, name in enumerate(split.classes):
        places = np.flatnonzero(split.labels == label)
        chosen = places[:: max(1, len(places) // count)][:count]
        yield name, split.images[chosen]
