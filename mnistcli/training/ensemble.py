"""One run of several: their networks as one, which averages what they say."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli.datasets import store
from mnistcli.errors import ModelError, RunError
from mnistcli.evaluation.calibration import fit_temperature
from mnistcli.evaluation.metrics import measure
from mnistcli.networks import ensemble, model
from mnistcli.networks.framework import keras
from mnistcli.reading.classifier import Classifier
from mnistcli.runs import folders, locks, run
from mnistcli.runs.config import SHAPE, TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Run
from mnistcli.training import provenance
from mnistcli.training.finishing import Trained, finish

MODEL = "ensemble"
SMALLEST = 1e-30  # of a probability, before its logarithm is taken


def combine(
    references: Sequence[str], data_dir: Path, runs_dir: Path, name: str | None = None
) -> Trained:
    """Make a run of several complete ones, by name or path, and return it.

    Its probabilities are the mean of theirs, calibrated on the training images that all of them
    held out; its one record of history is its own. Raises RunError, ModelError, DatasetError.
    """
    started = time.monotonic()
    if name is not None:
        folders.check_name(name)
    runs = [run.find(runs_dir, reference) for reference in references]
    config = _config(runs, data_dir)
    train = store.load(data_dir, config.dataset, "train")
    held = round(len(train.labels) * config.validation_split)
    said = np.mean([_classifier(each).predict(train.images) for each in runs], axis=0)
    temperature = 1.0
    if held:
        temperature = fit_temperature(said[-held:], train.labels[-held:])
    said = _calibrated(said, temperature)
    seen = slice(0, len(train.labels) - held)
    training = measure(said[seen], train.labels[seen])
    validation = measure(said[-held:], train.labels[-held:]) if held else None
    network, seeing = ensemble.combine([_model(each) for each in runs], temperature, config.metric)
    record = EpochRecord(
        epoch=1,
        loss=training.loss,
        accuracy=training.accuracy,
        val_loss=validation.loss if validation else None,
        val_accuracy=validation.accuracy if validation else None,
        seconds=time.monotonic() - started,
    )
    path = folders.reserve(runs_dir, name, MODEL)
    with locks.held(path):
        members = tuple((each.name, each.artifacts[run.KERAS_MODEL].sha256) for each in runs)
        versions, dataset = provenance.versions(), runs[0].dataset
        this = run.create(path, config, dataset, versions, members=members)
        images = train.images[seen]
        made = finish(
            this, network, images, data_dir, [record], temperature, started, seeing=seeing
        )
    run.forget_checkpoint(made.run)
    return made


def _config(runs: Sequence[Run], data_dir: Path) -> TrainingConfig:
    """Return the configuration of an ensemble: the first run's, where it can have one at all."""
    first = runs[0]
    for each in runs:
        if not each.complete:
            raise RunError(f"run {each.name} is not complete, and can join no ensemble.")
        if each.dataset != first.dataset:
            raise RunError(
                f"{each.name} was trained on {each.dataset['name']}, {first.name} on "
                f"{first.dataset['name']}, or another version of it: an ensemble's runs know the "
                f"same images. Leave one out."
            )
    digests = [each.artifacts[run.KERAS_MODEL].sha256 for each in runs]
    twice = [each.name for k, each in enumerate(runs) if digests[k] in digests[:k]]
    if twice:
        raise RunError(f"{twice[0]} is there twice: an ensemble is of different runs.")
    digest = store.info(data_dir, first.config.dataset).digest
    if digest != first.dataset["digest"]:
        raise RunError(
            f"{first.config.dataset} as it is stored now is not what {first.name} was trained on: "
            f"expected the digest {first.dataset['digest'][:8]}…, got {digest[:8]}…."
        )
    shapeless: dict[str, Any] = dict.fromkeys(SHAPE)
    return replace(
        first.config,
        **shapeless,
        model=MODEL,
        loss="sparse_categorical_crossentropy",
        source=None,
        epochs=1,
        early_stopping=None,
        validation_split=min(each.config.validation_split for each in runs),
    )


def _classifier(each: Run) -> Classifier:
    engine = "litert" if run.LITERT_MODEL in each.artifacts else "keras"
    return Classifier.load(each, engine)


def _model(each: Run) -> keras.Model:
    try:
        return model.load(each.verified(run.KERAS_MODEL))
    except ModelError as error:
        raise ModelError(f"run {each.name} can join no ensemble: {error}") from error


def _calibrated(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.floating]:
    logits = np.log(probabilities + SMALLEST) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled: NDArray[np.floating] = powers / powers.sum(axis=1, keepdims=True)
    return scaled
