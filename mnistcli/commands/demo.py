"""`mnistcli demo`."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mnistcli.commands import options
from mnistcli.commands.options import kinds
from mnistcli.terminal import chatter


@click.command()
@click.option(
    "--dataset",
    type=kinds.Dataset(),
    show_default="mnist if it can be had, else synthetic",
)
@options.data_dir
@options.runs_dir
@click.pass_context
def demo(ctx: click.Context, dataset: str | None, data_dir: Path, runs_dir: Path) -> None:
    """Show it all: fetch, train, evaluate, predict.

    Each step is printed as the command that does it. Without a network, the digits are drawn by
    code.
    """
    chatter.silence()
    from mnistcli.commands.demonstration import mnist_within_reach, write_pictures
    from mnistcli.runs.finding import find
    from mnistcli.terminal.console import note

    if dataset is None:
        dataset = "mnist" if mnist_within_reach(data_dir) else "synthetic"
        if dataset == "synthetic":
            note(
                "MNIST is out of reach (no copy here, no mirror answers): using digits drawn by code."
            )
    in_data, in_runs = _given(ctx, "data_dir"), _given(ctx, "runs_dir")
    _step(ctx, "fetch", "--dataset", dataset, *in_data)
    _step(ctx, "train", "--dataset", dataset, *in_data, *in_runs)
    _step(ctx, "evaluate", *in_data, *in_runs)
    pictures = write_pictures(data_dir, dataset, find(runs_dir, None).path / "demo")
    _step(ctx, "predict", "--show", *map(str, pictures), *in_runs)


def _given(ctx: click.Context, name: str) -> list[str]:
    """Return an option as it was given on the command line, or nothing."""
    if ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return []
    return [f"--{name.replace('_', '-')}", str(ctx.params[name])]


def _step(ctx: click.Context, *arguments: Any) -> None:
    """Print a command, then run it."""
    from rich.text import Text

    from mnistcli.terminal.console import err

    sys.stdout.flush()
    err.print(Text(f"\n$ mnistcli {shlex.join(arguments)}", "bold"))
    root = ctx.find_root().command
    root.main(list(arguments), prog_name="mnistcli", standalone_mode=False)
