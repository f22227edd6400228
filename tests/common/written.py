"""Numbers as people write them: hands' digits side by side, as pictures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common.hands import DIGITS
from PIL import Image, ImageDraw

CELL = 100  # pixels of a digit's place, of which it fills less than half the width
STEP = 62  # pixels from one digit to the next
SPACE = 120  # pixels of a space
PEN = 8  # pixels


def number(text: str) -> Image.Image:
    """A picture of this text, black on white: spaces are gaps, newlines lines of writing."""
    placed = list(_placed(text))
    size = (CELL + max(x for _, x, _ in placed), CELL + max(y for _, _, y in placed))
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    for digit, left, top in placed:
        for stroke in DIGITS[digit]:
            points = [(left + x * CELL, top + y * CELL) for x, y in stroke]
            pen.line(points, fill=0, width=PEN, joint="curve")
    return picture


def written(folder: Path, text: str, name: str | None = None) -> Path:
    """Write the picture of a text into a folder, and return its path."""
    path = folder / (name or f"{text.replace(' ', '_').replace(chr(10), '-')}.png")
    number(text).save(path)
    return path


def places(text: str) -> list[tuple[int, int, int, int]]:
    """Where each digit of the picture of a text has its ink, as boxes."""
    boxes = []
    for digit, x, y in _placed(text):
        points = np.array([point for stroke in DIGITS[digit] for point in stroke]) * CELL
        left, top = points.min(axis=0) - PEN / 2
        width, height = np.ptp(points, axis=0) + PEN
        boxes.append((round(x + left), round(y + top), round(width), round(height)))
    return boxes


def _placed(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield each digit with the left and top of its place."""
    for row, line in enumerate(text.split("\n")):
        left = 0
        for character in line:
            if character != " ":
                yield int(character), left, row * CELL
            left += SPACE if character == " " else STEP
