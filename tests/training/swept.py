"""How a small sweep is trained, whatever it compares; and what a process of one may do instead."""

import signal

SETTINGS = (
    "--dataset",
    "synthetic",
    "--hidden",
    "16",
    "--epochs",
    "2",
    "--validation-split",
    "0.25",
)


def answer(assignment, connection):
    """Report what this process was given, and whether it leaves Ctrl-C to its parent."""
    connection.send((assignment, signal.getsignal(signal.SIGINT) is signal.SIG_IGN))
