"""Figures: data in, the bytes of a PNG or SVG out.

Each answers one question, and says the answer above the picture. Colours differ in lightness too
(they survive a grey printer), the two of the curves are of the set that Okabe and Ito made for the
colour-blind, and everything is labelled where it is drawn. Drawn on figures of their own, never
through pyplot, whose state is the whole process's.
"""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnistcli.evaluation.metrics import BINS, ConfidenceBin, Metrics, wilson_interval
from mnistcli.evaluation.mistakes import Mistake, sureness
from mnistcli.figures import headlines
from mnistcli.figures.library import (
    ConstrainedLayoutEngine,
    Figure,
    FuncFormatter,
    LinearSegmentedColormap,
    Rectangle,
    mpl,
)

INK, MUTED, FAINT, PAPER = "#1b1b1f", "#66666e", "#d9d9de", "#ffffff"
TRAINING, VALIDATION = "#0072b2", "#d55e00"  # Okabe & Ito 2008: blue, vermilion
HEAT = LinearSegmentedColormap.from_list(
    "heat", ["#fdf1e0", "#f8c58a", "#e08a4b", "#b0502f", "#6e2320"]
)
"""From paper to dark, about equal steps of lightness; a test holds it to that."""

DPI = 200  # 8 inches: 1,600 pixels, so that at half size a line of text is still 11 pixels high
COLUMNS, ROWS = 6, 4  # of the contact sheet
SHEET = COLUMNS * ROWS
TILE, TILE_HEIGHT = 32, 42  # pixels from one image to the next: 28, and what is written with it
MATRIX = 14  # classes that a confusion matrix has room for at this size
FEW = 10  # images: a bin with fewer says little, and is drawn so

STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same figure everywhere
    "font.size": 12,
    "text.color": INK,
    "text.parse_math": False,  # a dataset's path may hold a $
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "mnistcli",  # the same data, the same bytes
}
PERCENT = FuncFormatter(lambda value, _: f"{value:.4g}%")


def confusion(metrics: Metrics, subject: str) -> bytes:
    """Return a PNG: what is taken for what, true by read; larger where there are many classes."""
    matrix, classes = metrics.confusion_matrix, len(metrics.classes)
    grown = max(1.0, classes / MATRIX)
    with mpl.rc_context(STYLE):
        figure = Figure((8 * grown, 7.4 * grown), layout="constrained")
        headline(figure, headlines.confusion(metrics), subject)
        axes = figure.add_subplot()
        axes.grid(visible=False)
        wrong = matrix.copy()
        np.fill_diagonal(wrong, 0)
        # Only mistakes are coloured: beside a thousand right ones they would all look alike.
        top = max(int(wrong.max()), 1)
        axes.imshow(np.ma.masked_equal(wrong, 0), HEAT, vmin=0, vmax=top)
        support = matrix.sum(axis=1)
        for (true, read), count in np.ndenumerate(matrix):
            if true == read:
                axes.add_patch(
                    Rectangle((read - 0.5, true - 0.5), 1, 1, facecolor="#efeff2", linewidth=0)
                )
            if count:
                dark = true != read and count > top * 0.55
                axes.text(
                    read,
                    true,
                    f"{count:,}",
                    ha="center",
                    va="center",
                    color=PAPER if dark else MUTED if true == read else INK,
                    fontsize=10 if true == read else 13,
                )
        for label in range(classes):
            if support[label]:
                share = matrix[label, label] / support[label]
                axes.text(classes - 0.3, label, f"{share:.1%}", va="center", color=MUTED)
        axes.text(classes - 0.3, -0.75, "read\nright", va="bottom", color=MUTED, linespacing=1.1)
        axes.set_xticks(range(classes), metrics.classes)
        axes.set_yticks(range(classes), metrics.classes)
        axes.tick_params(length=0, labelsize=14)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("was read as", loc="left", labelpad=8)
        axes.set_ylabel("shows", loc="top", labelpad=8)
        for spine in axes.spines.values():
            spine.set_visible(False)
        return rendered(figure, "png")


