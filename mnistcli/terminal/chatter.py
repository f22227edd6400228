"""TensorFlow's and LiteRT's C++ chatter, kept off standard error; real errors pass.

They write notes to file descriptor 2 whatever TF_CPP_MIN_LOG_LEVEL says (tensorflow#100442).
A child process filters the descriptor line by line. A child, not a thread: should this process
die inside of TensorFlow, its last words still come through.
"""

import atexit
import os
import re
import signal
import sys

from mnistcli.terminal.escaping import UNENCODABLE

CHATTER = re.compile(
    rb"""
    [IW]\d{4}\ [\d:.]+\ +\d+\ \S+:\d+\]               # absl: information and warnings
    | \d{4}-\d\d-\d\d\ [\d:.]+:\ [IW]\ \S+:\d+\]      # TensorFlow's older form of the same
    | E\d{4}\ .*\]\ failed\ call\ to\ cuInit          # a machine without a GPU is no error
    | /job:\w+/replica:\d+/task:\d+$                  # other workers, a line each, under such a line
    | WARNING:\ All\ log\ messages\ before\ absl::InitializeLog
    | To\ enable\ the\ following\ instructions:
    # LiteRT writes a line in three parts, and several processes at once leave empty lines, too.
    | (INFO:\ |Created\ TensorFlow\ Lite\ XNNPACK\ delegate\ for\ CPU\.)*$
    """,
    re.VERBOSE,
)

STDERR = 2
END = b"\0\n"  # what no message ends with: the parent has nothing more to say
IGNORED = (signal.SIGINT, signal.SIGTERM)


def silence() -> None:
    """Filter file descriptor 2 until the process ends; call it before any thread starts.

    `sys.stderr` keeps writing to the original target. Does nothing where `sys.stderr` has been
    replaced (a test's capture), or where processes do not fork.
    """
    stream = sys.stderr
    if not hasattr(os, "fork") or stream is not sys.__stderr__ or stream is None:
        return
    stream.flush()
    target = os.dup(STDERR)
    readable, writable = os.pipe()
    # Until the child ignores them, signals wait: to it, Ctrl-C must never be its parent's.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED)
    child = os.fork()
    if child == 0:
        os.close(writable)
        _pass_on(readable, target)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    os.close(readable)
    os.dup2(writable, STDERR)
    os.close(writable)
    sys.stderr = open(  # noqa: SIM115
        target, "w", buffering=1, encoding=stream.encoding, errors=UNENCODABLE, closefd=False
    )
    atexit.register(_finish, target, child)


def _finish(target: int, child: int) -> None:
    """Let the child read to the end, so that nothing arrives after this process has ended."""
    os.write(STDERR, END)  # other processes may hold the pipe open beyond our own end
    os.dup2(target, STDERR)
    os.waitpid(child, 0)


def _pass_on(readable: int, target: int) -> None:
    """Copy lines that are not chatter until every writer has gone; never returns."""
    # Ctrl-C goes to the whole foreground group; the filter stays for what its parent still says.
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, IGNORED)
    try:
        with os.fdopen(readable, "rb") as lines:
            for line in lines:
                last = line.endswith(END)
                if not CHATTER.match(line):
                    os.write(target, line.removesuffix(END))
                if last:
                    break
    finally:
        os._exit(0)
