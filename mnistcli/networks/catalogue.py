"""The networks: each is one function, and its training defaults in a table below them.

Imports stand inside the functions, so that `--help` and TAB list the networks without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mnistcli.errors import ChoiceError

if TYPE_CHECKING:
    import keras

    from mnistcli.networks.source import Source
    from mnistcli.runs.config import TrainingConfig
    from mnistcli.runs.run import Run


class Network(NamedTuple):
    """How a network is built, and how it is trained unless the user says otherwise."""

    build: Callable[..., keras.Model]
    """Uncompiled: pixels (n, 28, 28) 0..255 in, probabilities (n, classes) out. Takes both its
    shape and the number of classes."""
    shape: Mapping[str, Any]
    """What can be chosen about it, and what it is by default."""
    optimizer: str
    learning_rate: float | None
    schedule: str
    epochs: int
    batch_size: int
    augment: bool
    label_smoothing: float
    """How much of each label is shared out evenly among all (Szegedy et al. 2016)."""
    temperature: float
    threads: int
    """Of each operation. 0, all cores: where XLA makes one program of all, and shares it out.
    1: several groups of images at once keep the cores busy, and wait less for each other."""


def mlp(
    hidden: Sequence[int] = (512,),
    activation: str = "relu",
    dropout: float = 0.0,
    l2: float = 0.0,
    classes: int = 10,
) -> keras.Model:
    """Return the book's network: 512 relu, 10 softmax; 407,050 parameters. Or one of its kind.

    `hidden` are the units of the layers before the last; each is followed by dropout, where there
    is any. `l2` regularizes every dense kernel.
    """
    from keras import Input, Sequential, layers, regularizers

    def dense(units: int, activation: str) -> keras.Layer:
        return layers.Dense(
            units, activation, kernel_regularizer=regularizers.L2(l2) if l2 else None
        )

    stack = [Input((28, 28)), layers.Rescaling(1 / 255), layers.Flatten()]
    for units in hidden:
        stack += [dense(units, activation), *([layers.Dropout(dropout)] if dropout else [])]
    return Sequential([*stack, dense(classes, "softmax")], name="mlp")


def cnn(classes: int = 10) -> keras.Model:
    """Return a small batch-normalised convolutional network; 230,490 parameters.

    What costs time on a CPU is not the convolutions but the passes over large activations between
    them. Thus the first layers are not padded, and pooling comes before batch normalisation, which
    has a quarter of the work to do then. Dropout does not pay: with smoothed labels and changed
    images it only takes away.
    """
    from keras import Input, Sequential, layers

    def normalised(layer: keras.Layer, *, pool: bool = False) -> list[keras.Layer]:
        return [
            layer,
            *([layers.MaxPooling2D()] if pool else []),
            # Keras's momentum of 0.99 would average over more steps than a short run takes.
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]

    return Sequential(
        [
            Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Reshape((28, 28, 1)),
            *normalised(layers.Conv2D(16, 5, use_bias=False), pool=True),  # (12, 12, 16)
            *normalised(layers.Conv2D(32, 3, use_bias=False), pool=True),  # (5, 5, 32)
            *normalised(layers.Conv2D(64, 3, padding="same", use_bias=False)),  # (5, 5, 64)
            layers.Flatten(),
            *normalised(layers.Dense(128, use_bias=False)),
            layers.Dense(classes, activation="softmax"),
        ],
        name="cnn",
    )


NETWORKS = {
    "mlp": Network(
        build=mlp,
        shape={"hidden": (512,), "activation": "relu", "dropout": 0.0, "l2": 0.0},
        optimizer="rmsprop",
        learning_rate=None,
        schedule="constant",
        epochs=5,
        batch_size=128,
        augment=False,
        label_smoothing=0.0,
        temperature=1.0,
        threads=0,
    ),
    "cnn": Network(
        build=cnn,
        shape={},
        optimizer="adam",
        learning_rate=0.05,
        schedule="one-cycle",
        epochs=7,
        batch_size=256,
        augment=True,
        label_smoothing=0.1,
        temperature=0.47,  # median of four fits, each on a sixth of the training images, held out
        threads=1,
    ),
}


GENTLE, BRIEF = 0.1, 1
"""Of the usual learning rate, and epochs, where a training begins with a run's weights."""

OWN = NETWORKS["mlp"]._replace(shape={}, threads=1)
"""How a network that the user built is trained unless they say otherwise: as the book's."""


def network(model: str) -> Network:
    """Return what is known of a configuration's model: of a Python file, how it is trained."""
    return NETWORKS.get(model, OWN)


