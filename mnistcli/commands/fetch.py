"""`mnistcli fetch`."""

from pathlib import Path
from typing import Any

import click

from mnistcli.choices import DATASETS, SIBLINGS
from mnistcli.commands import options
from mnistcli.commands.options import kinds


@click.command()
@click.option(
    "--dataset",
    type=kinds.Dataset(),
    default="mnist",
    show_default=True,
    help="Published by name, drawn by code (synthetic), or, with --source, of any name.",
)
@click.option(
    "--source",
    "sources",
    type=kinds.ANYWHERE,
    multiple=True,
    metavar="URL|DIR|FILE",
    help="Of mnist and its siblings: where to look instead of the caches and public mirrors, a base URL or a folder "
    "with the four IDX files, or an .npz; may be repeated. Of any other name: labelled images, as "
    "a folder with a sub-folder for each class, a CSV, an .npz, IDX files, or a ZIP of these.",
)
@click.option("--force", is_flag=True, help="Fetch anew what is already stored.")
@options.data_dir
@options.as_json
@options.quiet
def fetch(
    dataset: str, sources: tuple[str, ...], force: bool, data_dir: Path, as_json: bool, quiet: bool
) -> None:
    """Get a dataset, verify it, store it.

    mnist and its siblings come from a cache on this machine or a public mirror; synthetic is drawn
    by code; any other is made of your own labelled images.
    """
    if dataset == "synthetic" and sources:
        raise click.UsageError("the synthetic digits are drawn by code: leave --source out.")
    from mnistcli.datasets import fetching
    from mnistcli.terminal.views import fetch as view

    amount: tuple[Any, ...] = view.IMAGES
    if dataset == "synthetic":
        events = fetching.fetch_synthetic(data_dir, force=force)
    elif dataset == "mnist":
        from mnistcli.datasets.sources import Source, default_sources

        candidates = [Source.parse(text) for text in sources] or default_sources()
        events, amount = fetching.fetch_mnist(data_dir, candidates, force=force), view.BYTES
    elif dataset in SIBLINGS:
        from mnistcli.datasets.siblings import fetch_sibling

        events, amount = fetch_sibling(data_dir, dataset, sources, force=force), view.BYTES
    elif len(sources) == 1:
        from mnistcli.collection.collecting import collect

        events = collect(data_dir, dataset, Path(sources[0]), force=force)
    elif not sources and not force and (stored := fetching.stored(data_dir, dataset)):
        events = iter([stored])
    else:
        raise click.UsageError(_unknown(dataset))
    fetched, unread = view.follow(events, quiet=quiet, amount=amount)
    view.show(fetched, unread, as_json=as_json)


def _unknown(dataset: str) -> str:
    """Say what to do for a dataset that is neither published nor stored."""
    from difflib import get_close_matches

    close = get_close_matches(dataset, DATASETS, n=1)
    meant = f" Or did you mean {close[0]}?" if close else ""
    return (
        f"{dataset} is none of {', '.join(DATASETS)}. To store your own labelled images under "
        f"that name, give one --source: a folder, a CSV, an .npz or a ZIP.{meant}"
    )
