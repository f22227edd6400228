"""Stored datasets as a person sees them: a list, and images of each class."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from mnistcli.classes import DIGITS
from mnistcli.datasets.samples import samples
from mnistcli.datasets.store import DatasetInfo, Split
from mnistcli.errors import DatasetError
from mnistcli.terminal.console import err, out, print_json
from mnistcli.terminal.drawing import drawn
from mnistcli.terminal.escaping import escape

VERSION = 1  # of the JSON
MARGIN = 2  # pixels of an image's empty border that are not drawn
GAP = 2  # characters between drawings
MEGABYTE = 1e6
NAMED = 5  # classes


def show_list(found: Sequence[DatasetInfo | DatasetError], folder: Path, *, as_json: bool) -> None:
    """Show what is stored in a folder; what cannot be read on stderr."""
    stored = [each for each in found if isinstance(each, DatasetInfo)]
    for each in found:
        if isinstance(each, DatasetError):
            err.print(escape(str(each)))
    if as_json:
        print_json({"version": VERSION, "datasets": [_json(each) for each in stored]})
        return
    if not stored:
        err.print(f"no dataset is stored in {folder}: `mnistcli fetch` gets one")
        return
    table = Table("dataset", "classes", box=None, pad_edge=False)
    for name in ("training", "test", "MB"):
        table.add_column(name, justify="right")
    table.add_column("licence")
    table.add_column("source", overflow="fold")
    for each in stored:
        table.add_row(
            escape(each.name),
            _classes(each),
            f"{each.train:,}",
            f"{each.test:,}",
            f"{each.size / MEGABYTE:.1f}",
            escape(each.licence),
            escape(each.source),
        )
    out.print(table)


def _classes(info: DatasetInfo) -> str:
    if info.classes == DIGITS:
        return "0 to 9"
    more = f" ... ({len(info.classes)})" if len(info.classes) > NAMED else ""
    return escape(" ".join(info.classes[:NAMED])) + more


def _json(info: DatasetInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "path": str(info.path.absolute()),
        "classes": list(info.classes),
        "train": info.train,
        "test": info.test,
        "unread": info.unread,
        "source": info.source,
        "licence": info.licence,
        "fetched": info.fetched,
        "size": info.size,
        "digest": info.digest,
    }


def show_samples(info: DatasetInfo, train: Split) -> None:
    """Draw a row of images a class, as many as the terminal is wide."""
    out.print(f"{info.name}: {info.train:,} training images of {len(info.classes)} classes")
    longest = max(map(len, info.classes))
    fit = max(1, (out.width - longest) // (28 - 2 * MARGIN + GAP))
    inner = slice(MARGIN, -MARGIN)
    for name, images in samples(train, fit):
        grid = Table.grid(padding=(0, GAP, 0, 0))
        label = Text(escape(name).ljust(longest), "bold")
        grid.add_row(label, *(drawn(image[inner, inner]) for image in images))
        out.print(grid)
