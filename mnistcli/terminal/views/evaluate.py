"""An evaluation as a person reads it: tables, and on a terminal heat, bars and drawings."""

from collections.abc import Sequence

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from mnistcli.classes import are_digits
from mnistcli.evaluation.metrics import ClassMetrics, Metrics
from mnistcli.evaluation.mistakes import Mistake, sureness
from mnistcli.evaluation.scoring import Evaluation
from mnistcli.evaluation.texts import NOTHING, LengthMetrics, ReadPicture, TextMetrics
from mnistcli.terminal.console import draws, err, out, paints, print_json
from mnistcli.terminal.drawing import drawn
from mnistcli.terminal.escaping import escape

BAR = 20  # characters of the longest bar
MARGIN = 2  # pixels of an image's empty border that are not drawn
CELL = 3  # characters: narrower ones look crowded
DRAWN = 5  # mistakes at most: one row
LISTED = 10  # pictures not read as one digit at most
GAP = 2  # characters between drawings
FAINT_HEAT, FULL_HEAT = np.array((150, 122, 72)), np.array((240, 140, 20))
"""Backgrounds on which black can be read, and which can be seen on black and on white."""
SLIGHT = 0.4  # of the largest cell; below it a cell stays as it is


def show(evaluation: Evaluation, *, as_json: bool) -> None:
    """Show what a run scores."""
    if as_json:
        print_json(evaluation.to_json())
        return
    metrics, scores, texts = evaluation.metrics, evaluation.scores, evaluation.texts
    out.print(f"run {evaluation.run.path} on {evaluation.dataset} {evaluation.split}")
    out.print(score(scores, metrics.loss if metrics else None))
    if texts:
        out.print(f"character error rate {texts.character_error_rate:.4f}")
    out.print(f"expected calibration error {scores.expected_calibration_error:.4f}")
    for skipped in evaluation.skipped or ():
        err.print(f"{escape(skipped.path)}: skipped: {skipped.reason}")
    _space()
    if metrics:
        _show_classes(metrics.per_class)
        _space()
        _show_confusion(metrics)
        if others := scores.n - metrics.n:
            out.print(f"{others:,} read as several digits, or none, are in neither table")
    elif texts:
        _show_lengths(texts.by_length)
    if mistakes := evaluation.mistakes(DRAWN):
        _space()
        _show_mistakes(mistakes)
    misread = evaluation.misread(len(evaluation.pictures))
    if metrics:
        misread = tuple(each for each in misread if len(each.digits) != 1)
    if misread:
        _space()
        _show_misread(misread[:LISTED])


def score(scores: Metrics | TextMetrics, loss: float | None) -> str:
    """Return accuracy and loss in a line."""
    low, high = scores.confidence_interval
    lost = "" if loss is None else f"loss {loss:.4f}, "
    return (
        f"accuracy {scores.accuracy:.4f} (95 % interval {low:.4f} to {high:.4f}), "
        f"{lost}n = {scores.n:,}"
    )


def _space() -> None:
    """Set the parts apart for the eye; a script's lines stay dense."""
    if draws():
        out.print()


def _show_lengths(lengths: Sequence[LengthMetrics]) -> None:
    """Print what is scored on pictures of each number of digits."""
    table = Table("digits", box=None, pad_edge=False)
    for name in ("pictures", "accuracy", "character error rate"):
        table.add_column(name, justify="right")
    for each in lengths:
        figures = (f"{each.n:,}", f"{each.accuracy:.4f}", f"{each.character_error_rate:.4f}")
        table.add_row(str(each.length), *figures)
    out.print(table)


def _show_misread(pictures: Sequence[ReadPicture]) -> None:
    """List the surest misread pictures; lines of writing are set apart by a bar."""
    table = Table("surest mistake", "true", "read", box=None, pad_edge=False)
    table.add_column("probability", justify="right")
    for each in pictures:
        label, text = (said.replace("\n", "|") or NOTHING for said in (each.label, each.text))
        table.add_row(escape(each.path), label, text, f"{each.probability:.4f}")
    out.print(table)


def _show_classes(classes: Sequence[ClassMetrics]) -> None:
    """Print each class's figures; on a terminal with a bar for its misread share."""
    name = "digit" if are_digits([each.name for each in classes]) else "class"
    table = Table(name, box=None, pad_edge=False)
    for name in ("precision", "recall", "F1", "images"):
        table.add_column(name, justify="right")
    if draws():
        table.add_column("misread")
    top = max(1 - each.recall for each in classes) or 1
    for each in classes:
        figures = [f"{each.precision:.4f}", f"{each.recall:.4f}", f"{each.f1:.4f}"]
        misread = (1 - each.recall) if each.support else 0.0
        bar = [f"{misread:6.2%} " + "━" * round(BAR * misread / top)] if draws() else []
        table.add_row(escape(each.name), *figures, f"{each.support:,}", *bar)
    out.print(table)


def _show_confusion(metrics: Metrics) -> None:
    """Print the confusion matrix; in colours where there are any, mistakes hot, zeros faint."""
    matrix, names = metrics.confusion_matrix, [escape(name) for name in metrics.classes]
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    width = max(len(str(matrix.max())), CELL)
    table = Table("true \\ read", box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="right", min_width=width)
    for label, row in enumerate(matrix.tolist()):
        if paints():
            shares = wrong[label] / max(wrong.max(), 1)
            cells = [
                Text(f"{count or '·':>{width}}", _heat(share, hit=read == label))
                for read, (count, share) in enumerate(zip(row, shares.tolist(), strict=True))
            ]
        else:
            cells = [Text(str(count)) for count in row]
        table.add_row(names[label], *cells)
    out.print(table)


def _heat(share: float, *, hit: bool) -> Style:
    if hit:
        return Style(bold=True)
    if share < SLIGHT:
        return Style(dim=share == 0)
    mixed = FAINT_HEAT + (FULL_HEAT - FAINT_HEAT) * (share - SLIGHT) / (1 - SLIGHT)
    red, green, blue = mixed.round().astype(int).tolist()
    return Style(color="black", bgcolor=f"rgb({red},{green},{blue})")


def _show_mistakes(mistakes: tuple[Mistake, ...]) -> None:
    """Draw the surest mistakes in a row as wide as the terminal, or list them."""
    side = 28 - 2 * MARGIN
    fit = (out.width + GAP) // (side + GAP)
    if not draws() or not fit:
        table = Table("surest mistake", "true", "read", box=None, pad_edge=False)
        table.add_column("probability", justify="right")
        for each in mistakes:
            table.add_row(
                escape(each.name),
                escape(each.label),
                escape(each.answer),
                f"{each.probability:.4f}",
            )
        out.print(table)
        return
    grid = Table.grid(padding=(0, GAP, 0, 0))
    shown = mistakes[:fit]
    inner = slice(MARGIN, -MARGIN)
    grid.add_row(*(drawn(each.image[inner, inner]) for each in shown))
    grid.add_row(*(Text(f"{each.label} read as {each.answer}") for each in shown))
    grid.add_row(
        *(Text(f"{sureness(each.probability)}, {_shortened(each.name, side)}") for each in shown)
    )
    out.print(grid)


def _shortened(name: str, width: int) -> str:
    """Return a picture's file name, cut to what fits below its drawing."""
    room = width - len("99.9% sure, ")
    text = escape(name.rpartition("/")[2])
    return text if len(text) <= room else text[: room - 1] + "…"
