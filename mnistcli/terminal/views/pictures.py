"""Predictions as a person reads them: a table, or drawings with the best answers."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from mnistcli.reading.answers import ranking
from mnistcli.reading.prediction import Prediction
from mnistcli.reading.transcription import Digit
from mnistcli.terminal.console import err, out
from mnistcli.terminal.drawing import drawn
from mnistcli.terminal.escaping import escape
from mnistcli.terminal.tsv import cells

SHOWN = 3  # answers beside a drawing
BAR = 20  # characters of a probability of 1
MARGIN = 3  # pixels of an image's empty border that are not drawn beside others
GAP = 2  # characters between drawings


def show(predictions: Iterable[Prediction], top: int, *, draw: bool) -> None:
    """Show what was read, the most probable first; with `draw`, what the network saw."""
    if draw:
        for each in predictions:
            if each.image is not None:
                out.print(_beside_answers(each, max(top, SHOWN)))
            elif each.digits:
                out.print(_side_by_side(each, top))
        return
    read = [each for each in predictions if each.digits]
    only = [each.only for each in read]
    name = (
        "text"
        if not all(only)
        else "digit"
        if all(d and d.digit is not None for d in only)
        else "label"
    )
    path = Column("picture", overflow="fold")
    table = Table(path, name, "probability", box=None, pad_edge=False)
    for each in read:
        texts = cells(each, top)
        # A text of several lines has its probability beside the first.
        below = ["\n" * text.count("\n") for text in texts[::2]]
        probabilities = (p + more for p, more in zip(texts[1::2], below, strict=True))
        table.add_row(escape(each.path), "\n".join(texts[::2]), "\n".join(probabilities))
    if table.row_count:
        out.print(table)


def _beside_answers(each: Prediction, top: int) -> Table:
    """Lay out the picture's path, the image below it, and the best answers as bars beside it."""
    assert each.image is not None  # noqa: S101 - the caller's condition, for the type checker
    texts = cells(each, top)
    bars = Table.grid(padding=(0, 1))
    for digit, probability in zip(texts[::2], texts[1::2], strict=True):
        bar = "█" * round(float(probability) * BAR)
        bars.add_row(Text(digit, "bold"), f"{float(probability):7.2%}", bar)
    grid = Table.grid(padding=(0, 2))
    grid.title, grid.title_justify = Text(escape(each.path)), "left"
    grid.add_row(drawn(each.image), bars)
    return grid


def _side_by_side(each: Prediction, top: int) -> Group:
    """Lay out the picture's path and text, and below it each digit with its answers.

    As many digits stand in a row as the terminal is wide; a line of writing begins a new one.
    """
    text, probability, *_ = cells(each, 1)
    sure = Text.assemble((text.replace("\n", " | "), "bold"), f"  {float(probability):.2%}")
    parts: list[RenderableType] = [Text(escape(each.path)), sure]
    fit = max(1, (out.width + GAP) // (28 - 2 * MARGIN + GAP))
    lines: dict[int, list[Digit]] = {}
    for digit in each.digits:
        lines.setdefault(digit.line, []).append(digit)
    for line in lines.values():
        parts += [_row(line[start : start + fit], top) for start in range(0, len(line), fit)]
    return Group(*parts)


def _row(digits: Sequence[Digit], top: int) -> Table:
    grid = Table.grid(padding=(0, GAP, 0, 0))
    inner = slice(MARGIN, -MARGIN)
    grid.add_row(*(drawn(each.image[inner, inner]) for each in digits))
    ranks = [ranking(each)[:top] for each in digits]
    for place in range(top):
        style = "bold" if place == 0 else ""
        answers = (each[place] for each in ranks)
        grid.add_row(*(Text.assemble((name, style), f" {p:7.2%}") for name, p in answers))
    return grid


def counted(predictions: Iterable[Prediction], count: Callable[[], int]) -> Iterator[Prediction]:
    """Pass predictions on, showing on stderr how many of how many are done, and the time left."""
    columns = (MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield from progress.track(predictions, total=count())
