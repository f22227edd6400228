"""A fetch as a person sees it."""

from collections.abc import Iterable, Sequence

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from mnistcli.datasets.download import Received
from mnistcli.datasets.fetching import Drawn, Event, Failed, Fetched, Trying, Waiting
from mnistcli.files import Unlocked
from mnistcli.terminal.console import err, note, out, print_json, redraws, unlocked

BYTES = (DownloadColumn(), TransferSpeedColumn())
IMAGES = (MofNCompleteColumn(),)


def follow(
    events: Iterable[Event], *, quiet: bool, amount: Sequence[ProgressColumn] = BYTES
) -> Fetched:
    """Show a fetch as it happens, and return its last event."""
    columns = (TextColumn("{task.description}"), BarColumn(), *amount, TimeRemainingColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=err, disable=quiet or not redraws()) as progress:

        def advance(name: str, done: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done)

        for event in events:
            match event:
                case Waiting() | Unlocked() | Trying() | Failed():
                    bars.clear()
                    note(_sentence(event), quiet=quiet)
                case Drawn(done, total):
                    advance("drawing", done, total)
                case Received(name, received, total):
                    advance(name, received, total)
                case Fetched():
                    return event
    raise AssertionError("a fetch ends with Fetched")


def _sentence(event: Waiting | Unlocked | Trying | Failed) -> str:
    match event:
        case Waiting():
            return "another fetch is under way; waiting for it"
        case Unlocked():
            return unlocked(event)
        case Trying(location):
            return f"trying {location}"
        case Failed(location, reason):
            return f"{location}: {reason}"


def show(fetched: Fetched, *, as_json: bool) -> None:
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
