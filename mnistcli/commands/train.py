"""`mnistcli train`."""

from pathlib import Path
from typing import Any

import click

from mnistcli.choices import DATASETS, OPTIMIZERS, SCHEDULES, STRATEGIES
from mnistcli.commands import options
from mnistcli.networks.catalogue import NETWORKS
from mnistcli.terminal import chatter

OF_THE_MODEL = "the model's own"


@click.command()
@click.option(
    "--dataset", type=click.Choice(DATASETS), show_default="mnist", help="What to train on."
)
@click.option(
    "--model",
    type=options.Names(NETWORKS),
    show_default="mlp",
    help="mlp is the book's network, cnn a convolutional one.",
)
@click.option(
    "--optimizer",
    type=options.Names(OPTIMIZERS),
    metavar="NAME",
    show_default=OF_THE_MODEL,
    help="Any of Keras's: rmsprop, adam, adamw, sgd, nadam, lion, muon ...",
)
@click.option(
    "--learning-rate",
    type=options.Number(min=0, min_open=True),
    show_default=OF_THE_MODEL,
    help="Its peak, where the schedule moves it.",
)
@click.option(
    "--schedule",
    type=click.Choice(SCHEDULES),
    show_default=OF_THE_MODEL,
    help="How the learning rate moves over the whole training.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    show_default=OF_THE_MODEL,
    help="How often every image is seen.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    show_default=OF_THE_MODEL,
    help="Images per optimizer step.",
)
@click.option(
    "--validation-split",
    type=options.Number(0, 1, max_open=True),
    show_default="0",
    help="Fraction of the training images to hold out and measure after every epoch.",
)
@click.option(
    "--early-stopping",
    type=click.IntRange(min=1),
    metavar="PATIENCE",
    help="Stop after this many epochs without a lower validation loss; keep the best weights.",
)
@click.option(
    "--augment/--no-augment",
    default=None,
    show_default=OF_THE_MODEL,
    help="Rotate, shear, scale and shift the images and vary their ink, differently every time.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    show_default="0",
    help="The same seed gives the same weights.",
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="auto",
    show_default=True,
    help="Where to train; auto takes the workers in TF_CONFIG, else all GPUs, else the CPU.",
)
@click.option("--name", help="The run's folder.  [default: <model>-<timestamp>]")
@click.option(
    "--resume",
    metavar="RUN",
    shell_complete=options.complete_run,
    help="Go on with an interrupted run.",
)
@click.option(
    "--plots", is_flag=True, help="Draw the learning curves into the run, as plots/curves.png."
)
@click.option("--csv", "as_csv", is_flag=True, help="Write the epochs to history.csv in the run.")
@click.option(
    "--tensorboard",
    is_flag=True,
    help="Write event files for TensorBoard into the run, after every epoch.",
)
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
def train(
    strategy: str,
    name: str | None,
    resume: str | None,
    plots: bool,
    as_csv: bool,
    tensorboard: bool,
    data_dir: Path,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Build, fit and save a model: a run."""
    if resume and name:
        raise click.UsageError("--resume goes on with a run that has its name: leave --name out.")
    chatter.silence()
    from mnistcli.datasets import store
    from mnistcli.networks.catalogue import configure
    from mnistcli.runs.history import write_csv
    from mnistcli.terminal.console import note

    config = configure(**choices)
    if not resume:
        store.info(data_dir, config.dataset)  # who has no dataset need not wait for TensorFlow
    from mnistcli.terminal import train as view
    from mnistcli.training.session import resume_run, train_run

    how: dict[str, Any] = {"tensorboard": tensorboard, "strategy": strategy}
    events = (
        resume_run(resume, choices, data_dir, runs_dir, **how)
        if resume
        else train_run(config, data_dir, runs_dir, name, **how)
    )
    trained = view.follow(events, quiet=quiet)
    if trained is None:  # a worker that isn't the chief
        return
    view.show(trained, as_json=as_json)
    written = [write_csv(trained.run.path, trained.history)] if as_csv else []
    if plots:
        # Matplotlib takes 0.4 s to import: only who wants a plot pays for it.
        from mnistcli.figures.writing import write_curves

        written.append(write_curves(trained.run))
    for path in written:
        note(f"wrote {path}", quiet=quiet)
