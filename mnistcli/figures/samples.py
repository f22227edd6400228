"""A dataset as a contact sheet: a row of images a class."""

from pathlib import Path

import numpy as np

from mnistcli import files
from mnistcli.datasets.samples import samples
from mnistcli.datasets.store import DatasetInfo, Split
from mnistcli.figures import plots
from mnistcli.figures.library import Figure, mpl

COLUMNS = 24
TILE = 30  # pixels from one image to the next


def write_samples(info: DatasetInfo, train: Split, folder: Path) -> Path:
    """Write <name>.png into a folder, and return its path."""
    rows = len(info.classes)
    sheet = np.full((rows * TILE, COLUMNS * TILE), 255, np.uint8)
    for row, (_, images) in enumerate(samples(train, COLUMNS)):
        for column, image in enumerate(images):
            top, left = row * TILE + 1, column * TILE + 1
            sheet[top : top + 28, left : left + 28] = 255 - image
    with mpl.rc_context(plots.STYLE):
        figure = Figure((8, 0.95 + 7.4 / COLUMNS * rows), layout="constrained")
        answer = f"{info.train:,} training and {info.test:,} test images of {rows} classes"
        plots.headline(figure, answer, info.name)
        axes = figure.add_subplot()
        axes.grid(visible=False)
        axes.imshow(sheet, "gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([TILE * (row + 0.5) for row in range(rows)], info.classes)
        axes.tick_params(length=0, labelsize=14)
        for spine in axes.spines.values():
            spine.set_visible(False)
        png = plots.rendered(figure, "png")
    path = folder / f"{info.name}.png"
    files.write_bytes(path, png)
    return path
