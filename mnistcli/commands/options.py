"""Options and arguments that commands share."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from mnistcli.choices import DATASETS, ENGINES, SHORT, UNSUITABLE
from mnistcli.classes import are_digits
from mnistcli.networks.source import is_file

if TYPE_CHECKING:
    from mnistcli.runs.run import Run

RUNS_DIR = "runs"
ANY = "any"  # number of digits
SHOWN = 5  # classes that a message names

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Place(click.Path):
    """A path, with the user's home for ~ where no shell has seen to it: --option=~/x, a variable."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Return the path; fail where there is no such home."""
        path = os.fspath(value)
        if path.startswith("~") and not os.path.lexists(path):
            path = os.path.expanduser(path)  # noqa: PTH111 - Path would raise
            if path.startswith("~"):
                self.fail(f"{path}: no home is known for it. Give the whole path.", param, ctx)
        return super().convert(path, param, ctx)


FOLDER = Place(file_okay=False, path_type=Path)
ANYWHERE = Place(readable=False)  # it is looked at later, and may be something else: a name, a URL


class Number(click.FloatRange):
    """A range of numbers, without infinity and what is not a number (comparisons pass it)."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number; fail where there is none."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Digits(click.ParamType[int | None]):
    """How many digits a picture shows: a number, or any."""

    name = "any|N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Return the number, or None for any; fail where it is neither."""
        found = re.fullmatch(r"any|[1-9][0-9]{0,3}", value)
        if not found:
            self.fail(f"{value!r} is neither any nor a number from 1, such as 4.", param, ctx)
        return None if value == ANY else int(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the word; numbers one knows."""
        return [CompletionItem(ANY)] if ANY.startswith(incomplete) else []


class Shard(click.ParamType[tuple[int, int]]):
    """A part of a job and the number of its parts, such as 2/7."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return both numbers; fail where they are none, or out of range."""
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", value)
        part, parts = map(int, found.groups()) if found else (1, 0)
        if parts == 0 or part > parts:
            self.fail(f"{value!r} is not I/N, with I from 0 to N, such as 2/7.", param, ctx)
        return part, parts


class Names(click.Choice[str]):
    """A choice among many names, however they are spelt; a misspelt one is told the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name: Adam and f1-score are adam and f1_score, mse is mean_squared_error."""
        plain = _plain(SHORT.get(value.lower(), value))
        found = [choice for choice in self.choices if _plain(choice) == plain]
        return super().convert(found[0] if found else value, param, ctx)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Name the nearest choice, or all where none is near, or why it is none."""
        from difflib import get_close_matches

        for name, reason in UNSUITABLE.items():
            if _plain(name) == _plain(value):
                return f"{name} cannot be had here: {reason}. Choose from {self._listed()}"
        close = get_close_matches(str(value).lower(), self.choices, n=1)
        if not close:
            return f"{value!r} is not one of {self._listed()}."
        return f"{value!r} is not known. Did you mean {close[0]!r}? Or one of " + ", ".join(
            sorted(set(self.choices) - {close[0]})
        )

    def _listed(self) -> str:
        return ", ".join(sorted(self.choices))


class Networks(Names):
    """A network's name, or the Python file that one is built in: FILE.py[:FUNCTION]."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or the file as it was given."""
        return value if is_file(value) else super().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the names, or else what files the shell finds."""
        found = super().shell_complete(ctx, param, incomplete)
        return found or [CompletionItem(incomplete, type="file")]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


class Dataset(click.ParamType[str]):
    """The name of a dataset: a published one, or whatever `fetch` is told to store."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; fail where it cannot be a file's."""
        if not re.fullmatch(r"\w[\w.-]{0,99}", value):
            self.fail(f"{value!r} cannot be a dataset's name, such as my-hand.", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the published ones, and those that are stored."""
        given = ctx.params.get("data_dir") or os.environ.get("MNISTCLI_DATA_DIR")
        folder = Path(given) if given else default_data_dir()
        stored = sorted(path.stem for path in folder.glob("*.h5"))
        names = dict.fromkeys([*DATASETS, *stored])
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def run_to_read_with(runs_dir: Path, reference: str | None, *, quiet: bool) -> Run:
    """Return the run of this name or path, or the newest complete one; raise RunError.

    Where there is none yet, it is the one that comes with mnistcli, and a note says so.
    """
    from mnistcli.runs.finding import find

    run = find(runs_dir, reference)
    if run.pretrained and reference is None and not quiet:
        click.echo(
            f"no run in {runs_dir} yet, `mnistcli train` makes one: this is the network that comes "
            f"with mnistcli",
            err=True,
        )
    return run


def check_digits(ctx: click.Context, run: Run) -> None:
    """Refuse --digits where it was given, and the run tells apart what is no digit."""
    given = ctx.get_parameter_source("digits") is ParameterSource.COMMANDLINE
    if given and not are_digits(run.classes):
        names = ", ".join(run.classes[:SHOWN]) + (" ..." if len(run.classes) > SHOWN else "")
        raise click.UsageError(
            f"--digits goes with digits only: run {run.name} tells apart {names}, one a picture."
        )


def default_data_dir() -> Path:
    """Return the user's cache folder for mnistcli; raise UsageError where the user has none."""
    from platformdirs import user_cache_path

    with suppress(RuntimeError):  # which some versions raise, others leave the ~ where it is
        path = user_cache_path("mnistcli")
        if path.is_absolute():
            return path
    raise click.UsageError(
        "there is no home folder for this user, in whose cache datasets would be: name a folder "
        "by --data-dir, or by MNISTCLI_DATA_DIR."
    )


def _data_dir(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Return the folder given, or the default one: not looked up on TAB."""
    return value or (None if ctx.resilient_parsing else default_data_dir())


def _runs_folder(ctx: click.Context) -> Path:
    """Return the folder that a half-typed command line names."""
    folder = Path(os.path.expanduser(os.environ.get("MNISTCLI_RUNS_DIR", RUNS_DIR)))  # noqa: PTH111
    for level in (ctx.parent, ctx):  # `mnistcli runs --runs-dir DIR compare` gives it to the parent
        if level and level.get_parameter_source("runs_dir") is ParameterSource.COMMANDLINE:
            folder = Path(level.params["runs_dir"])
    return folder


def complete_run(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the run folders, newest first, then whatever path the shell finds."""
    folder = _runs_folder(ctx)
    manifests = sorted(folder.glob("*/run.json"), key=lambda path: -path.stat().st_mtime)
    names = [path.parent.name for path in manifests if path.parent.name.startswith(incomplete)]
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="dir")]


def complete_sweep(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer the names of sweeps."""
    import json

    names = set()
    for path in _runs_folder(ctx).glob("*/run.json"):
        try:
            names.add(json.loads(path.read_bytes()).get("sweep"))
        except (OSError, ValueError, AttributeError):
            continue
    return [CompletionItem(name) for name in sorted(names - {None}) if name.startswith(incomplete)]


data_dir = click.option(
    "--data-dir",
    type=FOLDER,
    envvar="MNISTCLI_DATA_DIR",
    callback=_data_dir,
    show_default="the user's cache folder",
    show_envvar=True,
    help="Where datasets are stored.",
)

runs_dir = click.option(
    "--runs-dir",
    type=FOLDER,
    envvar="MNISTCLI_RUNS_DIR",
    default=Path(RUNS_DIR),
    show_default=True,
    show_envvar=True,
    help="Where runs are kept.",
)

run_option = click.option(
    "--run",
    type=ANYWHERE,
    metavar="RUN",
    show_default="the newest complete run",
    help="Name or path of the run.",
    shell_complete=complete_run,
)

engine = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What the network runs on; auto is LiteRT.",
)

digits = click.option(
    "--digits",
    type=Digits(),
    metavar="any|N",
    default=ANY,
    show_default=True,
    help="How many digits a picture shows.",
)


def shard(what: str) -> Callable[[Decorated], Decorated]:
    """Return the option that gives a process its part of a job."""
    return click.option(
        "--shard",
        type=Shard(),
        default="0/1",
        show_default="all",
        help=f"{what}: a job of N processes, I counted from 0 or from 1.",
    )


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")

quiet = click.option("--quiet", "-q", is_flag=True, help="No progress and no notes.")


def refuse_before_subcommand(ctx: click.Context) -> None:
    """Say so where an option of a group stands before a subcommand, which would not see it."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in ("runs_dir", "data_dir"):
            raise click.UsageError(
                f"{parameter.opts[0]} before {ctx.invoked_subcommand} does nothing: leave it out, "
                f"or give it after {ctx.invoked_subcommand} if it is listed there."
            )


def folder_of_group(ctx: click.Context, name: str, own: Path) -> Path:
    """Return the folder, runs_dir or data_dir, given to a subcommand, or else that of its group."""
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE or not ctx.parent:
        return own
    folder: Path = ctx.parent.params[name]
    return folder
