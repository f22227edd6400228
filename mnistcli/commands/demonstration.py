"""What `mnistcli demo` decides and makes: which dataset, and pictures to read."""

from pathlib import Path

import numpy as np
import PIL.Image

from mnistcli.datasets import store
from mnistcli.datasets.fetching import answering
from mnistcli.datasets.sources import default_sources
from mnistcli.errors import DatasetError

ANSWER = 3.0  # seconds that the mirrors have to answer

PICTURES = 3
SIZE = 20  # pixels of the picture per pixel of the image
PAPER, INK = 245, 40  # grey levels: dark ink on light paper, as people bring it


def mnist_within_reach(data_dir: Path) -> bool:
    """Whether MNIST is stored, cached on this machine, or at a mirror that answers in time."""
    try:
        store.info(data_dir, "mnist")
    except DatasetError:
        return bool(answering(default_sources(), ANSWER))
    return True


def write_pictures(data_dir: Path, dataset: str, folder: Path) -> list[Path]:
    """Write a few test images as pictures that a person could have made, and return their paths.

    They are of the first different digits, each the one most like all others of its digit; large,
    dark on light, and off the centre.
    """
    test = store.load(data_dir, dataset, "test")
    folder.mkdir(exist_ok=True)
    paths = []
    _, first = np.unique(test.labels, return_index=True)
    for label in test.labels[sorted(first)[:PICTURES]]:
        images = test.images[test.labels == label]
        unlike = np.abs(images - images.mean(axis=0)).sum(axis=(1, 2))
        ink = PIL.Image.fromarray(images[unlike.argmin()]).resize((28 * SIZE, 28 * SIZE))
        paper = PIL.Image.new("L", (40 * SIZE, 32 * SIZE), PAPER)
        paper.paste(INK, (SIZE, 3 * SIZE), ink)
        path = folder / f"{label}.png"
        paper.save(path)
        paths.append(path)
    return paths
