"""`mnistcli predict`."""

import sys
from pathlib import Path

import click

from mnistcli import chatter
from mnistcli.commands import options


@click.command()
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path())
@options.run_option
@click.option(
    "--top", type=click.IntRange(1, 10), default=1, show_default=True, help="Answers per picture."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", "table", "tsv", "json"]),
    default="auto",
    show_default=True,
    help="auto is a table on a terminal, and path, digit, probability as TSV in a pipe.",
)
@options.engine
@options.runs_dir
@options.as_json
@options.quiet
def predict(
    images: tuple[str, ...],
    run: str | None,
    top: int,
    format_: str,
    engine: str,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read digits in picture files.

    IMAGE is a file, a folder, or - for standard input.
    """
    chatter.silence()
    from mnistcli import answers
    from mnistcli.classifier import Classifier
    from mnistcli.prediction import predict_pictures
    from mnistcli.run import find

    found = find(runs_dir, run)
    predictions = predict_pictures(images, Classifier.load(found, engine))
    if as_json:
        format_ = "json"
    elif format_ == "auto":
        format_ = "table" if sys.stdout.isatty() else "tsv"
    answers.write(predictions, found, format_, top)
