"""Training as a person watches it: a bar on a terminal, a line an epoch elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from mnistcli.runs.history import EpochRecord
from mnistcli.runs.run import Run
from mnistcli.terminal.console import draws, err, note, out, print_json, redraws
from mnistcli.terminal.evaluate import score
from mnistcli.terminal.sparkline import bounds, sparkline
from mnistcli.training.loop import Progress as Step
from mnistcli.training.session import Assisted, Event, Joining, Started, Trained


def follow(events: Iterable[Event], *, quiet: bool) -> Trained | None:
    """Show training as it happens, and return its last event; None if another worker has it.

    When it is interrupted, say how to go on.
    """
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.4f}"),
        TextColumn("{task.fields[speed]:,.0f} images/s"),
        TimeRemainingColumn(),
    )
    bar: TaskID | None = None
    run: Run | None = None
    with Progress(*columns, console=err, disable=quiet or not redraws()) as progress:
        try:
            for event in events:
                match event:
                    case Joining() | Started() | Assisted():
                        run = event.run if isinstance(event, Started) else None
                        note(_sentence(event), quiet=quiet)
                    case Step():
                        bar = _advance(progress, bar, event)
                    case EpochRecord():
                        if not quiet:
                            err.print(_epoch_line(event))
                    case Trained():
                        return event
        except (KeyboardInterrupt, SystemExit):
            if run:
                err.print(
                    f"Interrupted; every whole epoch is saved. To go on:\n"
                    f"  mnistcli train --resume {run.path}"
                )
            raise
    return None


def _sentence(event: Joining | Started | Assisted) -> str:
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
            f"on {event.train:,} images of {config.dataset}{held}{done}{idle}"
        )
    place = event.place
    doing = "done" if isinstance(event, Assisted) else "looking for the others"
    return f"worker {place.worker} of {len(place.addresses)} ({place.address}): {doing}"


def _advance(progress: Progress, bar: TaskID | None, step: Step) -> TaskID:
    fields: dict[str, Any] = {
        "epoch": f"{step.epoch}/{step.epochs}",
        "loss": step.loss,
        "accuracy": step.accuracy,
        "speed": step.images_per_second,
    }
    if bar is None:
        bar = progress.add_task("", total=step.steps * step.epochs, **fields)
    progress.update(bar, completed=step.steps * (step.epoch - 1) + step.step, **fields)
    return bar


def _epoch_line(record: EpochRecord) -> str:
    line = f"epoch {record.epoch}  loss {record.loss:.4f}  accuracy {record.accuracy:.4f}"
    if record.val_loss is not None:
        line += f"  val_loss {record.val_loss:.4f}  val_accuracy {record.val_accuracy:.4f}"
    return f"{line}  {record.seconds:.2f} s"


def show(trained: Trained, *, as_json: bool) -> None:
    """Show what training ended with."""
    if as_json:
        print_json(trained.to_json())
        return
    if draws() and len(trained.history) > 1:
        for line in curves(trained.history):
            out.print(line)
    out.print(f"run {trained.run.path}, {len(trained.history)} epochs, {trained.seconds:.1f} s")
    out.print(f"{trained.run.config.dataset} test {score(trained.test, trained.test.loss)}")


def curves(history: Sequence[EpochRecord]) -> Iterator[str]:
    """Yield the learning curves as lines, those of the held-out images on the same scale."""
    for name in ("loss", "accuracy"):
        training = [getattr(record, name) for record in history]
        held = [getattr(record, f"val_{name}") for record in history]
        low, high = bounds(training, held)
        for label, values in ((name, training), (f"val_{name}", held)):
            if None not in values:
                line = sparkline(values, low, high)
                yield f"{label:12}  {line}  {values[0]:.4f} → {values[-1]:.4f}"
