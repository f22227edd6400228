"""A sweep as a person watches and reads it: what is ahead, what has ended, the table."""

import csv
import io
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mnistcli.choices import COMPLETE
from mnistcli.figures.headlines import spread
from mnistcli.sweeps.plan import Plan, Planned
from mnistcli.sweeps.table import Row, Table
from mnistcli.terminal.columns import aligned
from mnistcli.terminal.console import err, note, out, print_json, redraws
from mnistcli.terminal.escaping import escape
from mnistcli.training.jobs.forecast import VERSION, Forecast
from mnistcli.training.jobs.work import Began, Ended, Epoch, Event, Failed, Waiting

MINUTE, HOUR = 60, 3600
DISPENSABLE = ("parameters", "seconds", "loss")
"""Left out in this order where a terminal is too narrow."""


def show_plan(
    plan: Plan,
    mine: Sequence[Planned],
    ahead: Forecast,
    jobs: int,
    *,
    as_json: bool,
    alone: bool,
    quiet: bool,
) -> None:
    """Say how many runs there are, and how long they will take; `alone`: that is the result."""
    settings, seeds = len(plan.settings), len(plan.seeds)
    if alone and as_json:
        print_json(
            {
                "version": VERSION,
                "sweep": plan.name,
                "runs": len(mine),
                "missing": ahead.missing,
                "seconds": ahead.seconds,
                "settings": [
                    {"setting": dict(each.options), "configuration": each.config.to_json()}
                    for each in plan.settings
                ],
                "seeds": list(plan.seeds),
            }
        )
        return
    part = f", {len(mine)} of them here" if len(mine) < len(plan.runs) else ""
    left = f", {ahead.missing} to train" if ahead.missing < len(mine) else ""
    text = (
        f"sweep {plan.name}: {_counted(settings, 'setting')} x {_counted(seeds, 'seed')} = "
        f"{_counted(len(plan.runs), 'run')}{part}{left}: about {duration(ahead.seconds)}, "
        f"{min(jobs, max(1, ahead.missing))} at once"
    )
    if alone:
        for each in plan.settings:
            out.print(Text(escape(each.said)))
        out.print(Text(text))
    else:
        note(text, quiet=quiet)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < MINUTE:
        return f"{seconds:.0f} s"
    if seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.1f} h"


def follow(
    events: Iterable[Event], plan: Plan, mine: Sequence[Planned], *, quiet: bool
) -> list[Failed]:
    """Show runs as they end, and return those that did not; when interrupted, say how to go on."""
    columns = (
        TextColumn("{task.completed:.0f}/{task.total:.0f} epochs"),
        BarColumn(),
        TextColumn("{task.fields[ended]} of {task.fields[runs]} runs"),
        TimeRemainingColumn(),
    )
    failed: list[Failed] = []
    ended, last = 0, dict[str, Epoch]()
    trained, epochs = set[str](), dict[str, int]()
    with Progress(*columns, console=err, disable=quiet or not redraws()) as progress:
        total = sum(planned.config.epochs for planned in mine)
        bar = progress.add_task("", total=total, ended=0, runs=len(mine))
        try:
            for event in events:
                match event:
                    case Began():
                        trained.add(event.planned.name)
                    case Epoch():
                        last[event.planned.name] = event
                        epochs[event.planned.name] = event.record.epoch
                        progress.update(bar, completed=sum(epochs.values()))
                    case Waiting():
                        others = ", ".join(each.name for each in event.planned)
                        note(f"waiting for other processes, which train {others}", quiet=quiet)
                    case Failed():
                        failed.append(event)
                        err.print(Text(f"{event.planned.name}: {event.reason}"))
                    case Ended():
                        ended += 1
                        epochs[event.planned.name] = event.planned.config.epochs
                        progress.update(bar, completed=sum(epochs.values()), ended=ended)
                        here = event.planned.name in (last if event.status == COMPLETE else trained)
                        if here:  # another process may have been faster by a moment
                            note(_line(event, last.get(event.planned.name)), quiet=quiet)
        except (KeyboardInterrupt, SystemExit):
            err.print(
                f"Interrupted after {ended} of {len(mine)} runs; every whole epoch is saved. "
                f"To go on, give the same command with --name {plan.name}"
            )
            raise
    return failed


