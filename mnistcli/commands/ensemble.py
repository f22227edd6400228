"""`mnistcli ensemble`."""

from pathlib import Path

import click

from mnistcli.commands import options
from mnistcli.commands.options import places
from mnistcli.terminal import chatter


@click.command()
@click.argument(
    "runs", metavar="RUN RUN...", nargs=-1, required=True, shell_complete=places.complete_run
)
@click.option("--name", help="The new run's folder.  [default: ensemble-<timestamp>]")
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
def ensemble(
    runs: tuple[str, ...],
    name: str | None,
    data_dir: Path,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make one run of several, which averages their probabilities.

    It is calibrated on the training images that all of them held out, and a run like any other:
    evaluate, predict and serve know no difference.
    """
    if len(runs) == 1:
        raise click.UsageError("an ensemble is of two runs or more.")
    chatter.silence()
    from mnistcli.terminal.views import train as view
    from mnistcli.training.ensemble import combine

    made = combine(runs, data_dir, runs_dir, name)
    view.show_ensemble(made, as_json=as_json, quiet=quiet)
