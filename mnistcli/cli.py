"""The command group, and the one place where exceptions become messages and exit codes."""

import importlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from mnistcli import __version__
from mnistcli.errors import MnistcliError

COMMANDS = ("fetch", "train", "evaluate", "predict", "demo")
"""Each is a module of its name in `mnistcli.commands`, in the order in which they are used."""

FAILED = 1
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


class Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of use, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mnistcli.commands.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    # \b keeps Click from joining the lines below it.
    """Read handwritten digits: fetch MNIST, train a network, evaluate it, predict.

    \b
      mnistcli fetch
      mnistcli train --optimizer rmsprop
      mnistcli evaluate
      mnistcli predict digit.png
    """  # noqa: D301


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    # A shell's background job has SIGINT ignored, and stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_run())


def _run() -> int:
    """Run the command line and return its exit code; say on stderr what went wrong."""
    try:
        code = cli.main(prog_name="mnistcli", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return 0  # the reader has all it wanted
    except Exception as error:
        if os.environ.get("MNISTCLI_DEBUG") == "1":
            raise
        from mnistcli.console import show_error

        show_error(_message(error))
        if isinstance(error, OSError):
            _close_stdout()
        return FAILED
    return code if isinstance(code, int) else 0


def _message(error: Exception) -> str:
    """Say in a line or two what happened and what to do next."""
    match error:
        case MnistcliError():
            return str(error)
        case OSError(filename=str() | bytes() as name, strerror=str() as reason):
            return f"{os.fsdecode(name)}: {reason}. Check the path, its permissions and its disk."
        case OSError(strerror=str() as reason):
            return f"{reason}. Check the disk and its permissions."
        case MemoryError():
            return "out of memory. Free some, or give less at once."
        case _:
            what = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return f"a defect in mnistcli: {what}. Set MNISTCLI_DEBUG=1 for the traceback."


def _close_stdout() -> None:
    """Let what Python still has buffered go nowhere, so that its exit is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C ends at once
    raise KeyboardInterrupt


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)