def _line(event: Ended, last: Epoch | None) -> str:
    planned = event.planned
    said = f"{planned.name}  {escape(planned.setting.said)}, seed {planned.config.seed}"
    if event.status != COMPLETE:
        return f"{said}: {event.status}"
    if last is None or last.record.val_accuracy is None:
        return said
    return f"{said}: validation accuracy {last.record.val_accuracy:.4f}"


def show(table: Table, *, form: str | None, quiet: bool) -> None:
    """Show a sweep's table: for a terminal, or as markdown, csv or json."""
    match form:
        case "json":
            print_json(table.to_json())
        case "csv":
            sys.stdout.write(as_csv(table))
        case "markdown":
            sys.stdout.write(as_markdown(table))
        case _:
            _show(table)
    for name, values in table.unlike.items():
        text = f"the runs were computed unlike each other: {name} {', '.join(values)}"
        note(text, quiet=quiet)
    if len({row.setting.get("dataset", "").partition(",")[0] for row in table.rows}) > 1:
        note(
            "each setting is measured on images of its own dataset, held out: their accuracies are "
            "not of the same images",
            quiet=quiet,
        )
    if table.unfinished:
        note(f"{_counted(table.unfinished, 'run')} of {table.sweep} not finished", quiet=quiet)


def _show(table: Table) -> None:
    names = list(_cells(table, table.rows[0]))
    for name in ("", *DISPENSABLE):
        names = [each for each in names if each != name]
        rows = [[_cells(table, row)[name] for name in names] for row in table.rows]
        lines = aligned([names, *rows], [_is_number(table, name) for name in names])
        if not out.is_terminal or max(map(len, lines)) <= out.width:
            break
    out.print(Text(lines[0], "bold"))
    for line, row in zip(lines[1:], table.rows, strict=True):
        out.print(Text(line, "" if row.seeds else "dim"))
    if test := _tested(table):
        out.print(Text(test))


def as_markdown(table: Table) -> str:
    """Return the table in Markdown, and below it the winner's test accuracy."""
    names = list(_cells(table, table.rows[0]))
    rules = ["---:" if _is_number(table, name) else "---" for name in names]
    rows = [list(_cells(table, row).values()) for row in table.rows]
    lines = [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
        for row in (names, rules, *rows)
    ]
    test = _tested(table)
    return "\n".join([*lines, *(["", test] if test else [])]) + "\n"


def as_csv(table: Table) -> str:
    """Return the table as CSV, numbers unrounded; the winner's test accuracy in its row."""
    text = io.StringIO()
    rows = [_flat(row.to_json()) for row in table.rows]
    for row in rows:
        row["test_accuracy"] = None
    rows[0]["test_accuracy"] = None if math.isnan(table.test.mean) else table.test.mean
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of JSON without anything in anything: a column for each option."""
    low, high = row.pop("confidence_interval") or (None, None)
    setting, seeds = row.pop("setting"), row.pop("seeds")
    return {**setting, "seeds": len(seeds), **row, "difference_low": low, "difference_high": high}


def _tested(table: Table) -> str:
    """Say what the winner scores on the test images, which took no part in choosing it."""
    if math.isnan(table.test.mean):
        return ""
    best = ", ".join(f"{name.replace('_', '-')} {v}" for name, v in table.rows[0].setting.items())
    return f"test accuracy of the best{f' ({escape(best)})' if best else ''}: {spread(table.test)}"


def _cells(table: Table, row: Row) -> dict[str, str]:
    """Return what is shown of a row, by the column's name."""
    difference = row.difference
    interval = ""
    if difference and not math.isnan(difference.low):
        interval = f"{difference.low:+.4f} to {difference.high:+.4f}"
    return {
        **{
            _column(name).replace("_", "-"): escape(row.setting.get(name, ""))
            for name in table.names
        },
        "seeds": str(len(row.seeds)),
        "accuracy": spread(row.accuracy),
        "loss": spread(row.loss),
        "seconds": _figure(row.seconds, ".1f"),
        "parameters": _figure(row.parameters, ",.0f"),
        "difference": _figure(difference.mean, "+.4f") if difference else "",
        "95 % interval": interval,
        "verdict": row.words,
    }


def _is_number(table: Table, name: str) -> bool:
    options = {_column(each).replace("_", "-") for each in table.names}
    return name != "verdict" and name not in options


def _column(option: str) -> str:
    """Return what an option's column is called: the loss that is measured has its name, too."""
    return f"--{option}" if option == "loss" else option


def _figure(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)
