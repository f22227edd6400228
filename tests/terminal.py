<<<<<<< HEAD
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
=======
"""The command line on a terminal, as a person starts it: what they see, escape codes included."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence

ROWS = 50
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:[349][0-7]|[34]8;)[0-9;]*m")


def on_terminal(
    *arguments: object, columns: int = 80, answers: str = "", environment: Sequence[str] = ()
) -> str:
    """Run `mnistcli` on a terminal of this width and return all that it wrote there.

    `answers` is typed in; `environment` holds NAME=VALUE.
    """
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    inherited |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.write(controller, answers.encode())
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcli", *map(str, arguments)],
        env=inherited | dict(each.split("=", 1) for each in environment),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                some = os.read(controller, 2**16)
            except OSError:  # Linux says so when the other end is closed
                break
            if not some:
                break
            seen += some
        process.wait(300)
    os.close(controller)
    return seen.decode().replace("\r\n", "\n")


def without_codes(text: str) -> str:
    return ESCAPE_CODE.sub("", text)
>>>>>>> 641452c (Specify plots, report, runs, TensorBoard files and what a terminal shows)
