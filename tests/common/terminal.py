"""The command line on a terminal, as a person starts it: what they see, escape codes included."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass

ROWS = 50
ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:[349][0-7]|[34]8;)[0-9;]*m")


@dataclass(frozen=True)
class Seen:
    """What a process left on its terminal."""

    text: str
    returncode: int


def on_terminal(
    *arguments: object, columns: int = 80, answers: str = "", **environment: str
) -> Seen:
    """Run mnistcli with a terminal of this width as its three streams; `answers` is typed in."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    inherited |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    os.write(ours, answers.encode())
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistcli", *map(str, arguments)],
        env=inherited | environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    text = bytearray()
    while True:
        try:
            some = os.read(ours, 2**16)
        except OSError:  # Linux's way to say that the other side has closed
            break
        if not some:
            break
        text += some
    os.close(ours)
    return Seen(text.decode(), process.wait(300))


def without_codes(text: str) -> str:
    return ESCAPE_CODE.sub("", text.replace("\r\n", "\n"))
