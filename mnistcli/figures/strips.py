"""A sweep drawn: every run a dot in its setting's strip, and how its settings learnt."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from mnistcli.figures import headlines
from mnistcli.figures.curves import label_ends
from mnistcli.figures.library import Axes, Figure, MaxNLocator, mpl
from mnistcli.figures.plots import INK, MUTED, PERCENT, STYLE, headline, rendered
from mnistcli.sweeps.members import Member
from mnistcli.sweeps.table import BEST, UNCLEAR, Row, Table

MOST = 40  # strips that one can take in
BANDS = 6  # settings whose curves can be told apart
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito 2008
DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1)))
LONGEST = 34  # characters of a setting that fit beside its strip
HEIGHT = 0.42  # inches of a strip


def strips(table: Table, subject: str | None) -> bytes:
    """Return a figure: each run's validation accuracy as a dot, a strip a setting, best first.

    A PNG; without a subject an SVG, for a page that has its own headline.
    """
    rows = [row for row in table.rows if row.seeds][:MOST]
    with mpl.rc_context(STYLE):
        figure = Figure((8, 1.6 + HEIGHT * max(2, len(rows))), layout="constrained")
        headline(figure, headlines.sweep(table), subject)
        axes = figure.add_subplot(xlabel="validation accuracy   (dots: runs; bars: means)")
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x")
        for place, row in enumerate(rows):
            found = [each for each in table.members if dict(each.setting) == dict(row.setting)]
            values = [100 * each.accuracy for each in found if np.isfinite(each.accuracy)]
            colour = COLOURS[0] if row.verdict in (BEST, UNCLEAR) else MUTED
            axes.plot(values, [place] * len(values), "o", color=colour, alpha=0.55, markersize=7)
            axes.plot([100 * row.accuracy.mean], [place], "|", color=INK, markersize=20, mew=2)
            words = row.words.partition(";")[0]
            axes.text(1.02, place, words, transform=axes.get_yaxis_transform(), va="center")
        axes.set_yticks(range(len(rows)), [said(row) for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(max(len(rows), 2) - 0.4, -0.6)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_formatter(PERCENT)
        return rendered(figure, "png" if subject else "svg")


def said(row: Row) -> str:
    """Return what varies, in a few words: the values, and names where there are several."""
    named = len(row.setting) > 1
    parts = (f"{name.replace('_', '-')} {v}" if named else v for name, v in row.setting.items())
    text = ", ".join(parts) or "the setting"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def bands(table: Table, subject: str | None) -> bytes:
    """Return a figure: validation loss and accuracy by epoch, the mean over seeds in a band.

    The band is a standard deviation wide to either side. Of the best settings, as many as can be
    told apart.
    """
    rows = [row for row in table.rows if row.seeds][:BANDS]
    with mpl.rc_context(STYLE):
        figure = Figure((8, 4.4), layout="constrained")
        headline(figure, headlines.learnt(rows), subject)
        left, right = figure.subplots(1, 2)
        for axes, name, scale in ((left, "val_loss", 1), (right, "val_accuracy", 100)):
            ends = []
            for row, colour, dashes in zip(rows, COLOURS, DASHES, strict=False):
                found = [each for each in table.members if dict(each.setting) == dict(row.setting)]
                mean = _band(axes, found, name, scale, colour, dashes)
                ends.append((said(row), mean, colour))
            axes.set_title(name.removeprefix("val_"), loc="left", fontsize=12)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
            if name == "val_accuracy":
                axes.yaxis.set_major_formatter(PERCENT)
                label_ends(axes, ends)
        return rendered(figure, "png" if subject else "svg")


def _band(
    axes: Axes, members: Sequence[Member], name: str, scale: float, colour: str, dashes: object
) -> float:
    """Draw one setting's curve and band; return where it ends."""
    columns = [
        [scale * value for record in each.history if (value := getattr(record, name)) is not None]
        for each in members
        if each.history
    ]
    # Runs that stopped early are shorter: an epoch's mean is over those that reached it.
    table = np.array(list(zip_longest(*columns, fillvalue=np.nan)), float)
    epochs = np.arange(1, len(table) + 1)
    mean, spread = np.nanmean(table, axis=1), np.nanstd(table, axis=1, ddof=0)
    axes.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)
    axes.plot(epochs, mean, color=colour, linestyle=dashes, linewidth=2, marker="o", markersize=3)
    return float(mean[-1])
