"""A fetch as a person sees it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

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
from rich.text import Text

from mnistcli.classes import DIGITS
from mnistcli.datasets.download import Received
from mnistcli.datasets.fetching import (
    Counted,
    Event,
    Failed,
    Fetched,
    PassedOver,
    Trying,
    Unread,
    Waiting,
)
from mnistcli.files import Unlocked
from mnistcli.terminal.console import err, note, out, print_json, redraws, unlocked
from mnistcli.terminal.escaping import escape

BYTES = (DownloadColumn(), TransferSpeedColumn())
IMAGES = (MofNCompleteColumn(),)


def follow(
    events: Iterable[Event], *, quiet: bool, amount: Sequence[ProgressColumn] = BYTES
) -> tuple[Fetched, list[Unread]]:
    """Show a fetch as it happens; return its last event, and the pictures that are not in it."""
    unread: list[Unread] = []
    columns = (TextColumn("{task.description}"), BarColumn(), *amount, TimeRemainingColumn())
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=err, disable=quiet or not redraws()) as progress:

        def advance(name: str, done: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done)

        for event in events:
            match event:
                case Trying():
                    bars.clear()
                case Counted(done, total):
                    advance("images", done, total)
                case Received(name, received, total):
                    advance(name, received, total)
                case Unread(path, reason):
                    unread.append(event)
                    err.print(escape(f"{path}: {reason}"))
                case Fetched():
                    return event, unread
            if said := _sentence(event):
                note(said, quiet=quiet)
    raise AssertionError("a fetch ends with Fetched")


def _sentence(event: Event) -> str:
    """Say what happens; nothing where a bar shows it."""
    match event:
        case Waiting():
            return "another fetch is under way; waiting for it"
        case Unlocked():
            return unlocked(event)
        case Trying(location):
            return f"trying {location}"
        case Failed(location, reason):
            return f"{location}: {reason}"
        case PassedOver(files):
            return escape(files)
    return ""


def show(fetched: Fetched, unread: Sequence[Unread], *, as_json: bool) -> None:
    """Show what is stored, and what of its source is not."""
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
                "classes": list(info.classes),
                "unread": info.unread,
                "skipped": [asdict(each) for each in unread],
            }
        )
        return
    state = "stored" if fetched.fresh else "already stored"
    out.print(f"{info.name}: {info.train:,} training and {info.test:,} test images, {state}")
    if info.classes != DIGITS:
        out.print(Text(f"  {len(info.classes)} classes: {' '.join(map(escape, info.classes))}"))
    if info.unread:
        out.print(f"  without {info.unread:,} pictures that could not be read")
    out.print(f"  in {info.path}")
    out.print(f"  from {info.source}, {info.fetched}")
