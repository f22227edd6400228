"""A sweep as one web page, and as files: what `sweep --report` and `sweep --plots` write."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from mnistcli import files
from mnistcli.errors import RunError
from mnistcli.figures import headlines, strips
from mnistcli.figures.report import page, section, svg
from mnistcli.figures.writing import PLOTS, REPORT
from mnistcli.sweeps.table import Row, Table

FOLDER = "{}.sweep"
"""Beside the runs: no run, for it has no run.json."""
NOTE = (
    "On training images that were held out: mean over seeds ± standard deviation. The difference is "
    "to the best setting, in pairs of equal seeds, with its 95 % interval by Student's t."
)


def write_plots(table: Table, runs_dir: Path) -> list[Path]:
    """Draw a sweep as PNGs into NAME.sweep/plots, and return their paths."""
    _require(table)
    folder = runs_dir / FOLDER.format(table.sweep) / PLOTS
    folder.mkdir(parents=True, exist_ok=True)
    subject = f"{table.sweep}: {len(table.rows)} settings, {len(table.members)} runs"
    drawn = {_name("accuracy", table): strips.strips(table, subject)}
    if table.by is None:
        drawn["curves"] = strips.bands(table, subject)
    for name, png in drawn.items():
        files.write_bytes(folder / f"{name}.png", png)
    return [folder / f"{name}.png" for name in drawn]


def write_report(table: Table, runs_dir: Path) -> Path:
    """Write NAME.sweep/report.html, one file that holds all of it, and return its path."""
    _require(table)
    path = runs_dir / FOLDER.format(table.sweep) / REPORT
    path = path.with_stem(_name(path.stem, table))
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, html(table).encode())
    return path


def _name(what: str, table: Table) -> str:
    return what if table.by is None else f"{what}-by-{table.by.replace('_', '-')}"


def _require(table: Table) -> None:
    if not table.rows[0].seeds:
        raise RunError(f"no run of sweep {table.sweep} is complete: there is nothing to draw.")


def html(table: Table) -> str:
    """Return the page on what a sweep compared, and what can be said of it."""
    sections = [
        section(headlines.sweep(table), NOTE, _table(table)),
        section(
            "Every run", "A dot is a run, a bar the mean.", svg(strips.strips(table, None), "runs")
        ),
    ]
    if table.by is None:
        learnt = svg(strips.bands(table, None), "learning curves")
        note = "Mean over seeds, in a band of a standard deviation."
        sections.append(section("How they learnt", note, learnt))
    best = table.rows[0]
    lead = f"{len(table.rows)} settings, {len(table.members)} runs"
    if table.test.n:
        lead += f"; test accuracy of the best: {headlines.spread(table.test)}"
    title = f"{table.sweep}: {best.accuracy.mean:.2%} at best"
    return page(table.sweep, title, lead, "", sections)


def _table(table: Table) -> str:
    names = [name.replace("_", " ") for name in table.names]
    heads = [*names, "seeds", "accuracy", "loss", "seconds", "parameters", "difference", "", ""]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join(f"<tr>{''.join(_cells(table, row))}</tr>" for row in table.rows)
    return f'<div class="wide" tabindex="0"><table class="settings"><tr>{head}</tr>{rows}</table></div>'


def _cells(table: Table, row: Row) -> Iterable[str]:
    for name in table.names:
        yield f'<th scope="row">{escape(row.setting.get(name, ""))}</th>'
    difference = row.difference
    interval = difference is not None and difference.n > 1
    yield from (
        f"<td>{text}</td>"
        for text in (
            str(len(row.seeds)),
            headlines.spread(row.accuracy),
            headlines.spread(row.loss),
            f"{row.seconds:.1f}" if row.seeds else "",
            f"{row.parameters:,.0f}" if row.seeds else "",
            f"{difference.mean:+.4f}" if difference else "",
            f"{difference.low:+.4f} to {difference.high:+.4f}" if difference and interval else "",
        )
    )
    yield f'<td class="words">{escape(row.words)}</td>'
