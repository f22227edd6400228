"""A pseudo-terminal, for tests of what people see."""

import errno
import os
import pty
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """What a process left on its terminal."""

    text: str
    returncode: int


def on_terminal(*arguments: object, **environment: str) -> Seen:
    """Run mnistcli with a terminal as its stdin, stdout and stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistcli", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    )
    os.close(theirs)
    text = bytearray()
    try:
        while chunk := os.read(ours, 65_536):
            text += chunk
    except OSError as error:  # Linux's way to say that the other side has closed
        if error.errno != errno.EIO:
            raise
    finally:
        os.close(ours)
    return Seen(text.decode(), process.wait())
