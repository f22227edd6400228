"""Pictures that were misread, as a contact sheet: each with boxes around its digits."""

from collections.abc import Sequence
from typing import Any

from mnistcli.evaluation.mistakes import sureness
from mnistcli.evaluation.texts import ReadPicture
from mnistcli.figures import headlines, plots
from mnistcli.figures.boxes import boxed
from mnistcli.figures.library import Figure, mpl

COLUMNS, ROWS = 3, 5
SHEET = COLUMNS * ROWS
WIDTH, HEIGHT = 60, 30  # of a picture's place, in units of the sheet
TILE, TILE_HEIGHT = 66, 50  # from one place to the next: the picture, and what is written with it
LONGEST = 26  # characters of a text that fit below a picture


def misread(shown: Sequence[ReadPicture], errors: int, subject: str) -> bytes:
    """Return a PNG: up to SHEET pictures that were read wrongly."""
    shown = shown[:SHEET]
    rows = max(1, -(-len(shown) // COLUMNS))
    with mpl.rc_context(plots.STYLE):
        figure = Figure((8, 0.95 + 2.0 * rows), layout="constrained")
        plots.headline(figure, headlines.mistakes(len(shown), errors), subject)
        axes = figure.add_subplot()
        axes.set_axis_off()
        for place, picture in enumerate(shown):
            left, top = place % COLUMNS * TILE, place // COLUMNS * TILE_HEIGHT
            image = boxed(picture)
            scale = min(WIDTH / image.shape[1], HEIGHT / image.shape[0])
            width, height = image.shape[1] * scale, image.shape[0] * scale
            x, y = left + (WIDTH - width) / 2, top + HEIGHT - height
            extent = (x, x + width, y + height, y)
            axes.imshow(image, interpolation="nearest", extent=extent, aspect="auto")
            middle: dict[str, Any] = {"x": left + WIDTH / 2, "ha": "center", "va": "top"}
            lines = (
                (f"shows {headlines.line(picture.label, LONGEST)}", plots.INK),
                (f"read as {headlines.line(picture.text, LONGEST)}", plots.INK),
                (sureness(picture.probability), plots.MUTED),
            )
            for number, (text, colour) in enumerate(lines):
                axes.text(
                    y=top + HEIGHT + 1 + 4.5 * number, s=text, color=colour, fontsize=10, **middle
                )
        axes.set(xlim=(-1, COLUMNS * TILE - 5), ylim=(rows * TILE_HEIGHT, -1))
        return plots.rendered(figure, "png")
