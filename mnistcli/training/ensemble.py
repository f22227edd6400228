"""One run of several: their networks as one, which averages what they say."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import ModelError, RunError
from mnistcli.evaluation.calibration import fit_temperature
from mnistcli.evaluation.metrics import measure
from mnistcli.networks import ensemble, model
from mnistcli.networks.framework import keras
from mnistcli.reading.classifier import Classifier
from mnistcli.runs import finding, folders, locks, run
from mnistcli.runs.config import SHAPE, TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Run
from mnistcli.training import provenance
from mnistcli.training.finishing import Trained, finish
from mnistcli.training.pool import Pool, joined, open_pool

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
    runs = [finding.find(runs_dir, reference) for reference in references]
    pool = open_pool(data_dir, runs[0].config.datasets, runs[0].classes)
    config = _config(runs, pool)
    kept, held_out = pool.train(config.validation_split)
    train = kept if held_out is None else joined([kept, held_out])
    held = len(train.labels) - len(kept.labels)
    said = np.mean([_classifier(each).predict(train.images) for each in runs], axis=0)
    temperature = 1.0
    if held:
        temperature = fit_temperature(said[-held:], train.labels[-held:])
    said = _calibrated(said, temperature)
    seen = slice(0, len(train.labels) - held)
    training = measure(said[seen], train.labels[seen], pool.classes)
    validation = measure(said[-held:], train.labels[-held:], pool.classes) if held else None
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
        this = run.create(
            path,
            config,
            pool.identities,
            provenance.versions(),
            classes=pool.classes,
            members=members,
        )
        images = train.images[seen]
        made = finish(this, network, images, pool, [record], temperature, started, seeing=seeing)
    run.forget_checkpoint(made.run)
    return made


def _config(runs: Sequence[Run], pool: Pool) -> TrainingConfig:
    """Return the configuration of an ensemble: the first run's, where it can have one at all."""
    first = runs[0]
    for each in runs:
        if not each.complete:
            raise RunError(f"run {each.name} is not complete, and can join no ensemble.")
        if (each.datasets, each.classes) != (first.datasets, first.classes):
            raise RunError(
                f"{each.name} was trained on {' and '.join(each.config.datasets)}, {first.name} on "
                f"{' and '.join(first.config.datasets)}, or another version of it: an ensemble's "
                f"runs know the same images. Leave one out."
            )
    digests = [each.artifacts[run.KERAS_MODEL].sha256 for each in runs]
    twice = [each.name for k, each in enumerate(runs) if digests[k] in digests[:k]]
    if twice:
        raise RunError(f"{twice[0]} is there twice: an ensemble is of different runs.")
    for expected, stored in zip(first.datasets, pool.identities, strict=True):
        if stored != expected:
            raise RunError(
                f"{expected['name']} as it is stored now is not what {first.name} was trained on: "
                f"expected the digest {expected['digest'][:8]}…, got {stored['digest'][:8]}…."
            )
    shapeless: dict[str, Any] = dict.fromkeys(SHAPE)
    return replace(
        first.config,
        **shapeless,
        model=MODEL,
        loss="sparse_categorical_crossentropy",
        source=None,
        from_run=None,
        weights=None,
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
