"""`mnistcli evaluate`."""

from pathlib import Path

import click

from mnistcli.commands import options
from mnistcli.commands.options import kinds, places
from mnistcli.terminal import chatter


@click.command()
@click.argument("run", required=False, type=kinds.ANYWHERE, shell_complete=places.complete_run)
@click.option(
    "--dataset",
    type=kinds.Dataset(),
    show_default="that of the training",
    help="What to measure on.",
)
@click.option("--split", type=click.Choice(["test", "train"]), default="test", show_default=True)
@click.option(
    "--pictures",
    type=kinds.Place(exists=True, path_type=Path),
    metavar="DIR|CSV",
    help="Measure on your own pictures instead: a folder with sub-folders 0 to 9, or of numbers, "
    "or a CSV with the columns path and label (12 34|56: a bar between lines).",
)
@options.digits
@options.engine
@click.option("--fail-under", type=kinds.Number(0, 1), help="Exit with 1 below this accuracy.")
@click.option(
    "--plots",
    is_flag=True,
    help="Draw confusion matrix, surest mistakes, reliability and learning curves into the run.",
)
@click.option("--report", is_flag=True, help="Write all of it as one page, report.html in the run.")
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
@click.pass_context
def evaluate(
    ctx: click.Context,
    run: str | None,
    dataset: str | None,
    split: str,
    pictures: Path | None,
    digits: int | None,
    engine: str,
    fail_under: float | None,
    plots: bool,
    report: bool,
    data_dir: Path,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure a run on a dataset split, or on your own pictures."""
    if digits is not None and pictures is None:
        raise click.UsageError("--digits says what pictures show: it goes with --pictures only.")
    chatter.silence()
    from collections import Counter

    from mnistcli.evaluation.scoring import evaluate_run, require
    from mnistcli.reading.inputs import said
    from mnistcli.terminal.console import note
    from mnistcli.terminal.escaping import escape
    from mnistcli.terminal.views import evaluate as view

    found = options.run_to_read_with(runs_dir, run, quiet=quiet)
    options.check_digits(ctx, found)
    if found.pretrained and (plots or report):
        raise click.UsageError(
            "--plots and --report are written into a run, and there is none yet: train one."
        )
    if pictures:
        # Pillow and all that finds digits: images of a dataset need neither.
        from mnistcli.evaluation.pictures import evaluate_pictures

        note(f"measuring {found.name} on {pictures}", quiet=quiet)
        passed_over: Counter[str] = Counter()
        evaluation = evaluate_pictures(found, pictures, engine, digits, passed_over)
        if aside := said(passed_over):
            note(escape(aside), quiet=quiet)
    else:
        note(f"measuring {found.name} on {dataset or found.config.dataset} {split}", quiet=quiet)
        evaluation = evaluate_run(found, data_dir, dataset, split, engine)
    view.show(evaluation, as_json=as_json)
    if evaluation.unwritten:
        note(f"these figures were not written: {evaluation.unwritten}", quiet=quiet)
    if plots or report:
        # Matplotlib takes 0.4 s to import: only who wants a plot pays for it.
        from mnistcli.figures.writing import write_plots, write_report

        written = write_plots(evaluation) if plots else []
        if report:
            written.append(write_report(evaluation))
        for path in written:
            note(f"wrote {path}", quiet=quiet)
    if fail_under is not None:
        require(evaluation, fail_under)
