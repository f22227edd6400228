"""`mnistcli sweep`: train settings with several seeds, and say what can be said."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcli.choices import STRATEGIES
from mnistcli.commands import options
from mnistcli.commands.options import kinds, places, settings
from mnistcli.terminal import chatter

if TYPE_CHECKING:
    from mnistcli.sweeps.table import Table

SEEDS = 5
JOBS = 4  # each takes about a gigabyte of memory


def _shown(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a table is shown."""
    for option in (
        click.option("--markdown", "form", flag_value="markdown", help="Print the table so."),
        click.option("--csv", "form", flag_value="csv", help="Print the table so, unrounded."),
        click.option("--json", "form", flag_value="json", help="Print one JSON object."),
        click.option(
            "--plots",
            is_flag=True,
            help="Draw every run as a dot, and the learning curves, into NAME.sweep/plots.",
        ),
        click.option(
            "--report", is_flag=True, help="Write all of it as one page, NAME.sweep/report.html."
        ),
    )[::-1]:
        command = option(command)
    return command


@click.group(invoke_without_command=True, cls=settings.Sweep)
@click.option(
    "--settings",
    "file",
    type=kinds.Place(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A CSV with a setting a row: columns are options of train, without the dashes.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=SEEDS,
    show_default=True,
    help="Train each setting with the seeds 0 to N-1.",
)
@click.option("--name", help="Runs are called NAME-000, NAME-001 ...  [default: sweep-<timestamp>]")
@click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="J",
    show_default="as many as cores, 4 at most",
    help="Train so many runs at once.",
)
@options.shard("Train every N-th run only")
@click.option(
    "--dry-run", is_flag=True, help="Say how many runs there are, and how long they take."
)
@click.option(
    "--strategy",
    type=click.Choice([each for each in STRATEGIES if each != "multi-worker"]),
    default="auto",
    show_default=True,
    help="Where to train a run; auto takes all GPUs, else the CPU.",
)
@click.option("--tensorboard", is_flag=True, help="Write event files into the runs, as for train.")
@_shown
@options.data_dir
@options.runs_dir
@options.quiet
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    file: Path | None,
    seeds: int,
    name: str | None,
    jobs: int | None,
    shard: tuple[int, int],
    dry_run: bool,
    strategy: str,
    tensorboard: bool,
    form: str | None,
    plots: bool,
    report: bool,
    data_dir: Path,
    runs_dir: Path,
    quiet: bool,
    **choices: Any,
) -> None:
    # \b keeps Click from joining the lines below it.
    """Compare settings, each trained with several seeds: which is better.

    \b
      mnistcli sweep --optimizer rmsprop,adam,sgd --name optimizers
      mnistcli sweep --hidden 512 --hidden 64,64 --dropout 0,0.5
      mnistcli sweep show optimizers

    Values stand between commas, or the option is given again; but where train takes an option
    several times, 64,64 is one value: two layers. Every combination is a setting, compared on
    training images that are held out. The same command with the same --name goes on after an
    interruption, and with more --seeds adds to what is there.
    """  # noqa: D301
    if ctx.invoked_subcommand:
        options.refuse_before_subcommand(ctx)
        return
    if name is None and shard[1] > 1:
        raise click.UsageError("the parts of a sweep have one --name: give it.")
    given, rows = settings.values(choices), settings.read(file, ctx) if file else []
    chatter.silence()
    from mnistcli.cores import cores
    from mnistcli.sweeps import plan as plans
    from mnistcli.sweeps import table as tables
    from mnistcli.terminal.views import sweep as view
    from mnistcli.training.jobs import forecast, work

    compared = settings.settings(given, rows, data_dir, runs_dir)
    plan = plans.Plan(plans.named(name), compared, tuple(range(seeds)))
    mine = plan.shard(*shard)
    plans.check(plan.runs, runs_dir, settings.digests(compared, data_dir))
    jobs = jobs or min(cores(), JOBS)
    ahead = forecast.forecast(mine, data_dir, runs_dir, jobs=jobs)
    view.show_plan(plan, mine, ahead, jobs, as_json=form == "json", alone=dry_run, quiet=quiet)
    if dry_run:
        return
    how: dict[str, Any] = {
        "jobs": jobs,
        "strategy": "mirrored" if strategy == "auto" else strategy,
        "tensorboard": tensorboard,
    }
    failed = view.follow(work.train(mine, data_dir, runs_dir, **how), plan, mine, quiet=quiet)
    table = tables.read(runs_dir, plan.name, planned=plan.runs)
    view.show(table, form=form, quiet=quiet)
    _draw(table, runs_dir, plots=plots, report=report, quiet=quiet)
    work.require_all(failed, plan.name)


@sweep.command()
@click.argument("name", shell_complete=places.complete_sweep)
@click.option(
    "--by", metavar="OPTION", help="A row for each of its values, averaged over all else."
)
@_shown
@options.runs_dir
@options.quiet
@click.pass_context
def show(
    ctx: click.Context,
    name: str,
    by: str | None,
    form: str | None,
    plots: bool,
    report: bool,
    runs_dir: Path,
    quiet: bool,
) -> None:
    """Show the table of a sweep again, from its runs on disk."""
    from mnistcli.sweeps import table as tables
    from mnistcli.terminal.views import sweep as view

    folder = places.folder_of_group(ctx, "runs_dir", runs_dir)
    table = tables.read(folder, name, by)
    view.show(table, form=form, quiet=quiet)
    _draw(table, folder, plots=plots, report=report, quiet=quiet)


def _draw(table: "Table", runs_dir: Path, *, plots: bool, report: bool, quiet: bool) -> None:
    """Draw a table as files, where that is asked for, and say which."""
    if not plots and not report:
        return
    # Matplotlib takes 0.4 s to import: only who wants a plot pays for it.
    from mnistcli.figures import comparison
    from mnistcli.terminal.console import note

    written = comparison.write_plots(table, runs_dir) if plots else []
    if report:
        written.append(comparison.write_report(table, runs_dir))
    for path in written:
        note(f"wrote {path}", quiet=quiet)
