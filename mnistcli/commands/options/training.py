"""What a training can be told on the command line: the options that make its configuration."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mnistcli.choices import ACTIVATIONS, LOSSES, METRICS, OPTIMIZERS, SCHEDULES
from mnistcli.commands.options import kinds, places
from mnistcli.networks.catalogue import NETWORKS

if TYPE_CHECKING:
    from mnistcli.networks.source import Source
    from mnistcli.runs.config import TrainingConfig
    from mnistcli.runs.run import Run

OF_THE_MODEL = "the model's own"


def _hidden(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[int, ...]
) -> tuple[int, ...] | None:
    """Return the units of each hidden layer; None where nothing was said."""
    if 0 in values and len(values) > 1:
        raise click.BadParameter("0 asks for no hidden layer: give it alone, or leave it out.")
    return None if not values else tuple(units for units in values if units)


def _once(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return what was given, each once; None where nothing was."""
    return tuple(dict.fromkeys(values)) or None


def _metric(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the metrics, each once, beside the accuracy, which is always there."""
    return tuple(name for name in dict.fromkeys(values) if name != "accuracy") if values else None


OPTIONS = (
    click.option(
        "--dataset",
        type=kinds.Dataset(),
        multiple=True,
        callback=_once,
        show_default="mnist",
        help="What to train on; may be repeated: their training images together, validation and "
        "test images of the first, and the last epochs.",
    ),
    click.option(
        "--from",
        "from_run",
        metavar="RUN",
        shell_complete=places.complete_run,
        help="Begin with the weights of this run, and a tenth of the learning rate.",
    ),
    click.option(
        "--model",
        type=kinds.Networks(NETWORKS),
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
        type=kinds.Names(ACTIVATIONS),
        metavar="NAME",
        show_default="relu",
        help="Of mlp's hidden layers: any of Keras's, such as tanh or gelu.",
    ),
    click.option(
        "--dropout",
        type=kinds.Number(0, 1, max_open=True),
        metavar="RATE",
        show_default="0",
        help="Share of each of mlp's hidden layers that a training step leaves out.",
    ),
    click.option(
        "--l2",
        type=kinds.Number(min=0),
        metavar="FACTOR",
        show_default="0",
        help="Add this times the squares of mlp's kernels to the loss.",
    ),
    click.option(
        "--loss",
        type=kinds.Names(LOSSES),
        metavar="NAME",
        show_default="sparse_categorical_crossentropy",
        help="Any of Keras's that goes with classes: mse, kl_divergence, categorical_hinge ...",
    ),
    click.option(
        "--metric",
        type=kinds.Names(METRICS),
        multiple=True,
        callback=_metric,
        metavar="NAME",
        show_default="accuracy",
        help="Measure this, too: f1_score, auc, sparse_top_k_categorical_accuracy ...; may be "
        "repeated.",
    ),
    click.option(
        "--optimizer",
        type=kinds.Names(OPTIMIZERS),
        metavar="NAME",
        show_default=OF_THE_MODEL,
        help="Any of Keras's: rmsprop, adam, adamw, sgd, nadam, lion, muon ...",
    ),
    click.option(
        "--learning-rate",
        type=kinds.Number(min=0, min_open=True),
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
        type=kinds.Number(0, 1, max_open=True),
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


class Training(NamedTuple):
    """What a training is to be."""

    config: "TrainingConfig"
    source: "Source | None"
    """The Python file that the network comes from, as it is now."""
    parent: "Run | None"
    """The run whose weights it begins with."""


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of these options as a configuration calls them, what they name left out."""
    choices = {name: value for name, value in values.items() if name != "from_run"}
    if choices["dataset"]:
        choices["dataset"], *added = choices["dataset"]
        choices["added"] = tuple(added)
    return choices


def source(values: Mapping[str, Any]) -> "Source | None":
    """Return the Python file that the network comes from, if it does, as it is now."""
    from mnistcli.networks import source as sources

    return sources.Source.read(values["model"]) if sources.is_file(values["model"]) else None


def configured(values: Mapping[str, Any], data_dir: Path, runs_dir: Path) -> Training:
    """Return the training that the values of these options ask for.

    Whatever cannot be need not wait for TensorFlow: raises ChoiceError, DatasetError, RunError.
    """
    from mnistcli.datasets import store
    from mnistcli.networks.catalogue import check_split, configure
    from mnistcli.runs.finding import find

    file = source(values)
    parent = find(runs_dir, values["from_run"]) if values["from_run"] else None
    config = configure(file, parent, **named(values))
    check_split(config, store.info(data_dir, config.dataset).train)
    return Training(config, file, parent)


def choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