def configure(
    source: Source | None = None, parent: Run | None = None, **choices: Any
) -> TrainingConfig:
    """Return the configuration in which every choice that is left out, or None, is the default.

    A network's learning rate belongs to its optimizer: another optimizer starts with its own.
    `source` is the Python file that the network comes from, if it does, `parent` the run whose
    weights it begins with: it has the same network then, and the same datasets unless others are
    chosen. Raises ChoiceError where the choices do not go together.
    """
    from dataclasses import fields

    from mnistcli.runs.config import SHAPE, TrainingConfig

    choices = {name: choice for name, choice in choices.items() if choice is not None}
    begun = _begun_with(parent, source, choices) if parent else {}
    model = source.name if source else choices.get("model", begun.get("model", "mlp"))
    known = network(model)
    names = {field.name for field in fields(TrainingConfig)}
    settings = {name: value for name, value in known._asdict().items() if name in names}
    if choices.get("optimizer", known.optimizer) != known.optimizer:
        settings["learning_rate"] = None
    if parent and settings["learning_rate"]:
        settings["learning_rate"] *= GENTLE
    defaults = {
        "dataset": "mnist",
        "added": (),
        **dict.fromkeys(SHAPE),
        **known.shape,
        "loss": "sparse_categorical_crossentropy",
        "metric": (),
        **settings,
        "validation_split": 0.0,
        "early_stopping": None,
        "seed": 0,
        "from_run": None,
        "weights": None,
    }
    identity = {"model": model, "source": source.digest if source else None}
    config = TrainingConfig(**(defaults | begun | choices | identity))
    _check_shape(model, known.shape, choices, config)
    if config.early_stopping is not None and not config.validation_split:
        raise ChoiceError(
            "--early-stopping watches the validation loss, and no images are held out for it. "
            "Give a --validation-split, such as 0.1, or leave --early-stopping out."
        )
    return config


def _begun_with(parent: Run, source: Source | None, choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a training takes over from the run that it begins with."""
    from mnistcli.runs.config import SHAPE
    from mnistcli.runs.run import KERAS_MODEL

    given = source.name if source else choices.get("model", parent.config.model)
    shaped = [f"--{name}" for name in SHAPE if name in choices]
    if given != parent.config.model or shaped:
        raise ChoiceError(
            f"--from begins with the network of run {parent.name}, {parent.config.model}: leave "
            f"{' and '.join(shaped) or f'--model {given}'} out."
        )
    if parent.config.source and not source:
        raise ChoiceError(
            f"run {parent.name} has its network from {given}, and no program is run out of a run "
            f"folder. Name the file again: --model {given}."
        )
    model = parent.artifacts.get(KERAS_MODEL)
    if model is None:
        raise ChoiceError(
            f"--from needs the weights of a complete run, and {parent.name} has none to train on. "
            f"`mnistcli runs` lists the runs there are."
        )
    datasets = {"dataset": parent.config.dataset, "added": parent.config.added}
    return {
        **{name: getattr(parent.config, name) for name in ("model", *SHAPE)},
        **({} if "dataset" in choices else datasets),
        "epochs": BRIEF,
        "from_run": parent.name,
        "weights": model.sha256,
    }


def check_split(config: TrainingConfig, images: int) -> None:
    """Raise ChoiceError where the validation split leaves none of so many training images.

    Or where it holds none out, and early stopping needs some.
    """
    held = round(images * config.validation_split)
    if held == images:
        raise ChoiceError(
            f"--validation-split {config.validation_split} holds out all {images:,} images, where "
            f"some must be left to train on. Give a smaller one, such as 0.1."
        )
    if held == 0 and config.early_stopping is not None:
        raise ChoiceError(
            f"--early-stopping watches the validation loss, and --validation-split "
            f"{config.validation_split} of {images:,} images holds none out. Give a larger one."
        )


def _check_shape(
    model: str, shape: Mapping[str, Any], choices: Mapping[str, Any], config: TrainingConfig
) -> None:
    from mnistcli.runs.config import SHAPE

    for name in SHAPE:
        if name in choices and name not in shape:
            raise ChoiceError(
                f"--{name} shapes mlp, and the model is {model}. Leave it out, or train mlp."
            )
    for name in ("activation", "dropout"):
        if choices.get(name) and config.hidden == ():
            raise ChoiceError(
                f"--{name} belongs to hidden layers, and --hidden 0 asks for none. Leave one out."
            )
