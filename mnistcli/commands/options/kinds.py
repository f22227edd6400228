"""Kinds of values that options take: how they are read, refused and completed."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from mnistcli.choices import DATASETS, SHORT, UNSUITABLE
from mnistcli.commands.options.places import default_data_dir
from mnistcli.networks.source import is_file

ANY = "any"  # number of digits


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
