"""What a figure shows, said in a line above it."""

import math
from collections.abc import Sequence

import numpy as np

from mnistcli.evaluation.metrics import ClassMetrics, ConfidenceBin, Metrics
from mnistcli.evaluation.texts import NOTHING, LengthMetrics
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.layers import Layer
from mnistcli.sweeps.statistics import Sample
from mnistcli.sweeps.table import WORSE, Row, Table


def confusion(metrics: Metrics) -> str:
    """Say which class is most often taken for which."""
    matrix, names = metrics.confusion_matrix, metrics.classes
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return f"No mistake in {matrix.sum():,} images"
    true, read = np.unravel_index(wrong.argmax(), wrong.shape)
    count, support = wrong[true, read], matrix[true].sum()
    return f"{names[true]} is most often taken for {names[read]}: {count:,} of {support:,}"


def mistakes(shown: int, errors: int) -> str:
    """Say how many of the mistakes these are."""
    if not errors:
        return "No mistake to show"
    if shown == errors:
        return f"All {errors} mistakes, the surest first" if errors > 1 else "The only mistake"
    return f"The {shown} surest of {errors:,} mistakes"


def layers(layers: Sequence[Layer]) -> str:
    """Say what a network costs."""
    parameters, flops = (
        sum(getattr(row, key) for row in layers) for key in ("parameters", "flops")
    )
    return f"{parameters:,} parameters, {flops:,} FLOPs an image"


def reliability(bins: Sequence[ConfidenceBin]) -> str:
    """Say what is claimed on average, and what is true."""
    n = sum(each.n for each in bins)
    claimed = sum(each.confidence * each.n for each in bins) / n
    right = sum(each.accuracy * each.n for each in bins) / n
    return f"Claims {claimed:.1%} on average, and is right in {right:.1%}"


def curves(history: Sequence[EpochRecord]) -> str:
    """Say how the loss went, and where on images not trained on it was lowest."""
    held = [(record.val_loss, record.epoch) for record in history if record.val_loss is not None]
    if not held:
        first, last = history[0], history[-1]
        if len(history) == 1:
            return f"Training loss {first.loss:.3g} after one epoch"
        return f"Training loss went from {first.loss:.3g} to {last.loss:.3g}"
    lowest, epoch = min(held)
    when = "the last epoch" if epoch == history[-1].epoch else f"epoch {epoch} of {len(history)}"
    return f"Validation loss is lowest after {when}: {lowest:.3g}"


def classes(per_class: Sequence[ClassMetrics]) -> str:
    """Say which class is the hardest."""
    worst = min((each for each in per_class if each.support), key=lambda each: each.recall)
    if worst.recall == 1:
        return "Everything is always read right"
    return f"{worst.name} is the hardest: {1 - worst.recall:.1%} misread"


def line(text: str, longest: int) -> str:
    """Return a picture's text as one line, a bar between its lines, cut to so many characters."""
    text = text.replace("\n", "|") or NOTHING
    return text if len(text) <= longest else text[: longest - 1] + "…"


def lengths(by_length: Sequence[LengthMetrics]) -> str:
    """Say how many digits make a picture hardest to read."""
    worst = min(by_length, key=lambda each: each.accuracy)
    if worst.accuracy == 1:
        return "Every picture is read whole"
    digits = "one digit" if worst.length == 1 else f"{worst.length} digits"
    return f"Pictures of {digits} are the hardest: {1 - worst.accuracy:.1%} misread"


def sweep(table: Table) -> str:
    """Say which setting is best, and how far that can be believed."""
    first, *others = table.rows
    best = ", ".join(first.setting.values()) or "it"
    seeds = f"{len(first.seeds)} seed" + ("s" if len(first.seeds) != 1 else "")
    if not others:
        return f"{first.accuracy.mean:.2%} with {seeds}"
    worse = sum(row.verdict == WORSE and not row.lucky for row in others)
    unclear = len(others) - worse
    if not unclear:
        return f"{best} is best: " + (
            "the other is worse" if worse == 1 else "all others are worse"
        )
    also = "another" if unclear == 1 else f"{unclear} others"
    return f"{best} comes first; {also} may be as good"


def learnt(rows: Sequence[Row]) -> str:
    """Say whose learning is shown."""
    return "How it learnt" if len(rows) == 1 else f"How the {len(rows)} best settings learnt"


def spread(sample: Sample) -> str:
    """Return mean and standard deviation, as far as there are any."""
    if math.isnan(sample.mean):
        return "-"
    deviation = "" if math.isnan(sample.deviation) else f" ± {sample.deviation:.4f}"
    return f"{sample.mean:.4f}{deviation}"
