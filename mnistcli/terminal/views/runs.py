"""Runs as a person reads them: aligned columns, never cut in a pipe, curves on a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.filesize import decimal
from rich.text import Text

from mnistcli.choices import COMPLETE, METRICS
from mnistcli.errors import RunError
from mnistcli.runs.comparison import VERSION, Comparison, Summary
from mnistcli.runs.history import HELD_OUT
from mnistcli.terminal.columns import aligned
from mnistcli.terminal.console import draws, note, out, print_json
from mnistcli.terminal.escaping import escape
from mnistcli.terminal.sparkline import bounds, sparkline

COLUMNS: Mapping[str, Callable[[Summary], object]] = {
    "run": lambda summary: summary.run.name,
    "model": lambda summary: summary.run.config.model,
    "dataset": lambda summary: "+".join(summary.run.config.datasets),
    "optimizer": lambda summary: summary.run.config.optimizer,
    "epochs": lambda summary: summary.epochs,
    "seed": lambda summary: summary.run.config.seed,
    "accuracy": lambda summary: _figure(summary.accuracy, 4),
    "seconds": lambda summary: _figure(summary.seconds, 1),
    "size": lambda summary: decimal(summary.size),
    "status": lambda summary: summary.status,
}
DISPENSABLE = ("size", "seed", "dataset", "seconds")
"""Left out in this order where a terminal is too narrow."""

CURVES = ("loss", "val_loss", "accuracy", "val_accuracy")
NUMBERS = ("epoch", "epochs", "seed", "seconds", "size", *CURVES)
UNKNOWN = "-"

Row = Sequence[str]


def show_list(
    summaries: Sequence[Summary], runs_dir: Path, damaged: Sequence[RunError], *, as_json: bool
) -> None:
    """Show a list of runs, and say on stderr what could not be read."""
    if as_json:
        print_json({"version": VERSION, "runs": [summary.to_json() for summary in summaries]})
    elif summaries:
        _show_table(summaries)
    else:
        note(f"no such runs in {runs_dir}")
    for error in damaged:
        note(str(error))


def _show_table(summaries: Sequence[Summary]) -> None:
    names = list(COLUMNS)
    missing = []
    lines = _aligned(names, _rows(summaries, names))
    for name in DISPENSABLE:
        if not out.is_terminal or len(lines[0]) <= out.width:
            break
        names.remove(name)
        missing.append(name)
        lines = _aligned(names, _rows(summaries, names))
    out.print(Text(lines[0], "bold"))
    for line, summary in zip(lines[1:], summaries, strict=True):
        out.print(Text(line, "" if summary.status == COMPLETE else "dim"))
    if missing:
        note(f"{', '.join(missing)}: on a wider terminal, in a pipe, or with --json")


def _rows(summaries: Sequence[Summary], names: Sequence[str]) -> list[Row]:
    return [[_text(COLUMNS[name](summary)) for name in names] for summary in summaries]


def show_comparison(comparison: Comparison, *, as_json: bool) -> None:
    """Show what differs between runs, what they scored, and how they learnt."""
    if as_json:
        print_json(comparison.to_json())
        return
    summaries = comparison.summaries
    differences = {
        **comparison.configuration,
        **comparison.versions,
        **comparison.computing,
    }
    rows = [[_title(name), *map(_text, values)] for name, values in differences.items()]
    rows += [
        ["test accuracy", *(_figure(summary.accuracy, 4) for summary in summaries)],
        ["test loss", *(_figure(summary.loss, 4) for summary in summaries)],
        *(
            [f"test {name}", *(_figure(summary.metrics.get(name), 4) for summary in summaries)]
            for name in _metrics(summaries)
        ),
        ["seconds", *(_figure(summary.seconds, 1) for summary in summaries)],
        ["size", *(decimal(summary.size) for summary in summaries)],
        ["status", *(summary.status for summary in summaries)],
    ]
    table = [["", *(_text(summary.run.name) for summary in summaries)], *rows]
    lines = _aligned(table[0], table[1:])
    if out.is_terminal and len(lines[0]) > out.width:
        # Many runs: a line each is narrower.
        table = [list(column) for column in zip(*table, strict=True)]
        lines = _aligned(table[0], table[1:])
    out.print(Text(lines[0], "bold"))
    for line in lines[1:]:
        out.print(Text(line))
    out.print()
    for line in _curves(summaries) if draws() else _epochs(summaries):
        out.print(Text(line))


def _title(name: str) -> str:
    """Return what a row is called: of a variable of the environment, its very name."""
    return name if name.isupper() else name.replace("_", " ")


def _curves(summaries: Sequence[Summary]) -> Iterator[str]:
    """Yield each curve of each run, the runs below each other and on one scale."""
    rows = []
    for name in _columns(summaries):
        curves = [_curve(summary, name) for summary in summaries]
        low, high = bounds(*curves)
        label = name
        for summary, curve in zip(summaries, curves, strict=True):
            if curve and None not in curve:
                ends = f"{curve[0]:.4f} → {curve[-1]:.4f}"
                rows.append([label, _text(summary.run.name), sparkline(curve, low, high), ends])
                label = ""
    yield from _aligned([""] * 4, rows)[1:]


def _epochs(summaries: Sequence[Summary]) -> Iterator[str]:
    """Yield the same as numbers, a line for each epoch of each run."""
    columns = _columns(summaries)
    rows = [
        [
            _text(summary.run.name),
            str(record.epoch),
            *(_figure(record.to_json().get(name), 4) for name in columns),
        ]
        for summary in summaries
        if summary.results
        for record in summary.results.history
    ]
    yield from _aligned(["run", "epoch", *columns], rows)


def _curve(summary: Summary, name: str) -> list[float | None]:
    return [r.to_json().get(name) for r in summary.results.history] if summary.results else []


def _metrics(summaries: Sequence[Summary]) -> list[str]:
    """Return the names of what some runs measured beside the accuracy, in their order."""
    return list(dict.fromkeys(name for summary in summaries for name in summary.metrics))


def _columns(summaries: Sequence[Summary]) -> list[str]:
    """Return what each epoch is shown with."""
    return [*CURVES, *(v + name for name in _metrics(summaries) for v in ("", HELD_OUT))]


def _aligned(header: Row, rows: Sequence[Row]) -> list[str]:
    """Return header and rows as lines of equal columns, numbers to the right."""
    right = [name in NUMBERS or name.removeprefix(HELD_OUT) in METRICS for name in header]
    return aligned([header, *rows], right)


def _figure(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return UNKNOWN if value is None else escape(str(value))
