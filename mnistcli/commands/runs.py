"""`mnistcli runs`: list, compare, remove."""

import sys
from pathlib import Path

import click

from mnistcli.choices import OPTIMIZERS, ORDERS, STATUSES
from mnistcli.commands import options
from mnistcli.commands.options import kinds, places
from mnistcli.networks.catalogue import NETWORKS

run_arguments = click.argument(
    "runs",
    type=kinds.ANYWHERE,
    metavar="RUN...",
    nargs=-1,
    required=True,
    shell_complete=places.complete_run,
)


@click.group(invoke_without_command=True)
@click.option(
    "--sort",
    "order",
    type=click.Choice(ORDERS),
    default="created",
    show_default=True,
    help="created and accuracy: the newest and the best first; others: the least first.",
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option(
    "--model",
    multiple=True,
    type=kinds.Networks((*NETWORKS, "ensemble")),
    help="Only these; may be repeated.",
)
@click.option("--dataset", multiple=True, type=kinds.Dataset(), help="Only these; may be repeated.")
@click.option(
    "--optimizer",
    multiple=True,
    type=kinds.Names(OPTIMIZERS),
    metavar="NAME",
    help="Only these; may be repeated.",
)
@click.option(
    "--status", multiple=True, type=click.Choice(STATUSES), help="Only these; may be repeated."
)
@click.option(
    "--sweep",
    multiple=True,
    metavar="NAME",
    shell_complete=places.complete_sweep,
    help="Only the runs of this sweep; may be repeated.",
)
@options.runs_dir
@options.as_json
@click.pass_context
def runs(
    ctx: click.Context,
    order: str,
    reverse: bool,
    model: tuple[str, ...],
    dataset: tuple[str, ...],
    optimizer: tuple[str, ...],
    status: tuple[str, ...],
    sweep: tuple[str, ...],
    runs_dir: Path,
    as_json: bool,
) -> None:
    """List the runs, compare or remove some.

    A run whose training was stopped before its end is `interrupted`: `mnistcli train --resume`
    goes on with it.
    """
    if ctx.invoked_subcommand:
        options.refuse_before_subcommand(ctx)
        return
    from mnistcli.runs.comparison import list_runs, unreadable
    from mnistcli.terminal.views import runs as view

    wanted = {
        "model": model,
        "dataset": dataset,
        "optimizer": optimizer,
        "status": status,
        "sweep": sweep,
    }
    found = list_runs(runs_dir, order=order, reverse=reverse, wanted=wanted)
    view.show_list(found, runs_dir, list(unreadable(runs_dir)), as_json=as_json)


@runs.command()
@run_arguments
@options.runs_dir
@options.as_json
@click.pass_context
def compare(ctx: click.Context, runs: tuple[str, ...], runs_dir: Path, as_json: bool) -> None:
    """Show what differs between runs: configuration, results, curves."""
    if len(runs) == 1:
        raise click.UsageError("a comparison takes two runs or more.")
    from mnistcli.runs.comparison import compare as compare_runs
    from mnistcli.runs.finding import find
    from mnistcli.terminal.views import runs as view

    folder = places.folder_of_group(ctx, "runs_dir", runs_dir)
    comparison = compare_runs(find(folder, reference) for reference in runs)
    view.show_comparison(comparison, as_json=as_json)


@runs.command()
@run_arguments
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.runs_dir
@options.quiet
@click.pass_context
def rm(ctx: click.Context, runs: tuple[str, ...], yes: bool, runs_dir: Path, quiet: bool) -> None:
    """Remove runs with all their files, after asking."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on: give --yes to remove all the same.")
    from mnistcli.runs.comparison import removable, remove
    from mnistcli.terminal.console import note

    paths = removable(places.folder_of_group(ctx, "runs_dir", runs_dir), runs)
    if not yes:
        what = ", ".join(path.name for path in paths)
        if not click.confirm(f"Remove {what} with all files?", err=True):
            note("nothing removed", quiet=quiet)
            return
    for path in paths:
        remove(path)
        note(f"removed {path}", quiet=quiet)
