"""The two streams that people read: results on stdout; notes and errors on stderr."""

import json
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


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
