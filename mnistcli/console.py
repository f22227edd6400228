"""What a person sees: results on stdout; progress, notes and errors on stderr."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from mnistcli import evaluation, fetching, prediction, training

SHOWN = 3  # answers beside a drawing
BAR = 20  # characters of a probability of 1

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


def show_error(message: str) -> None:
    """Say on stderr what went wrong."""
    err.print(Text.assemble(("Error: ", "bold red"), message))


def note(message: str, *, quiet: bool) -> None:
    """Say something on stderr that is neither data nor error."""
    if not quiet:
        err.print(Text(message, "dim"))


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object to stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def follow_fetch(events: Iterable["fetching.Event"], *, quiet: bool) -> "fetching.Fetched":
    """Show a fetch as it happens, and return its last event."""
    from mnistcli.download import Received
    from mnistcli.fetching import Failed, Fetched, Trying

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as progress:
        for event in events:
            match event:
                case Trying(location):
                    bars.clear()
                    note(f"trying {location}", quiet=quiet)
                case Failed(location, reason):
                    note(f"{location}: {reason}", quiet=quiet)
                case Received(name, received, total):
                    if name not in bars:
                        bars[name] = progress.add_task(name, total=total)
                    progress.update(bars[name], completed=received)
                case Fetched():
                    return event
    raise AssertionError("a fetch ends with Fetched")


def show_fetched(fetched: "fetching.Fetched", *, as_json: bool) -> None:
    """Show what is stored."""
    info = fetched.info
    if as_json:
        print_json(
            {
                "version": 1,
                "dataset": info.name,
                "path": str(info.path.absolute()),
                "sha256": fetched.sha256,
                "source": info.source,
                "downloaded": fetched.downloaded,
                "train": info.train,
                "test": info.test,
            }
        )
        return
    state = "stored" if fetched.fresh else "already stored"
    out.print(f"{info.name}: {info.train:,} training and {info.test:,} test images, {state}")
    out.print(f"  in {info.path}")
    out.print(f"  from {info.source}, {info.fetched}")


def follow_training(events: Iterable["training.Event"], *, quiet: bool) -> "training.Trained":
    """Show training as it happens, and return its last event."""
    from mnistcli.loop import EpochRecord
    from mnistcli.loop import Progress as Step
    from mnistcli.training import Started, Trained

    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.4f}"),
        TextColumn("{task.fields[speed]:,.0f} images/s"),
        TimeRemainingColumn(),
    )
    bar: TaskID | None = None
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal) as progress:
        for event in events:
            match event:
                case Started():
                    config = event.run.config
                    held = f", {event.validation:,} held out" if event.validation else ""
                    note(
                        f"{config.model}, {event.parameters:,} parameters, {config.optimizer}, "
                        f"on {event.train:,} images of {config.dataset}{held}",
                        quiet=quiet,
                    )
                case Step():
                    fields: dict[str, Any] = {
                        "epoch": f"{event.epoch}/{event.epochs}",
                        "loss": event.loss,
                        "accuracy": event.accuracy,
                        "speed": event.images_per_second,
                    }
                    if bar is None:
                        total = event.steps * event.epochs
                        bar = progress.add_task("", total=total, **fields)
                    done = event.steps * (event.epoch - 1) + event.step
                    progress.update(bar, completed=done, **fields)
                case EpochRecord():
                    if not quiet:
                        err.print(_epoch_line(event))
                case Trained():
                    return event
    raise AssertionError("training ends with Trained")


def _epoch_line(record: Any) -> str:
    line = f"epoch {record.epoch}  loss {record.loss:.4f}  accuracy {record.accuracy:.4f}"
    if record.val_loss is not None:
        line += f"  val_loss {record.val_loss:.4f}  val_accuracy {record.val_accuracy:.4f}"
    return f"{line}  {record.seconds:.2f} s"


def show_trained(trained: "training.Trained", *, as_json: bool) -> None:
    """Show what training ended with."""
    if as_json:
        print_json(trained.to_json())
        return
    test = trained.test
    low, high = test.confidence_interval
    out.print(f"run {trained.run.path}, {len(trained.history)} epochs, {trained.seconds:.1f} s")
    out.print(
        f"{trained.run.config.dataset} test accuracy {test.accuracy:.4f} "
        f"(95 % interval {low:.4f} to {high:.4f}), loss {test.loss:.4f}, n = {test.n:,}"
    )


def show_evaluation(evaluation: "evaluation.Evaluation", *, as_json: bool) -> None:
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


def show_predictions(
    predictions: Iterable["prediction.Prediction"], top: int, *, draw: bool
) -> None:
    """Show what was read, the most probable digit first; with `draw`, what the network saw."""
    from mnistcli.answers import cells, escape

    if draw:
        for each in predictions:
            if each.image is not None:
                out.print(_drawn(each, max(top, SHOWN)))
        return
    table = Table("picture", "digit", "probability", box=None, pad_edge=False)
    for each in predictions:
        if each.probabilities:
            texts = cells(each, top)
            table.add_row(escape(each.path), "\n".join(texts[::2]), "\n".join(texts[1::2]))
    if table.row_count:
        out.print(table)


def _drawn(each: "prediction.Prediction", top: int) -> Table:
    """Lay out the picture's path, the image below it, and the best answers as bars beside it."""
    from mnistcli.answers import cells, escape
    from mnistcli.drawing import half_blocks, shades

    assert each.image is not None  # noqa: S101 - the caller's condition, for the type checker
    texts = cells(each, top)
    bars = Table.grid(padding=(0, 1))
    for digit, probability in zip(texts[::2], texts[1::2], strict=True):
        bar = "█" * round(float(probability) * BAR)
        bars.add_row(Text(digit, "bold"), f"{float(probability):7.2%}", bar)
    image = half_blocks(each.image) if out.color_system and not out.no_color else shades(each.image)
    grid = Table.grid(padding=(0, 2))
    grid.title, grid.title_justify = Text(escape(each.path)), "left"
    grid.add_row(image, bars)
    return grid


def counted(
    predictions: Iterable["prediction.Prediction"], count: Callable[[], int]
) -> Iterator["prediction.Prediction"]:
    """Pass predictions on, showing on stderr how many of how many are done, and the time left."""
    columns = (MofNCompleteColumn(), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        yield from progress.track(predictions, total=count())
