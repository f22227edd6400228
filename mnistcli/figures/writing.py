"""The pictures and the report of a run, written into its folder."""

from pathlib import Path

from mnistcli import files
from mnistcli.evaluation.scoring import Evaluation
from mnistcli.figures import curves, plots, report, sheets
from mnistcli.runs.history import Results
from mnistcli.runs.run import METRICS, Run

PLOTS = "plots"
REPORT = "report.html"


def write_plots(evaluation: Evaluation) -> list[Path]:
    """Write what an evaluation looks like, and the run's learning curves, as PNGs into plots/.

    Returns their paths. Raises RunError when the run's metrics are not what training wrote.
    """
    first = write_curves(evaluation.run)
    subject = f"{evaluation.subject}: {evaluation.errors:,} of {evaluation.scores.n:,} misread"
    drawn: dict[str, bytes] = {}
    if evaluation.metrics:
        drawn["confusion"] = plots.confusion(evaluation.metrics, subject)
    if evaluation.pictures:
        misread = evaluation.misread(sheets.SHEET)
        drawn["mistakes"] = sheets.misread(misread, evaluation.errors, subject)
    else:
        mistakes = evaluation.mistakes(plots.SHEET)
        drawn["mistakes"] = plots.mistakes(mistakes, evaluation.errors, subject)
    drawn["reliability"] = plots.reliability(evaluation.reliability, subject)
    paths = [first]
    for name, png in drawn.items():
        path = first.with_name(f"{name}-{evaluation.slug}.png")
        files.write_bytes(path, png)
        paths.append(path)
    return paths


def write_curves(run: Run) -> Path:
    """Write the learning curves of a complete run to plots/curves.png, and return the path."""
    results = Results.from_json(run.verified(METRICS))
    config = run.config
    subject = f"{run.name}: {config.model} on {config.dataset}, {config.optimizer}"
    path = run.path / PLOTS / "curves.png"
    path.parent.mkdir(exist_ok=True)
    files.write_bytes(path, curves.curves(results.history, results.accuracy, subject))
    return path


def write_report(evaluation: Evaluation) -> Path:
    """Write report.html, one file that holds all of it, into the run, and return its path."""
    results = Results.from_json(evaluation.run.verified(METRICS))
    path = evaluation.run.path / REPORT
    page = report.html(evaluation, results).encode(
        errors="backslashreplace"
    )  # a path may be no text
    files.write_bytes(path, page)
    return path
