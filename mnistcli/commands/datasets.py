"""`mnistcli datasets`: list, show, remove."""

import sys
from pathlib import Path

import click

from mnistcli.commands import options
from mnistcli.commands.options import kinds, places

dataset_argument = click.argument("name", type=kinds.Dataset())


@click.group(invoke_without_command=True)
@options.data_dir
@options.as_json
@click.pass_context
def datasets(ctx: click.Context, data_dir: Path, as_json: bool) -> None:
    """List the stored datasets, show or remove one."""
    if ctx.invoked_subcommand:
        options.refuse_before_subcommand(ctx)
        return
    from mnistcli.datasets import store
    from mnistcli.terminal.views import datasets as view

    view.show_list(list(store.stored(data_dir)), data_dir, as_json=as_json)


@datasets.command()
@dataset_argument
@click.option("--plots", is_flag=True, help="Draw it as a PNG instead, NAME.png in this folder.")
@options.data_dir
@options.quiet
@click.pass_context
def show(ctx: click.Context, name: str, plots: bool, data_dir: Path, quiet: bool) -> None:
    """Draw some training images of each class."""
    from mnistcli.datasets import store

    folder = places.folder_of_group(ctx, "data_dir", data_dir)
    about, train = store.info(folder, name), store.load(folder, name, "train")
    if plots:
        # Matplotlib takes 0.4 s to import: only who wants a plot pays for it.
        from mnistcli.figures.samples import write_samples
        from mnistcli.terminal.console import note

        note(f"wrote {write_samples(about, train, Path())}", quiet=quiet)
        return
    from mnistcli.terminal.views import datasets as view

    view.show_samples(about, train)


@datasets.command()
@dataset_argument
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.data_dir
@options.quiet
@click.pass_context
def rm(ctx: click.Context, name: str, yes: bool, data_dir: Path, quiet: bool) -> None:
    """Remove a stored dataset, after asking."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on: give --yes to remove all the same.")
    from mnistcli.datasets import store
    from mnistcli.terminal.console import note

    path = store.existing(places.folder_of_group(ctx, "data_dir", data_dir), name)
    if not yes and not click.confirm(f"Remove {path}?", err=True):
        note("nothing removed", quiet=quiet)
        return
    path.unlink()
    note(f"removed {path}", quiet=quiet)