def mistakes(shown: Sequence[Mistake], errors: int, subject: str) -> bytes:
    """Return a PNG: up to SHEET mistakes as a contact sheet, as dark ink on paper."""
    shown = shown[:SHEET]
    rows = max(1, -(-len(shown) // COLUMNS))
    with mpl.rc_context(STYLE):
        figure = Figure((8, 0.95 + 1.75 * rows), layout="constrained")
        headline(figure, headlines.mistakes(len(shown), errors), subject)
        # One pair of axes in pixels of the images: a pair for each image takes seconds.
        axes = figure.add_subplot(xlim=(0, COLUMNS * TILE), ylim=(rows * TILE_HEIGHT, 0))
        axes.set_axis_off()
        for place, mistake in enumerate(shown):
            left, top = place % COLUMNS * TILE, place // COLUMNS * TILE_HEIGHT
            extent = (left, left + 28, top + 34, top + 6)
            axes.imshow(
                255 - mistake.image,
                "gray",
                vmin=0,
                vmax=255,
                interpolation="nearest",
                extent=extent,
                aspect="auto",
            )
            middle: dict[str, Any] = {"x": left + 14, "ha": "center"}
            axes.text(
                y=top + 5.5, s=f"{mistake.label} read as {mistake.answer}", va="bottom", **middle
            )
            axes.text(
                y=top + 34.5,
                s=sureness(mistake.probability),
                va="top",
                color=MUTED,
                fontsize=11,
                **middle,
            )
        axes.set(xlim=(-1, COLUMNS * TILE - 3), ylim=(rows * TILE_HEIGHT, 0))
        return rendered(figure, "png")


def reliability(bins: Sequence[ConfidenceBin], subject: str | None) -> bytes:
    """Return a figure: is it right as often as it claims, and how often does it claim what.

    A PNG; without a subject an SVG, for a page that has its own headline.
    """
    n = sum(each.n for each in bins)
    with mpl.rc_context(STYLE):
        figure = Figure((8, 6.4), layout="constrained")
        headline(figure, headlines.reliability(bins), subject)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
        above.plot([0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        above.text(2, 96, "above the line:\nbetter than it claims", color=MUTED, va="top")
        above.text(
            98, 4, "below the line:\nworse than it claims", color=MUTED, va="bottom", ha="right"
        )
        for each in bins:
            low, high = wilson_interval(round(each.accuracy * each.n), each.n)
            x, y = 100 * each.confidence, 100 * each.accuracy
            colour = TRAINING if each.n >= FEW else MUTED
            above.plot([x, x], [100 * low, 100 * high], color=colour, linewidth=2, alpha=0.45)
            face = colour if each.n >= FEW else PAPER
            above.plot(x, y, "o", markersize=8, markerfacecolor=face, markeredgecolor=colour)
        above.set(ylim=(-2, 104), yticks=range(0, 101, 20), ylabel="is right")
        above.yaxis.set_major_formatter(PERCENT)
        width = 100 / BINS
        for each in bins:
            left = min(int(each.confidence * BINS), BINS - 1) * width
            below.bar(
                left, each.n / n, width * 0.9, align="edge", color=FAINT, edgecolor=MUTED, lw=0.6
            )
            below.annotate(
                f"{each.n:,}",
                (left + width * 0.45, each.n / n),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=10,
                color=MUTED,
            )
        below.set_yscale("log")
        below.set(
            yticks=[],
            xlabel=f"claimed probability   (bars: 95% intervals; hollow: under {FEW} images)",
            xlim=(-1, 101),
            xticks=range(0, 101, 20),
        )
        below.set_ylim(0.3 / n, 8)
        below.minorticks_off()
        below.set_ylabel("images")
        below.xaxis.set_major_formatter(PERCENT)
        below.spines["left"].set_visible(False)
        return rendered(figure, "png" if subject else "svg")


def headline(figure: Figure, answer: str, subject: str | None) -> None:
    """Write the answer, and below it what it is about, above everything else."""
    if subject is None:
        return
    height = figure.get_figheight()
    figure.text(0.02, 1 - 0.12 / height, answer, va="top", fontsize=15, fontweight="bold")
    text = subject.encode(errors="backslashreplace").decode()  # a path may be no text
    figure.text(0.02, 1 - 0.43 / height, text, va="top", fontsize=12, color=MUTED)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)  # noqa: S101 - for the type checker
    engine.set(rect=(0.01, 0.01, 0.98, 1 - 0.85 / height))


def rendered(figure: Figure, form: str) -> bytes:
    """Return the figure's bytes, in which nothing says when or by what version they were made."""
    file = io.BytesIO()
    without = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with warnings.catch_warnings():
        # A name may be in any script: what the font lacks is drawn as a box, and no news.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(file, format=form, dpi=DPI, metadata=without, facecolor=PAPER)
    return file.getvalue()
