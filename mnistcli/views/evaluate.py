"""An evaluation as a person reads it."""

from rich.table import Table
from rich.text import Text

from mnistcli.console import err, out, print_json
from mnistcli.evaluation import Evaluation
from mnistcli.views.predict import escape


def show(evaluation: Evaluation, *, as_json: bool) -> None:
    """Show what a run scores."""
    if as_json:
        print_json(evaluation.to_json())
        return
    metrics = evaluation.metrics
    low, high = metrics.confidence_interval
    out.print(f"run {evaluation.run.path} on {evaluation.dataset} {evaluation.split}")
    out.print(
        f"accuracy {metrics.accuracy:.4f} (95 % interval {low:.4f} to {high:.4f}), "
        f"loss {metrics.loss:.4f}, n = {metrics.n:,}"
    )
    out.print(f"expected calibration error {metrics.expected_calibration_error:.4f}")
    for skipped in evaluation.skipped or ():
        err.print(f"{escape(skipped.path)}: skipped: {skipped.reason}")
    table = Table("digit", "precision", "recall", "F1", "images", box=None, pad_edge=False)
    for each in metrics.per_class:
        table.add_row(
            str(each.label),
            f"{each.precision:.4f}",
            f"{each.recall:.4f}",
            f"{each.f1:.4f}",
            f"{each.support:,}",
        )
    out.print(table)
    confusion = Table("true \\ read", *map(str, range(10)), box=None, pad_edge=False)
    for label, row in enumerate(metrics.confusion_matrix):
        cells = [Text(str(n), "bold" if k == label else "") for k, n in enumerate(row)]
        confusion.add_row(str(label), *cells)
    out.print(confusion)
