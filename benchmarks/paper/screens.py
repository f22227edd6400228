"""What programs and phones put around digits: a saved figure's axes, a phone's bars."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from paper.furniture import print_text
from paper.pen import Bytes, Floats

COLOURS = ("gray", "gray_r", "viridis", "binary")
TITLES = ("", "", "label: {}", "Prediction: {}", "sample", "input image")
PHONE = 2.16  # height over width


def saved_figure(images: Bytes, text: str, rng: np.random.Generator) -> Bytes:
    """Show images (n, 28, 28) side by side as matplotlib's `imshow` does, with axes and ticks."""
    shown = np.hstack(list(images))
    figure = Figure(figsize=(6.4, 4.8), dpi=int(rng.choice([80, 100, 120])))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(shown, cmap=str(rng.choice(COLOURS)))
    axes.set_title(str(rng.choice(TITLES)).format(text))
    written = io.BytesIO()
    figure.savefig(written, format="png")
    with Image.open(written) as picture:
        return np.asarray(picture.convert("RGB"))


def screenshot(ink: Floats, rng: np.random.Generator) -> Bytes:
    """Draw digits in a program on a phone: a clock and a battery above, a bar below."""
    high, wide = ink.shape
    width = max(int(wide * rng.uniform(1.05, 1.5)), round(high * 1.3 / PHONE), 320)
    height = round(width * PHONE)
    dark = bool(rng.random() < 0.5)
    ground, fore = (
        (int(rng.choice([0, 17, 28])), 240) if dark else (int(rng.choice([255, 245])), 20)
    )
    screen = np.full((height, width), float(ground), np.float32)
    left = int(rng.integers(0, width - wide + 1))
    top = int(
        rng.integers(
            round(height * 0.12), max(round(height * 0.88) - high, round(height * 0.12) + 1)
        )
    )
    place = np.s_[top : top + high, left : left + wide]
    screen[place] += ink[: height - top] * (fore - screen[place])
    clock = print_text(
        f"{rng.integers(1, 24)}:{rng.integers(0, 60):02}", max(9, round(width * 0.035))
    )
    y, x = round(height * 0.016), round(width * 0.07)
    bar = screen[y : y + clock.shape[0], x : x + clock.shape[1]]
    bar += clock * (fore - bar)
    picture = Image.fromarray(np.asarray(np.rint(screen), np.uint8))
    draw = ImageDraw.Draw(picture)
    unit = max(6, round(width * 0.025))
    at = (round(width * 0.86), y + 1)
    draw.rectangle((*at, at[0] + 2 * unit, at[1] + unit), outline=fore)
    draw.rectangle((at[0] + 2, at[1] + 2, at[0] + round(1.4 * unit), at[1] + unit - 2), fill=fore)
    for i in range(4):
        foot = round(width * 0.76) + i * unit // 2
        draw.rectangle(
            (foot, at[1] + unit - (i + 1) * unit // 4, foot + unit // 3, at[1] + unit), fill=fore
        )
    thick = max(2, round(height * 0.004))
    home = round(height * 0.975)
    draw.rectangle((round(width * 0.34), home, round(width * 0.66), home + thick), fill=fore)
    return np.asarray(picture)
