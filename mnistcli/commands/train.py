"""`mnistcli train`."""

from pathlib import Path
from typing import Any

import click

from mnistcli import chatter
from mnistcli.commands import options
from mnistcli.config import OPTIMIZERS, SCHEDULES
from mnistcli.networks import NETWORKS

OF_THE_MODEL = "the model's own"


@click.command()
@options.dataset
@click.option("--model", type=options.Names(NETWORKS), default="mlp", show_default=True)
@click.option("--optimizer", type=options.Names(OPTIMIZERS), show_default=OF_THE_MODEL)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    show_default=OF_THE_MODEL,
    help="Its peak, where the schedule moves it.",
)
@click.option("--schedule", type=click.Choice(SCHEDULES), show_default=OF_THE_MODEL)
@click.option("--epochs", type=click.IntRange(min=1), show_default=OF_THE_MODEL)
@click.option("--batch-size", type=click.IntRange(min=1), show_default=OF_THE_MODEL)
@click.option(
    "--validation-split",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Fraction of the training images to hold out and measure after every epoch.",
)
@click.option("--augment/--no-augment", default=None, show_default=OF_THE_MODEL)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--name", help="The run's folder.  [default: <model>-<timestamp>]")
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
def train(
    name: str | None,
    data_dir: Path,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Build, fit and save a model: a run."""
    chatter.silence()
    from mnistcli import console
    from mnistcli.networks import configure
    from mnistcli.training import train_run

    events = train_run(configure(**choices), data_dir, runs_dir, name)
    trained = console.follow_training(events, quiet=quiet)
    console.show_trained(trained, as_json=as_json)
