"""Where datasets and runs are, as far as a command line says it; on TAB it is half typed."""

import os
from contextlib import suppress
from pathlib import Path

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

RUNS_DIR = "runs"


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


def folder_of_group(ctx: click.Context, name: str, own: Path) -> Path:
    """Return the folder, runs_dir or data_dir, given to a subcommand, or else that of its group."""
    if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE or not ctx.parent:
        return own
    folder: Path = ctx.parent.params[name]
    return folder


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
