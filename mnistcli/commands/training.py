"""What a training can be told on the command line: the options that make its configuration."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcli.choices import ACTIVATIONS, DATASETS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES
from mnistcli.commands import options
from mnistcli.networks.catalogue import NETWORKS

if TYPE_CHECKING:
    from mnistcli.networks.source import Source
    from mnistcli.runs.config import TrainingConfig

OF_THE_MODEL = "the model's own"


def _hidden(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[int, ...]
) -> tuple[int, ...] | None:
    """Return the units of each hidden layer; None where nothing was said."""
    if 0 in values and len(values) > 1:
        raise click.BadParameter("0 asks for no hidden layer: give it alone, or leave it out.")
    return None if not values else tuple(units for units in values if units)


def _metric(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the metrics, each once, beside the accuracy, which is always there."""
    return tuple(name for name in dict.fromkeys(values) if name != "accuracy") if values else None


OPTIONS = (
    click.option(
        "--dataset", type=click.Choice(DATASETS), show_default="mnist", help="What to train on."
    ),
    click.option(
        "--model",
        type=options.Networks(NETWORKS),
        metavar="[mlp|cnn|FILE.py[:FUNCTION]]",
        show_default="mlp",
        help="mlp is the book's network, cnn a convolutional one; or a Python file in which "
        "FUNCTION (build, unless given) returns a Keras model of your own.",
    ),
    click.option(
        "--hidden",
        type=click.IntRange(0, 65536),
        multiple=True,
        callback=_hidden,
        metavar="UNITS",
        show_default="512",
        help="Units of mlp's hidden layer; once for each layer, 0 for none.",
    ),
    click.option(
        "--activation",
        type=options.Names(ACTIVATIONS),
        metavar="NAME",
        show_default="relu",
        help="Of mlp's hidden layers: any of Keras's, such as tanh or gelu.",
    ),
    click.option(
        "--dropout",
        type=options.Number(0, 1, max_open=True),
        metavar="RATE",
        show_default="0",
        help="Share of each of mlp's hidden layers that a training step leaves out.",
    ),
    click.option(
        "--l2",
        type=options.Number(min=0),
        metavar="FACTOR",
        show_default="0",
        help="Add this times the squares of mlp's kernels to the loss.",
    ),
    click.option(
        "--loss",
        type=options.Names(LOSSES),
        metavar="NAME",
        show_default="sparse_categorical_crossentropy",
        help="Any of Keras's that goes with classes: mse, kl_divergence, categorical_hinge ...",
    ),
    click.option(
        "--metric",
        type=options.Names(METRICS),
        multiple=True,
        callback=_metric,
        metavar="NAME",
        show_default="accuracy",
        help="Measure this, too: f1_score, auc, sparse_top_k_categorical_accuracy ...; may be "
        "repeated.",
    ),
    click.option(
        "--optimizer",
        type=options.Names(OPTIMIZERS),
        metavar="NAME",
        show_default=OF_THE_MODEL,
        help="Any of Keras's: rmsprop, adam, adamw, sgd, nadam, lion, muon ...",
    ),
    click.option(
        "--learning-rate",
        type=options.Number(min=0, min_open=True),
        show_default=OF_THE_MODEL,
        help="Its peak, where the schedule moves it.",
    ),
    click.option(
        "--schedule",
        type=click.Choice(SCHEDULES),
        show_default=OF_THE_MODEL,
        help="How the learning rate moves over the whole training.",
    ),
    click.option(
        "--epochs",
        type=click.IntRange(min=1),
        show_default=OF_THE_MODEL,
        help="How often every image is seen.",
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1),
        show_default=OF_THE_MODEL,
        help="Images per optimizer step.",
    ),
    click.option(
        "--validation-split",
        type=options.Number(0, 1, max_open=True),
        show_default="0",
        help="Fraction of the training images to hold out and measure after every epoch.",
    ),
    click.option(
        "--early-stopping",
        type=click.IntRange(min=1),
        metavar="PATIENCE",
        help="Stop after this many epochs without a lower validation loss; keep the best weights.",
    ),
    click.option(
        "--augment/--no-augment",
        default=None,
        show_default=OF_THE_MODEL,
        help="Rotate, shear, scale and shift the images and vary their ink, differently every "
        "time.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        show_default="0",
        help="The same seed gives the same weights.",
    ),
)
"""In the order of the help; each is None where nothing was said."""


def source(choices: Mapping[str, Any]) -> "Source | None":
    """Return the Python file that the network comes from, if it does, as it is now."""
    from mnistcli.networks import source as sources

    return sources.Source.read(choices["model"]) if sources.is_file(choices["model"]) else None


def configured(
    choices: Mapping[str, Any], data_dir: Path
) -> "tuple[TrainingConfig, Source | None]":
    """Return the configuration that the options make, and the file the network comes from.

    Whatever cannot be need not wait for TensorFlow: raises ChoiceError, DatasetError.
    """
    from mnistcli.datasets import store
    from mnistcli.networks.catalogue import check_split, configure

    file = source(choices)
    config = configure(file, **choices)
    check_split(config, store.info(data_dir, config.dataset).train)
    return config, file


def choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
