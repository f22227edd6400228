"""Measure a run on a dataset split; and what a measurement is, also one on people's own pictures."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mnistcli import files
from mnistcli.datasets import store
from mnistcli.errors import BelowThresholdError
from mnistcli.evaluation import texts as reading
from mnistcli.evaluation.metrics import ConfidenceBin, Metrics, measure, reliability
from mnistcli.evaluation.mistakes import Answers, Mistake, most_confident
from mnistcli.evaluation.texts import ReadPicture, TextMetrics
from mnistcli.reading.classifier import Classifier
from mnistcli.runs.run import Run

VERSION = 1  # of the report's JSON
PICTURES = "pictures"
"""In the place of a split: people's own pictures."""


@dataclass(frozen=True)
class Skipped:
    """A picture that could not be opened."""

    path: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """What a run scores on a dataset split."""

    run: Run
    dataset: str
    split: str
    metrics: Metrics | None
    """Of single digits; None where a picture shows several."""
    answers: Answers | None
    skipped: Sequence[Skipped] | None = None
    """Of pictures only: those that could not be opened."""
    texts: TextMetrics | None = None
    """Of pictures only."""
    pictures: Sequence[ReadPicture] = ()
    unwritten: str | None = None
    """Why it could not be written into the run, where that may only be read."""

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
    def scores(self) -> Metrics | TextMetrics:
        """What both kinds have: n, accuracy, its interval, calibration error."""
        scores = self.texts or self.metrics
        assert scores is not None  # noqa: S101 - for the type checker: one of them is there
        return scores

    @property
    def errors(self) -> int:
        """How many images or pictures were read wrongly."""
        if self.texts is not None:
            return sum(not each.right for each in self.pictures)
        assert self.metrics is not None  # noqa: S101 - for the type checker
        confusion = self.metrics.confusion_matrix
        return int(confusion.sum() - np.trace(confusion))

    @property
    def reliability(self) -> tuple[ConfidenceBin, ...]:
        """Whether a probability can be taken at its word."""
        if self.answers is None or self.texts is not None:
            return reading.reliability(self.pictures)
        return reliability(self.answers.probabilities, self.answers.labels)

    def mistakes(self, count: int) -> tuple[Mistake, ...]:
        """Return up to `count` mistakes, those first of which the network was surest."""
        return most_confident(self.answers, count) if self.answers else ()

    def misread(self, count: int) -> tuple[ReadPicture, ...]:
        """Return up to `count` pictures that were read wrongly, those that were surest first."""
        return reading.surest_misread(self.pictures, count)

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as a JSON object, numbers unrounded.

        Where pictures show several digits, what is of single digits only is null.
        """
        metrics, scores = self.metrics, self.scores
        report = {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "dataset": self.dataset,
            "split": self.split,
            "classes": list(self.run.classes),
            "n": scores.n,
            "accuracy": scores.accuracy,
            "loss": metrics.loss if metrics else None,
            "confidence_interval": list(scores.confidence_interval),
            "expected_calibration_error": scores.expected_calibration_error,
            "per_class": [asdict(each) for each in metrics.per_class] if metrics else None,
            "confusion_matrix": metrics.confusion_matrix.tolist() if metrics else None,
        }
        if self.texts is not None:
            report["character_error_rate"] = self.texts.character_error_rate
            report["by_length"] = [asdict(each) for each in self.texts.by_length]
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
    labelled = store.load(data_dir, name, split).relabelled(run.classes)
    probabilities = classifier.predict(labelled.images)
    answers = Answers(labelled.images, labelled.labels, probabilities, classes=run.classes)
    metrics = measure(answers.probabilities, answers.labels, run.classes)
    return written(Evaluation(run, name, split, metrics, answers))


def written(evaluation: Evaluation) -> Evaluation:
    """Write an evaluation into its run as JSON, unless that may only be read, or is mnistcli's own; return it."""
    if evaluation.run.pretrained:
        return evaluation
    path = evaluation.run.path / f"evaluation-{evaluation.slug}.json"
    try:
        files.write_json(path, evaluation.to_json())
    except OSError as error:
        if error.errno not in files.READ_ONLY:
            raise
        return replace(evaluation, unwritten=f"{path}: {error.strerror}")
    return evaluation


def require(evaluation: Evaluation, accuracy: float) -> None:
    """Raise BelowThresholdError when the measured accuracy is below this one."""
    if evaluation.scores.accuracy < accuracy:
        raise BelowThresholdError(
            f"accuracy {evaluation.scores.accuracy:.4f} on {evaluation.dataset} "
            f"{evaluation.split}: expected at least {accuracy}."
        )
