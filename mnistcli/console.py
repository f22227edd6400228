"""The two streams that people read: results on stdout; notes and errors on stderr."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

UNBOUNDED = 100_000  # columns: without a terminal, nothing is cut to fit one

# Without markup and emoji: a folder may be called [red] or :smile: and is not to be interpreted.
out = Console(
    highlight=False,
    markup=False,
    emoji=False,
    soft_wrap=True,
    width=None if sys.stdout and sys.stdout.isatty() else UNBOUNDED,
)
err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)


def show_error(message: str) -> None:
    """Say on stderr what went wrong."""
    err.print(Text.assemble(("Error: ", "bold red"), message))


def note(message: str, *, quiet: bool = False) -> None:
    """Say something on stderr that is neither data nor error."""
    if not quiet:
        err.print(Text(message, "dim"))


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object to stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
