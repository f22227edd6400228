"""What is printed on paper, or drawn beside digits: rules, squares, lines, frames, a line of text.

Each takes a writing and returns what is printed, in the order in which it was.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from paper.forms import stroke
from paper.layout import Writing
from paper.pen import Floats

Colour = tuple[int, int, int]

PALE: tuple[Colour, ...] = (
    (150, 190, 230), (175, 205, 235), (190, 190, 195), (160, 175, 200), (225, 170, 180),
    (170, 210, 185), (140, 145, 150),
)  # fmt: skip
DARK: tuple[Colour, ...] = ((20, 20, 20), (60, 60, 65), (90, 100, 120), (30, 40, 110))
MARGIN: tuple[Colour, ...] = ((225, 110, 120), (235, 150, 150), (120, 150, 210))
FORM: tuple[Colour, ...] = (*DARK, (230, 140, 70), (90, 160, 110), (110, 150, 210))
SHORTEST = 0.9  # line to write on, in heights: below a 1 it is longer than the digit is wide
WORDS = ("Digit 1 of 10", "Name:", "Answer", "Total", "Exercise 3", "Date of birth", "No. of items")


@dataclass(frozen=True, eq=False)
class Printed:
    """Coverage (h, w) of one colour."""

    lines: Floats
    colour: Colour


def nothing(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Leave the paper plain."""
    return []


def form(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Print the lines that the layout brings along."""
    assert writing.printed is not None
    return [Printed(writing.printed, choose(FORM, rng))]


def ruled_narrow(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Rule the paper narrowly: two or three rules cross each digit."""
    pitch = rng.uniform(0.35, 0.75) * writing.height
    return [_rules(writing, rng, pitch, rng.uniform(0, pitch))]


def ruled_wide(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Rule the paper widely; digits stand on the rules, about."""
    pitch = rng.uniform(1.2, 2.2) * writing.height
    if len(writing.baselines) > 1:
        pitch = writing.baselines[1] - writing.baselines[0]
    at = writing.baselines[0] + rng.normal(0.04, 0.06) * writing.height
    return [_rules(writing, rng, pitch, at)]


def squared(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Square the paper: two to three squares are as high as a digit, or one is."""
    pitch = rng.choice([rng.uniform(0.33, 0.6), rng.uniform(0.9, 1.2)]) * writing.height
    rules = _rules(writing, rng, pitch, rng.uniform(0, pitch))
    lines, width = rules.lines, _thin(writing, rng)
    for x in np.arange(rng.uniform(0, pitch), lines.shape[1], pitch):
        stroke(lines, (x, -9), (x, lines.shape[0] + 9), width)
    return [rules]


def margin(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Print a margin line at the left, often on ruled paper."""
    printed = ruled_wide(writing, rng) if rng.random() < 0.6 else []
    lines = np.zeros_like(writing.ink)
    left = writing.box[0]
    x = left - min(rng.uniform(0.12, 0.6) * writing.height, left - 3)
    stroke(lines, (x, -9), (x, lines.shape[0] + 9), _thin(writing, rng) * 1.3)
    return [*printed, Printed(lines, choose(MARGIN, rng))]


def line_below(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Print a line to write on, below each line of digits."""
    lines = np.zeros_like(writing.ink)
    _line(lines, writing, rng, rng.uniform(0.03, 0.3))
    return [Printed(lines, choose(DARK, rng))]


def lines_around(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Print a line below and one above the digits."""
    lines = np.zeros_like(writing.ink)
    below = rng.uniform(0.05, 0.25)
    width = _line(lines, writing, rng, below)
    left, top, right, _ = writing.box
    y = max(top - below * writing.height, 2)
    room = max(rng.uniform(0.05, 0.4) * writing.height, (writing.height - right + left) / 2)
    stroke(lines, (left - room, y), (right + room, y), width)
    return [Printed(lines, choose(DARK, rng))]


def box(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Draw one box around all digits, as with a ruler or in a hurry."""
    lines = np.zeros_like(writing.ink)
    left, top, right, bottom = writing.box
    room = rng.uniform(0.12, 0.35) * writing.height
    wobble = rng.normal(0, rng.choice([0, 0.03]) * writing.height, (4, 2))
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    corners = corners + np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * room + wobble
    limits = np.array(lines.shape[::-1]) - 3
    corners = np.clip(corners, 2, limits)
    width = max(1.0, rng.choice([writing.pen * 0.8, 0.025 * writing.height]))
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        stroke(lines, tuple(a.tolist()), tuple(b.tolist()), width)
    return [Printed(lines, choose(DARK, rng))]


def label_above(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Print a line of text above the digits."""
    lines = np.zeros_like(writing.ink)
    size = rng.uniform(0.13, 0.24) * writing.height
    text = print_text(str(rng.choice(WORDS)), max(9, round(size)))
    top = max(writing.box[1] - text.shape[0] - round(0.12 * writing.height), 1)
    left = max(2, writing.box[0] - round(rng.uniform(0, 0.5) * writing.height))
    part = lines[top : top + text.shape[0], left : left + text.shape[1]]
    part[:] = text[: part.shape[0], : part.shape[1]]
    part[:, -2:] = 0
    return [Printed(lines, choose(DARK, rng))]


def stray_tick(writing: Writing, rng: np.random.Generator) -> list[Printed]:
    """Let the pen leave a tick in a corner."""
    lines = np.zeros_like(writing.ink)
    left, top, _, _ = writing.box
    size = 0.14 * writing.height
    x, y = max(2, left - 2.5 * size), max(2, top - 1.5 * size)
    width = max(1.0, writing.pen * 0.7)
    stroke(lines, (x, y), (x + size, y + 0.2 * size), width)
    stroke(lines, (x + size, y + 0.2 * size), (x + 1.3 * size, y + size), width)
    return [Printed(lines, (25, 25, 30))]


def print_text(text: str, size: int) -> Floats:
    """Set a line of text in matplotlib's sans serif: coverage (h, w)."""
    font = _font(size)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2), 0)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, font=font, fill=255)
    return np.asarray(np.asarray(image) / 255, np.float32)


def choose(colours: tuple[Colour, ...], rng: np.random.Generator) -> Colour:
    """Choose one of the colours, not quite as it is."""
    red, green, blue = colours[int(rng.integers(len(colours)))] + rng.integers(-10, 11, 3)
    return int(np.clip(red, 0, 255)), int(np.clip(green, 0, 255)), int(np.clip(blue, 0, 255))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), size)


