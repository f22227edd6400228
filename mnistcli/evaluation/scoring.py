"""Measure a run on a dataset split."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnistcli import files
from mnistcli.datasets import store
from mnistcli.errors import BelowThresholdError, DatasetError
from mnistcli.evaluation.labelled import labelled_pictures
from mnistcli.evaluation.metrics import Metrics, measure
from mnistcli.evaluation.mistakes import Answers, Mistake, most_confident
from mnistcli.reading.classifier import Classifier
from mnistcli.reading.prediction import predict_pictures
from mnistcli.runs.run import Run

VERSION = 1  # of the report's JSON
PICTURES = "pictures"
"""In the place of a split: people's own pictures."""


@dataclass(frozen=True)
class Skipped:
    """A picture that could not be read."""

    path: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """What a run scores on a dataset split."""

    run: Run
    dataset: str
    split: str
    metrics: Metrics
    answers: Answers
    skipped: Sequence[Skipped] | None = None
    """Of pictures only: those that could not be read."""

    @property
    def slug(self) -> str:
        """What the evaluation's files are called after: <dataset>-<split>."""
        name = re.sub(r"[^\w.-]+", "-", Path(self.dataset).name)
        return f"{name}-{self.split}"

    @property
    def subject(self) -> str:
        """What was measured on what, for a person."""
        if self.split == PICTURES:
            return f"{self.run.name} on pictures of {Path(self.dataset).name}"
        return f"{self.run.name} on {self.dataset} {self.split}"

    @property
    def errors(self) -> int:
        """How many images were read wrongly."""
        confusion = self.metrics.confusion_matrix
        return int(confusion.sum() - np.trace(confusion))

    def mistakes(self, count: int) -> tuple[Mistake, ...]:
        """Return up to `count` mistakes, those first of which the network was surest."""
        return most_confident(self.answers, count)

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as a JSON object, numbers unrounded."""
        metrics = self.metrics
        report = {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "dataset": self.dataset,
            "split": self.split,
            "n": metrics.n,
            "accuracy": metrics.accuracy,
            "loss": metrics.loss,
            "confidence_interval": list(metrics.confidence_interval),
            "expected_calibration_error": metrics.expected_calibration_error,
            "per_class": [asdict(each) for each in metrics.per_class],
            "confusion_matrix": metrics.confusion_matrix.tolist(),
        }
        if self.skipped is not None:
            report["skipped"] = [asdict(each) for each in self.skipped]
        return report


def evaluate_run(
    run: Run, data_dir: Path, dataset: str | None, split: str, engine: str = "auto"
) -> Evaluation:
    """Return what `run` scores on a split ("test" or "train") of a stored dataset.

    Without `dataset`, that of its training. Also writes evaluation-<dataset>-<split>.json into
    the run. Raises DatasetError, RunError, ModelError.
    """
    name = dataset or run.config.dataset
    classifier = Classifier.load(run, engine)
    labelled = store.load(data_dir, name, split)
    answers = Answers(labelled.images, labelled.labels, classifier.predict(labelled.images))
    return _measured(run, name, split, answers)


def evaluate_pictures(run: Run, source: Path, engine: str = "auto") -> Evaluation:
    """Return what `run` scores on people's own labelled pictures, a folder or a CSV.

    Pictures that cannot be read are not counted, but listed. Raises DatasetError, RunError,
    ModelError.
    """
    classifier = Classifier.load(run, engine)
    labelled = labelled_pictures(source)
    images, rows, labels, names = [], [], [], []
    skipped = []
    predictions = predict_pictures((each.path for each in labelled), classifier)
    for each, prediction in zip(labelled, predictions, strict=True):
        if prediction.probabilities is None:
            skipped.append(Skipped(each.path, prediction.error or ""))
        else:
            images.append(prediction.image)
            rows.append(prediction.probabilities)
            labels.append(each.label)
            names.append(each.path)
    if not rows:
        raise DatasetError(
            f"none of the {len(labelled)} pictures in {source} could be read; "
            f"the first: {skipped[0].path}: {skipped[0].reason}"
        )
    answers = Answers(
        np.array(images, np.uint8),
        np.array(labels, np.uint8),
        np.array(rows, np.float32),
        names,
    )
    return _measured(run, str(source), PICTURES, answers, skipped)


def _measured(
    run: Run, dataset: str, split: str, answers: Answers, skipped: Sequence[Skipped] | None = None
) -> Evaluation:
    """Return what the answers score, having written it into the run as JSON."""
    metrics = measure(answers.probabilities, answers.labels)
    evaluation = Evaluation(run, dataset, split, metrics, answers, skipped)
    files.write_json(run.path / f"evaluation-{evaluation.slug}.json", evaluation.to_json())
    return evaluation


def require(evaluation: Evaluation, accuracy: float) -> None:
    """Raise BelowThresholdError when the measured accuracy is below this one."""
    if evaluation.metrics.accuracy < accuracy:
        raise BelowThresholdError(
            f"accuracy {evaluation.metrics.accuracy:.4f} on {evaluation.dataset} "
            f"{evaluation.split}: expected at least {accuracy}."
        )
