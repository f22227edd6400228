"""`mnistcli train`."""

from pathlib import Path
from typing import Any

import click

from mnistcli.choices import STRATEGIES
from mnistcli.commands import options
from mnistcli.commands.options import kinds, places, training
from mnistcli.terminal import chatter


@click.command()
@training.choices
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="auto",
    show_default=True,
    help="Where to train; auto takes the workers in TF_CONFIG, else all GPUs, else the CPU.",
)
@click.option("--name", help="The run's folder.  [default: <model>-<timestamp>]")
@click.option(
    "--resume",
    type=kinds.ANYWHERE,
    metavar="RUN",
    shell_complete=places.complete_run,
    help="Go on with an interrupted run; with --epochs, give any run more of them.",
)
@click.option(
    "--dry-run", is_flag=True, help="Show the network and what an epoch takes; train nothing."
)
@click.option(
    "--plots", is_flag=True, help="Draw the learning curves into the run, as plots/curves.png."
)
@click.option("--csv", "as_csv", is_flag=True, help="Write the epochs to history.csv in the run.")
@click.option(
    "--tensorboard",
    is_flag=True,
    help="Write event files for TensorBoard into the run, after every epoch.",
)
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
def train(
    strategy: str,
    name: str | None,
    resume: str | None,
    dry_run: bool,
    plots: bool,
    as_csv: bool,
    tensorboard: bool,
    data_dir: Path,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Build, fit and save a model: a run."""
    if resume and (name or dry_run or choices["from_run"]):
        unfit = "--name" if name else "--dry-run" if dry_run else "--from"
        raise click.UsageError(f"--resume goes on with a run as it was begun: leave {unfit} out.")
    chatter.silence()
    from mnistcli.runs.history import write_csv
    from mnistcli.terminal.console import note

    if resume:
        source, parent = training.source(choices), None
    else:
        config, source, parent = training.configured(choices, data_dir, runs_dir)
    from mnistcli.networks.own import watched
    from mnistcli.terminal.views import train as view
    from mnistcli.training.rehearsal import rehearse
    from mnistcli.training.session import resume_run, train_run

    if dry_run:
        with watched(source):
            plan = rehearse(config, data_dir, source, parent.classes if parent else None)
        view.show_plan(plan, as_json=as_json)
        return
    how: dict[str, Any] = {"source": source, "tensorboard": tensorboard, "strategy": strategy}
    if resume:
        begun = training.named(choices)
        begun["model"] = source.name if source else begun["model"]
        events = resume_run(resume, begun, data_dir, runs_dir, **how)
    else:
        events = train_run(config, data_dir, runs_dir, name, parent=parent, **how)
    with watched(source):
        trained = view.follow(events, quiet=quiet)
    if trained is None:  # a worker that isn't the chief
        return
    view.show(trained, as_json=as_json)
    written = [write_csv(trained.run.path, trained.history)] if as_csv else []
    if plots:
        # Matplotlib takes 0.4 s to import: only who wants a plot pays for it.
        from mnistcli.figures.writing import write_curves

        written.append(write_curves(trained.run))
    for path in written:
        note(f"wrote {path}", quiet=quiet)