def _thin(writing: Writing, rng: np.random.Generator) -> float:
    return max(0.8, rng.uniform(0.012, 0.035) * writing.height)


def _rules(writing: Writing, rng: np.random.Generator, pitch: float, at: float) -> Printed:
    """Print rules from side to side, one of them at the height `at`, in pixels."""
    lines = np.zeros_like(writing.ink)
    width = _thin(writing, rng)
    lean = rng.normal(0, 0.004) * lines.shape[1]
    for y in np.arange(at % pitch - pitch, lines.shape[0] + pitch, pitch):
        stroke(lines, (-9, y - lean), (lines.shape[1] + 9, y + lean), width)
    colours = PALE if rng.random() < 0.8 else DARK[1:]
    return Printed(lines, choose(colours, rng))


def _line(lines: Floats, writing: Writing, rng: np.random.Generator, below: float) -> float:
    """Print lines so many heights below the digits; return their width."""
    left, _, right, bottom = writing.box
    width = max(1.0, rng.uniform(0.01, 0.06) * writing.height)
    short = max(0.0, SHORTEST * writing.height - right + left) / 2
    before, behind = rng.uniform(-0.1, 0.7, 2) * writing.height + short
    for base in writing.baselines:
        y = min((bottom if base == writing.baselines[-1] else base) + below * writing.height,
                lines.shape[0] - 3)  # fmt: skip
        stroke(lines, (left - before, y), (right + behind, y), width)
    return float(width)
