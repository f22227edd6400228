"""28x28 images as text: half-blocks in grey where the terminal has colours, else shades."""

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.style import Style
from rich.text import Text

from mnistcli.terminal.console import paints

SHADES = " .:-=+*#%@"  # the usual ASCII ramp, light to dark ink
UPPER_HALF = "▀"


def drawn(image: NDArray[np.uint8]) -> Text:
    """Return an image (h, w), h even, as h / 2 lines that this terminal can show."""
    return half_blocks(image) if paints() else shades(image)


def half_blocks(image: NDArray[np.uint8]) -> Text:
    """Return an image (h, w), h even, as h / 2 lines: each character shows two pixels."""
    lines = []
    for upper, lower in zip(image[::2].tolist(), image[1::2].tolist(), strict=True):
        line = Text()
        for above, below in zip(upper, lower, strict=True):
            style = Style(
                color=Color.from_rgb(above, above, above),
                bgcolor=Color.from_rgb(below, below, below),
            )
            line.append(UPPER_HALF, style)
        lines.append(line)
    return Text("\n").join(lines)


def shades(image: NDArray[np.uint8]) -> Text:
    """Return an image (h, w), h even, as h / 2 lines of ASCII: each shows two pixels' mean."""
    means = (image[::2].astype(np.uint16) + image[1::2]) // 2
    return Text(
        "\n".join("".join(SHADES[v * len(SHADES) // 256] for v in row) for row in means.tolist())
    )
