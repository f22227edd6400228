"""The learning curves of a run: loss, accuracy, and whatever else was measured, by epoch."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnistcli.figures import headlines
from mnistcli.figures.library import Axes, Figure, MaxNLocator, mpl
from mnistcli.figures.plots import (
    INK,
    MUTED,
    PERCENT,
    STYLE,
    TRAINING,
    VALIDATION,
    headline,
    rendered,
)
from mnistcli.runs.history import HELD_OUT, EpochRecord

SETTLED = 60  # rounds of pushing labels apart; a few are enough for three
HEIGHT = 3.55  # inches of a row of two


def curves(history: Sequence[EpochRecord], accuracy: float | None, subject: str | None) -> bytes:
    """Return a figure: loss, accuracy and metrics after each epoch; `accuracy` is the test's.

    A PNG; without a subject an SVG, for a page that has its own headline. Where the validation
    loss has turned, a line says so.
    """
    names = ("loss", "accuracy", *history[0].metrics)
    rows = -(-len(names) // 2)
    with mpl.rc_context(STYLE):
        figure = Figure((8, 0.85 + HEIGHT * rows), layout="constrained")
        headline(figure, headlines.curves(history), subject)
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes, name in itertools.zip_longest(panels, names):
            if name is None:
                axes.set_axis_off()
            else:
                _draw(axes, name, history, accuracy if name == "accuracy" else None)
        panels[0].set_ylim(bottom=min(0, panels[0].get_ylim()[0]))
        _mark_turn(panels[0], history)
        for axes, name in zip(panels, names, strict=False):
            _label(axes, name, history, accuracy if name == "accuracy" else None)
        return rendered(figure, "png" if subject else "svg")


def _values(history: Sequence[EpochRecord], name: str) -> list[float]:
    """Return a column, with nan where it was not measured, accuracy in percent."""
    scale = 100 if name.removeprefix(HELD_OUT) == "accuracy" else 1
    found = (record.to_json().get(name) for record in history)
    return [np.nan if value is None else scale * value for value in found]


def _draw(axes: Axes, name: str, history: Sequence[EpochRecord], test: float | None) -> None:
    epochs = [record.epoch for record in history]
    training, held = _values(history, name), _values(history, HELD_OUT + name)
    axes.plot(epochs, training, "o--", color=TRAINING, markersize=4, linewidth=1.6)
    axes.plot(epochs, held, "o-", color=VALIDATION, markersize=5, linewidth=2.4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    if len(history) == 1:
        axes.set_xlim(0.5, 1.5)
    axes.set_title(name.replace("_", " "), loc="left", fontsize=12)
    if name == "accuracy":
        axes.yaxis.set_major_formatter(PERCENT)
    if test is not None:
        axes.axhline(100 * test, color=INK, linewidth=1, linestyle=(0, (1, 2)))


def _mark_turn(axes: Axes, history: Sequence[EpochRecord]) -> None:
    """Draw a line where the validation loss was lowest, if it has risen since: overfitting."""
    held = _values(history, HELD_OUT + "loss")
    if not np.isfinite(held).any() or np.nanargmin(held) == len(held) - 1:
        return
    turn = history[int(np.nanargmin(held))].epoch
    axes.axvline(turn, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"turns after {turn}",
        (turn, 1),
        (4, -2),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        color=MUTED,
    )


def _label(axes: Axes, name: str, history: Sequence[EpochRecord], test: float | None) -> None:
    labels = [
        ("training", _values(history, name)[-1], TRAINING),
        ("validation", _values(history, HELD_OUT + name)[-1], VALIDATION),
    ]
    if test is not None:
        labels.append((f"test {test:.2%}", 100 * test, INK))
    label_ends(axes, labels)


def label_ends(axes: Axes, labels: Sequence[tuple[str, float, str]]) -> None:
    """Write each label right of where its line ends, pushed apart where they would collide."""
    gap = 0.085  # of the axes' height: a line of text
    axes.autoscale_view()  # which matplotlib puts off: until then, heights are another scale's
    to_axes = axes.transData + axes.transAxes.inverted()
    placed: list[list[Any]] = sorted(
        [float(to_axes.transform((0, value))[1]), text, colour]
        for text, value, colour in labels
        if np.isfinite(value)
    )
    for _ in range(SETTLED):
        for lower, upper in itertools.pairwise(placed):
            overlap = max(0.0, gap - (upper[0] - lower[0]))
            lower[0] -= overlap / 2
            upper[0] += overlap / 2
    for height, text, colour in placed:
        axes.text(1.03, height, text, color=colour, va="center", transform=axes.transAxes)
