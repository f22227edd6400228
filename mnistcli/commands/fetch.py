"""`mnistcli fetch`."""

from pathlib import Path

import click

from mnistcli.choices import DATASETS
from mnistcli.commands import options


@click.command()
@click.option(
    "--dataset",
    type=click.Choice(DATASETS),
    default="mnist",
    show_default=True,
    help="Which digits.",
)
@click.option(
    "--source",
    "sources",
    type=options.ANYWHERE,
    multiple=True,
    metavar="URL|DIR|FILE",
    help="Where to look instead of the caches and public mirrors: a base URL or a folder with the "
    "four IDX files, gzipped or not, or a single .npz. May be given several times.",
)
@click.option("--force", is_flag=True, help="Fetch anew what is already stored.")
@options.data_dir
@options.as_json
@options.quiet
def fetch(
    dataset: str, sources: tuple[str, ...], force: bool, data_dir: Path, as_json: bool, quiet: bool
) -> None:
    """Get a dataset, verify it, store it.

    mnist comes from a cache on this machine or a public mirror; synthetic is drawn by code.
    """
    if dataset == "synthetic" and sources:
        raise click.UsageError("--source is for mnist: the synthetic digits are drawn by code.")
    from mnistcli.datasets.fetching import fetch_mnist, fetch_synthetic
    from mnistcli.datasets.sources import Source, default_sources
    from mnistcli.terminal import fetch as view

    if dataset == "synthetic":
        events = fetch_synthetic(data_dir, force=force)
        fetched = view.follow(events, quiet=quiet, amount=view.IMAGES)
    else:
        candidates = [Source.parse(text) for text in sources] or default_sources()
        fetched = view.follow(fetch_mnist(data_dir, candidates, force=force), quiet=quiet)
    view.show(fetched, as_json=as_json)
