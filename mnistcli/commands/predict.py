"""`mnistcli predict`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from mnistcli.classes import MOST
from mnistcli.commands import options
from mnistcli.commands.options import kinds
from mnistcli.terminal import chatter


@click.command()
# Not readable=True: one file without permission must not keep the others from being read.
@click.argument(
    "images", metavar="IMAGE...", nargs=-1, required=True, type=kinds.Place(readable=False)
)
@options.run_option
@options.digits
@click.option(
    "--top", type=click.IntRange(1, MOST), default=1, show_default=True, help="Answers per picture."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", "table", "tsv", "json"]),
    default="auto",
    show_default=True,
    help="auto is a table on a terminal, and path, text, probability as TSV in a pipe.",
)
@click.option(
    "--min-confidence",
    type=kinds.Number(0, 1),
    default=0.0,
    help="Mark answers below this probability as doubtful (3?) instead of asserting them.",
)
@options.shard("Read every N-th input only")
@click.option("--show", is_flag=True, help="Draw what the network saw beside its top answers.")
@click.option(
    "--save-images",
    type=kinds.FOLDER,
    metavar="DIR",
    help="Write the 28x28 images that the network saw as PNGs.",
)
@options.engine
@options.runs_dir
@options.as_json
@options.quiet
@click.pass_context
def predict(
    ctx: click.Context,
    images: tuple[str, ...],
    run: str | None,
    digits: int | None,
    top: int,
    format_: str,
    min_confidence: float,
    shard: tuple[int, int],
    show: bool,
    save_images: Path | None,
    engine: str,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read digits and numbers in picture files.

    IMAGE is a file, a folder, or - for standard input.
    """
    form = _form("json" if as_json else format_, show=show)
    chatter.silence()
    from collections import Counter

    from mnistcli.reading.classifier import Classifier
    from mnistcli.reading.inputs import expand, said, share
    from mnistcli.reading.prediction import predict_pictures
    from mnistcli.terminal.views import predict as view

    found = options.run_to_read_with(runs_dir, run, quiet=quiet)
    options.check_digits(ctx, found)
    if top > len(found.classes):
        raise click.UsageError(f"--top {top}: run {found.name} has {len(found.classes)} answers.")
    classifier = Classifier.load(found, engine)

    passed_over: Counter[str] = Counter()

    def inputs(counted: Counter[str] | None = None) -> Iterator[str]:
        return share(expand(images, counted), *shard)

    predictions = predict_pictures(inputs(passed_over), classifier, min_confidence, digits)
    if save_images:
        from mnistcli.reading.saving import saved

        predictions = saved(predictions, save_images)
    if sys.stderr.isatty() and not quiet and form in ("tsv", "json"):
        from mnistcli.terminal.views.pictures import counted

        predictions = counted(predictions, lambda: sum(1 for _ in inputs()))
    aside = (lambda: "") if quiet else (lambda: said(passed_over))
    view.write(predictions, found, form, top, part=shard[1] > 1, aside=aside)


def _form(name: str, *, show: bool) -> str:
    """Return what to write: "tsv", "json", "table", or "show", a table with drawings."""
    if show:
        if name in ("tsv", "json"):
            raise click.UsageError(f"--show draws for people: it does not go with {name}.")
        return "show"
    if name == "auto":
        return "table" if sys.stdout.isatty() else "tsv"
    return name
