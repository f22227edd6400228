"""The two streams that people read: results on stdout; notes and errors on stderr."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from mnistcli.files import Unlocked


class _Console(Console):
    """A console that leaves it to cli.py what a reader who has left means."""

    def on_broken_pipe(self) -> None:
        """Let the BrokenPipeError that is being handled go on."""
        raise  # noqa: PLE0704


UNBOUNDED = 100_000  # columns: without a terminal, nothing is cut to fit one

# Without markup and emoji: a folder may be called [red] or :smile: and is not to be interpreted.
out = _Console(
    highlight=False,
    markup=False,
    emoji=False,
    soft_wrap=True,
    width=None if sys.stdout and sys.stdout.isatty() else UNBOUNDED,
)
err = _Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)


def redraws() -> bool:
    """Return whether stderr is a terminal, where a bar can move (FORCE_COLOR is for colours)."""
    return err.is_terminal and not err.is_dumb_terminal and sys.stderr.isatty()


def show_error(message: str) -> None:
    """Say on stderr what went wrong."""
    err.print(Text.assemble(("Error: ", "bold red"), message))


def note(message: str, *, quiet: bool = False) -> None:
    """Say something on stderr that is neither data nor error."""
    if not quiet:
        err.print(Text(message, "dim"))


def unlocked(event: Unlocked) -> str:
    """Say what it means that a file system has no locks."""
    return (
        f"{event.path.parent}: no locks can be had there, as on some network disks: going on "
        f"without; let no other mnistcli write there at the same time"
    )


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object to stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def draws() -> bool:
    """Whether stdout is a terminal, to draw on with block characters; a pipe gets plain text."""
    return out.is_terminal and not out.options.ascii_only


def paints() -> bool:
    """Whether it is one in colours, too."""
    return draws() and out.color_system is not None and not out.no_color
