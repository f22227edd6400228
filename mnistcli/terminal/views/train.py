"""Training as a person watches it: a bar on a terminal, a line an epoch elsewhere."""

import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from mnistcli.files import Unlocked
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.layers import Layer
from mnistcli.runs.run import Run
from mnistcli.terminal.console import draws, err, note, out, print_json, redraws, unlocked
from mnistcli.terminal.sparkline import bounds, sparkline
from mnistcli.terminal.views.evaluate import score
from mnistcli.training.finishing import Trained
from mnistcli.training.fitting.loop import Progress as Step
from mnistcli.training.provenance import Elsewhere
from mnistcli.training.rehearsal import Plan
from mnistcli.training.session import Assisted, Event, Joining, Started

GAP = "  "
NUMBERS = 3  # the first column of a network's table that is one


def follow(events: Iterable[Event], *, quiet: bool) -> Trained | None:
    """Show training as it happens, and return its last event; None if another worker has it.

    When it is interrupted, say how to go on.
    """
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TextColumn("{task.fields[speed]:,.0f} images/s"),
        TimeRemainingColumn(),
    )
    bar: TaskID | None = None
    run: Run | None = None
    with Progress(*columns, console=err, disable=quiet or not redraws()) as progress:
        try:
            for event in events:
                match event:
                    case Joining() | Elsewhere() | Unlocked() | Started() | Assisted():
                        run = event.run if isinstance(event, Started) else None
                        note(_sentence(event), quiet=quiet)
                    case Step():
                        bar = _advance(progress, bar, event)
                    case EpochRecord():
                        if not quiet:
                            err.print(_epoch_line(event))
                    case Trained():
                        return event
                _heed_signals()
        except (KeyboardInterrupt, SystemExit):
            if run:
                err.print(
                    f"Interrupted; every whole epoch is saved. To go on:\n"
                    f"  mnistcli train --resume {run.path}"
                )
            raise
    return None


def _heed_signals() -> None:
    """Raise KeyboardInterrupt where a signal came while TensorFlow was at work, or was swallowed.

    That it came is seen by its handler (in cli.py), which has put the system's own in its place.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        raise KeyboardInterrupt


def _sentence(event: Joining | Elsewhere | Unlocked | Started | Assisted) -> str:
    """Say where training stands."""
    if isinstance(event, Started):
        config = event.run.config
        held = f", {event.validation:,} held out" if event.validation else ""
        done = f", going on after epoch {event.done}" if event.done else ""
        idle = (
            f"\na batch of {config.batch_size} leaves {event.idle} of the workers without images: "
            f"they get some with a larger --batch-size"
            if event.idle
            else ""
        )
        return (
            f"{config.model}, {event.parameters:,} parameters, {config.optimizer}, "
            f"on {event.train:,} images of {' and '.join(config.datasets)}{held}{done}{idle}"
        )
    if isinstance(event, Unlocked):
        return unlocked(event)
    if isinstance(event, Elsewhere):
        return _elsewhere(event.changed)
    place = event.place
    doing = "done" if isinstance(event, Assisted) else "looking for the others"
    return f"worker {place.worker} of {len(place.addresses)} ({place.address}): {doing}"


def _elsewhere(changed: Mapping[str, tuple[str, str]]) -> str:
    """Name what changes the last bits of weights."""
    named = "; ".join(f"{name} was {was}, now {now}" for name, (was, now) in changed.items())
    return f"weights may differ in their last bits from those of an undisturbed run: {named}"


def _advance(progress: Progress, bar: TaskID | None, step: Step) -> TaskID:
    fields: dict[str, Any] = {
        "epoch": f"{step.epoch}/{step.epochs}",
        "figures": _figures({"loss": step.loss, "accuracy": step.accuracy, **step.metrics}),
        "speed": step.images_per_second,
    }
    if bar is None:
        bar = progress.add_task("", total=step.steps * step.epochs, **fields)
    progress.update(bar, completed=step.steps * (step.epoch - 1) + step.step, **fields)
    return bar


def _epoch_line(record: EpochRecord) -> str:
    figures = {name: v for name, v in record.to_json().items() if v is not None}
    epoch, seconds = figures.pop("epoch"), figures.pop("seconds")
    return f"epoch {epoch}  {_figures(figures)}  {seconds:.2f} s"


def _figures(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in values.items())


def show(trained: Trained, *, as_json: bool) -> None:
    """Show what training ended with; what is missing of it is no note."""
    if trained.lacking:
        err.print(
            f"LiteRT lacks what this network computes ({trained.lacking}): evaluate and predict "
            f"need --engine keras, which opens Keras's own layers only. Build it from others to "
            f"have it faster, and everywhere."
        )
    if as_json:
        print_json(trained.to_json())
        return
    if draws() and len(trained.history) > 1:
        for line in curves(trained.history):
            out.print(line)
    out.print(f"run {trained.run.path}, {len(trained.history)} epochs, {trained.seconds:.1f} s")
    dataset, figures = trained.run.config.dataset, _figures(trained.metrics)
    out.print(
        f"{dataset} test {score(trained.test, trained.test.loss)}" + ("  " + figures).rstrip()
    )


def show_ensemble(made: Trained, *, as_json: bool, quiet: bool) -> None:
    """Show what several runs score as one."""
    config = made.run.config
    if not config.validation_split:
        note(
            "its runs held no images out: their probabilities are averaged as they are, uncalibrated",
            quiet=quiet,
        )
    if as_json:
        print_json(made.to_json())
        return
    parameters = sum(layer.parameters for layer in made.run.layers)
    out.print(
        f"run {made.run.path}, {len(made.run.members)} networks, {parameters:,} parameters, "
        f"{made.seconds:.1f} s"
    )
    held = made.history[-1].val_accuracy
    if held is not None:
        out.print(f"{config.dataset} held out accuracy {held:.4f}")
    out.print(f"{config.dataset} test {score(made.test, made.test.loss)}")


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Show a network's layers, how it would be trained, and what an epoch would take."""
    if as_json:
        print_json(plan.to_json())
        return
    total = Layer("", "", (), plan.parameters, plan.flops)
    table = [["layer", "kind", "output", "parameters", "FLOPs"]]
    for row in (*plan.layers, total):
        shape = " x ".join(map(str, row.output))
        table.append([row.name, row.kind, shape, f"{row.parameters:,}", f"{row.flops:,}"])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = [
            text.rjust(width) if k >= NUMBERS else text.ljust(width)
            for k, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        out.print(Text(GAP.join(cells)))
    out.print()
    for name, value in plan.config.to_json().items():
        if value is not None and value != []:
            said = " ".join(map(str, value)) if isinstance(value, list) else value
            out.print(Text(f"{name.replace('_', ' '):17}{said}"))
    held = f", {plan.validation:,} held out" if plan.validation else ""
    out.print(
        f"\nan epoch of {plan.train:,} images{held} takes about {plan.seconds:.1f} s here, "
        f"{plan.config.epochs} of them {plan.config.epochs * plan.seconds:.0f} s"
    )


def curves(history: Sequence[EpochRecord]) -> Iterator[str]:
    """Yield the learning curves as lines, those of the held-out images on the same scale."""
    columns = [record.to_json() for record in history]
    for name in ("loss", "accuracy", *history[0].metrics):
        training = [record[name] for record in columns]
        held = [record.get(f"val_{name}") for record in columns]
        low, high = bounds(training, held)
        for label, values in ((name, training), (f"val_{name}", held)):
            if None not in values:
                line = sparkline(values, low, high)
                yield f"{label:12}  {line}  {values[0]:.4f} → {values[-1]:.4f}"
