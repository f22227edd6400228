"""Options and arguments that commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from mnistcli.choices import ENGINES
from mnistcli.classes import are_digits
from mnistcli.commands.options.kinds import ANY, ANYWHERE, FOLDER, Digits, Shard
from mnistcli.commands.options.places import RUNS_DIR, complete_run, default_data_dir

if TYPE_CHECKING:
    from mnistcli.runs.run import Run

SHOWN = 5  # classes that a message names

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def run_to_read_with(runs_dir: Path, reference: str | None, *, quiet: bool) -> Run:
    """Return the run of this name or path, or the newest complete one; raise RunError.

    Where there is none yet, it is the one that comes with mnistcli, and a note says so.
    """
    from mnistcli.runs.finding import find

    run = find(runs_dir, reference)
    if run.pretrained and reference is None and not quiet:
        click.echo(
            f"no run in {runs_dir} yet, `mnistcli train` makes one: this is the network that comes "
            f"with mnistcli",
            err=True,
        )
    return run


def check_digits(ctx: click.Context, run: Run) -> None:
    """Refuse --digits where it was given, and the run tells apart what is no digit."""
    given = ctx.get_parameter_source("digits") is ParameterSource.COMMANDLINE
    if given and not are_digits(run.classes):
        names = ", ".join(run.classes[:SHOWN]) + (" ..." if len(run.classes) > SHOWN else "")
        raise click.UsageError(
            f"--digits goes with digits only: run {run.name} tells apart {names}, one a picture."
        )


def _data_dir(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Return the folder given, or the default one: not looked up on TAB."""
    return value or (None if ctx.resilient_parsing else default_data_dir())


data_dir = click.option(
    "--data-dir",
    type=FOLDER,
    envvar="MNISTCLI_DATA_DIR",
    callback=_data_dir,
    show_default="the user's cache folder",
    show_envvar=True,
    help="Where datasets are stored.",
)

runs_dir = click.option(
    "--runs-dir",
    type=FOLDER,
    envvar="MNISTCLI_RUNS_DIR",
    default=Path(RUNS_DIR),
    show_default=True,
    show_envvar=True,
    help="Where runs are kept.",
)

run_option = click.option(
    "--run",
    type=ANYWHERE,
    metavar="RUN",
    show_default="the newest complete run",
    help="Name or path of the run.",
    shell_complete=complete_run,
)

engine = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What the network runs on; auto is LiteRT.",
)

digits = click.option(
    "--digits",
    type=Digits(),
    metavar="any|N",
    default=ANY,
    show_default=True,
    help="How many digits a picture shows.",
)


def shard(what: str) -> Callable[[Decorated], Decorated]:
    """Return the option that gives a process its part of a job."""
    return click.option(
        "--shard",
        type=Shard(),
        default="0/1",
        show_default="all",
        help=f"{what}: a job of N processes, I counted from 0 or from 1.",
    )


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

quiet = click.option("--quiet", "-q", is_flag=True, help="No progress and no notes.")


def refuse_before_subcommand(ctx: click.Context) -> None:
    """Say so where an option of a group stands before a subcommand, which would not see it."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in ("runs_dir", "data_dir"):
            raise click.UsageError(
                f"{parameter.opts[0]} before {ctx.invoked_subcommand} does nothing: leave it out, "
                f"or give it after {ctx.invoked_subcommand} if it is listed there."
            )
