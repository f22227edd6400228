"""The command group, and the one place where exceptions become messages and exit codes."""

import atexit
import gc
import importlib
import os
import re
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from mnistcli import __version__
from mnistcli.errors import ChoiceError, MnistcliError
from mnistcli.terminal import completion  # noqa: F401 - it registers itself
from mnistcli.terminal.escaping import never_fail

COMMANDS = {
    "fetch": "Get a dataset, verify it, store it.",
    "train": "Build, fit and save a model: a run.",
    "evaluate": "Measure a run on a dataset split, or on your own pictures.",
    "predict": "Read digits and numbers in picture files.",
    "sweep": "Compare settings, each trained with several seeds: which is better.",
    "ensemble": "Make one run of several, which averages their probabilities.",
    "runs": "List the runs, compare or remove some.",
    "datasets": "List the stored datasets, show or remove one.",
    "demo": "Show it all: fetch, train, evaluate, predict.",
    "serve": "Serve a page to draw numbers on, and an HTTP API.",
}
"""Each is a module of its name in `mnistcli.commands`, in the order in which they are used.

Their first lines of help stand here, too: to list the commands, none has to be imported.
"""

STEPS = ("fetch", "train", "evaluate", "predict")

STDERR = 2

FAILED = 1
WRONG_USAGE = 2  # as Click has it
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands: the steps, and what stands around them."""
        width = max(map(len, COMMANDS))  # of both lists alike
        for title, wanted in (("The four steps", True), ("Around them", False)):
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), text)
                        for name, text in COMMANDS.items()
                        if (name in STEPS) is wanted
                    ]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands, and the group's own options."""
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        items = [CompletionItem(name, help=COMMANDS[name]) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; when the reader of stdout has left, it has all it wanted: done."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # here, because Click would make it a failure
            _close_stdout()
            return 0


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
    _open_closed_streams()
    never_fail(sys.stdout, sys.stderr)
    # NumPy's linear algebra is small here: more threads of it would fight with TensorFlow's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A shell's background job has SIGINT ignored, and stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    code = _run()
    code = _signalled() or code
    if "tensorflow" in sys.modules:
        _leave(code)
    gc.freeze()  # Python would search all that is left for cycles, only to end
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End the process, and leave TensorFlow's threads and objects to the system.

    For Python to take itself apart beneath them takes 0.1 s, and an interrupted training has ended
    in a crash instead.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - what Python itself would do, by the only name there is
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


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
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except BrokenPipeError:  # as above, at the last flush
        _close_stdout()
        return 0
    except Exception as error:
        if os.environ.get("MNISTCLI_DEBUG") == "1":
            raise
        from mnistcli.terminal.console import show_error

        show_error(_message(error))
        if isinstance(error, OSError):
            _close_stdout()
        return WRONG_USAGE if isinstance(error, ChoiceError) else FAILED
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
        case ModuleNotFoundError(name=str() as name) if not name.startswith("mnistcli"):
            return _lacking(name.partition(".")[0])
        case MemoryError():
            return "out of memory. Free some, or give less at once."
        case _:
            what = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return f"a defect in mnistcli: {what}. Set MNISTCLI_DEBUG=1 for the traceback."


def _lacking(module: str) -> str:
    """Say what is not installed: some environments are for reading pictures only."""
    from importlib import metadata

    def installed(name: str) -> bool:
        with suppress(metadata.PackageNotFoundError):
            return bool(metadata.version(name))
        return False

    required: list[str] = []
    with suppress(metadata.PackageNotFoundError):
        required = [each for each in metadata.requires("mnistcli") or () if "extra ==" not in each]
    names = [re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in required]
    missing = [name for name in names if not installed(name)] or ["mnistcli"]
    return (
        f"{module} is not installed here, where mnistcli can read pictures, but not all the rest. "
        f"Install what is missing: pip install {' '.join(missing)}"
    )


def _open_closed_streams() -> None:
    """Give what the caller closed (`>&-`) to /dev/null.

    Otherwise the next file that is opened would get its descriptor, and whatever is printed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(descriptor)
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", STDERR)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def _close_stdout() -> None:
    """Let what Python still has buffered go nowhere, so that its exit is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C ends at once
    if not _in_tensorflow(frame):
        raise KeyboardInterrupt


def _terminate(_signal: int, frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if not _in_tensorflow(frame):
        sys.exit(TERMINATED)


def _in_tensorflow(frame: FrameType | None) -> bool:
    """Whether TensorFlow or Keras is at work, which an exception from outside is not safe with.

    As they trace a graph, they swallow one, make another of it, or crash. Training looks after each
    of its parts whether a signal came (`terminal/views/train.py`), another command at its end. While
    they are imported, an exception is safe.
    """
    working = False
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return False
        working |= frame.f_globals.get("__name__", "").startswith(("tensorflow.", "keras."))
        frame = frame.f_back
    return working


def _signalled() -> int:
    """Return the exit code of the signal that came, whatever became of it, or 0."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        return 0
    by_sigterm = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    return TERMINATED if by_sigterm else INTERRUPTED
