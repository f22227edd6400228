"""Measure a run on a dataset split."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mnistcli import data, files
from mnistcli.classifier import Classifier
from mnistcli.errors import BelowThresholdError
from mnistcli.metrics import Metrics, measure
from mnistcli.run import Run

VERSION = 1  # of the report's JSON


@dataclass(frozen=True)
class Evaluation:
    """What a run scores on a dataset split."""

    run: Run
    dataset: str
    split: str
    metrics: Metrics

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as a JSON object, numbers unrounded."""
        metrics = self.metrics
        return {
            "version": VERSION,
            "run": str(self.run.path.absolute()),
            "dataset": self.dataset,
            "split": self.split,
            "n": metrics.n,
            "accuracy": metrics.accuracy,
            "loss": metrics.loss,
            "confidence_interval": list(metrics.confidence_interval),
            "per_class": [asdict(each) for each in metrics.per_class],
            "confusion_matrix": metrics.confusion_matrix.tolist(),
        }


def evaluate_run(
    run: Run, data_dir: Path, dataset: str | None, split: str, engine: str = "auto"
) -> Evaluation:
    """Return what `run` scores on a split ("test" or "train") of a stored dataset.

    Without `dataset`, that of its training. Also writes evaluation-<dataset>-<split>.json into
    the run. Raises DatasetError, RunError, ModelError.
    """
    name = dataset or run.config.dataset
    classifier = Classifier.load(run, engine)
    labelled = data.load(data_dir, name, split)
    metrics = measure(classifier.predict(labelled.images), labelled.labels)
    evaluation = Evaluation(run, name, split, metrics)
    files.write_json(run.path / f"evaluation-{name}-{split}.json", evaluation.to_json())
    return evaluation


def require(evaluation: Evaluation, accuracy: float) -> None:
    """Raise BelowThresholdError when the measured accuracy is below this one."""
    if evaluation.metrics.accuracy < accuracy:
        raise BelowThresholdError(
            f"accuracy {evaluation.metrics.accuracy:.4f} on {evaluation.dataset} "
            f"{evaluation.split}: expected at least {accuracy}."
        )
