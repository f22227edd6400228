"""Predictions as a person reads them: a table, or drawings with the best answers."""

from collections.abc import Callable, Iterable, Iterator

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from mnistcli.reading.prediction import Prediction
from mnistcli.terminal.console import err, out
from mnistcli.terminal.drawing import drawn
from mnistcli.terminal.escaping import escape
from mnistcli.terminal.tsv import cells

SHOWN = 3  # answers beside a drawing
BAR = 20  # characters of a probability of 1


def show(predictions: Iterable[Prediction], top: int, *, draw: bool) -> None:
    """Show what was read, the most probable digit first; with `draw`, what the network saw."""
    if draw:
        for each in predictions:
            if each.image is not None:
                out.print(_beside_answers(each, max(top, SHOWN)))
        return
    path = Column("picture", overflow="fold")
    table = Table(path, "digit", "probability", box=None, pad_edge=False)
    for each in predictions:
        if each.probabilities:
            texts = cells(each, top)
            table.add_row(escape(each.path), "\n".join(texts[::2]), "\n".join(texts[1::2]))
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


def counted(predictions: Iterable[Prediction], count: Callable[[], int]) -> Iterator[Prediction]:
    """Pass predictions on, showing on stderr how many of how many are done, and the time left."""
    columns = (MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield from progress.track(predictions, total=count())
