"""What a sweep can be told: the very options of `train`, each with several values."""

import csv
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from mnistcli.commands.options import training
from mnistcli.errors import ChoiceError

if TYPE_CHECKING:
    from mnistcli.sweeps.plan import Setting

SPLIT = "validation_split"
HELD_OUT = ("1/6", 1 / 6)
DEFAULT = "default"
"""How a value is shown that a row of a file leaves out."""

COMPARED = "What is compared: options of train, each with several values"

Value = tuple[str, Any]
"""As it is shown, and as `train` has it."""


class Values(click.ParamType[tuple[Value, ...]]):
    """One or several values of an option of `train`, with commas between them.

    Where the option may be repeated, what stands between commas is one value.
    """

    name = "values"

    def __init__(self, option: click.Option) -> None:
        self.option = option

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Value, ...]:
        """Return the values; fail where the option would."""
        texts = [value] if self.option.multiple else value.split(",")
        return tuple(parsed(self.option, text, ctx) for text in texts)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer what the option offers, behind what stands before the last comma."""
        before, comma, last = incomplete.rpartition(",")
        found = self.option.type.shell_complete(ctx, param, last)
        return [CompletionItem(before + comma + item.value, item.type) for item in found]


def parsed(option: click.Option, text: str, ctx: click.Context | None) -> Value:
    """Return the value that an option of `train` has where it is given this text."""
    context = ctx or click.Context(click.Command("sweep"))
    given = [each.strip() for each in text.split(",")] if option.multiple else text.strip()
    value = option.process_value(context, given)
    match value:
        case bool():
            return "yes" if value else "no", value
        case tuple() | list():
            return ",".join(map(str, value)) or text, value
        case _:
            return str(value), value


def _options() -> dict[str, click.Option]:
    """Return the options of `train` that make its configuration, by name."""
    command = click.command()(training.choices(lambda **_: None))
    return {each.name: each for each in command.params if isinstance(each, click.Option)}


OPTIONS = _options()
SEED = OPTIONS.pop("seed")
CALLED = {name: each.opts[0].lstrip("-") for name, each in OPTIONS.items()}
"""What users call each option: the one for `from_run` is from."""


def _several(option: click.Option) -> click.Option:
    """Return an option of `train` as one of `sweep`."""
    name = str(option.name)
    names = [*option.opts, *option.secondary_opts]
    shown: dict[str, Any] = {
        "help": option.help,
        "show_default": option.show_default,
        "multiple": True,
    }
    if option.is_flag:
        return click.Option([name, "/".join(names)], default=None, **shown)
    metavar = option.make_metavar(click.Context(click.Command("sweep")))
    if option.name == SPLIT:
        shown["show_default"] = HELD_OUT[0]
    return click.Option([name, *names], type=Values(option), metavar=metavar, **shown)


PARAMETERS = [_several(option) for option in OPTIONS.values()]


def values(choices: Mapping[str, Sequence[Any]]) -> dict[str, tuple[Value, ...]]:
    """Return the values of each option that was given, as the parser left them."""
    found: dict[str, tuple[Value, ...]] = {}
    for name, given in choices.items():
        if OPTIONS[name].is_flag:
            found[name] = tuple(("yes" if each else "no", each) for each in given or ())
        else:
            found[name] = tuple(itertools.chain.from_iterable(given or ()))
    return {name: tuple(dict(each).items()) for name, each in found.items() if each}


def read(path: Path, ctx: click.Context) -> list[dict[str, Value]]:
    """Return the rows of a CSV, a setting each; the columns are options of `train`.

    Raises BadParameter where one of them, or a value, is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(csv.reader(file, strict=True), ctx))
    except (csv.Error, ValueError, click.UsageError) as error:
        said = error.message if isinstance(error, click.UsageError) else str(error)
        raise click.BadParameter(f"{path}: {said}", param_hint="'--settings'") from error


def _rows(lines: Iterator[list[str]], ctx: click.Context) -> Iterator[dict[str, Value]]:
    header = next(lines, [])
    meant = {called: name for name, called in CALLED.items()}
    names = [name.strip().lstrip("-").replace("_", "-") for name in header]
    unknown = [name for name in names if name not in meant]
    if unknown or len(set(names)) < len(names) or not names:
        said = ", ".join(map(repr, unknown)) or "a column twice" if names else "nothing"
        raise ValueError(
            f"the first line names options of train, each once, such as optimizer,hidden; "
            f"got {said}. There are {', '.join(meant)}; seeds are given by --seeds."
        )
    for number, line in enumerate(lines, 2):
        if len(line) not in (0, len(names)):
            raise ValueError(f"row {number} has {len(line)} cells, the first one {len(names)}.")
        try:
            yield {
                meant[name]: parsed(OPTIONS[meant[name]], text, ctx)
                if text.strip()
                else (DEFAULT, None)
                for name, text in zip(names, line, strict=False)
            }
        except click.UsageError as error:
            raise ValueError(f"row {number}: {error.format_message()}") from error


def settings(
    given: Mapping[str, Sequence[Value]],
    rows: Sequence[Mapping[str, Value]],
    data_dir: Path,
    runs_dir: Path,
) -> "tuple[Setting, ...]":
    """Return a setting for each row (none: one without any) and combination of given values.

    Raises ChoiceError, DatasetError, RunError, naming the setting where there are several.
    """
    both = [name for name in given if any(name in row for row in rows)]
    if both:
        raise ChoiceError(
            f"--{CALLED[both[0]]} is a column of the settings' file, too. Leave one out."
        )
    every = {**given} if SPLIT in given else {**given, SPLIT: (HELD_OUT,)}
    combinations = [
        {**row, **dict(zip(every, chosen, strict=True))}
        for row in rows or [{}]
        for chosen in itertools.product(*every.values())
    ]
    first = combinations[0]
    varied = [
        name for name in first if any(each[name][0] != first[name][0] for each in combinations)
    ]
    if SPLIT in varied:
        raise ChoiceError(
            "settings are compared on the same held-out images: give one --validation-split."
        )
    return tuple(_setting(each, varied, data_dir, runs_dir) for each in combinations)


def _setting(
    chosen: Mapping[str, Value], varied: Sequence[str], data_dir: Path, runs_dir: Path
) -> "Setting":
    from mnistcli.datasets import store
    from mnistcli.sweeps.plan import Setting

    options = {CALLED[name].replace("-", "_"): chosen[name][0] for name in varied}
    choices = {
        **dict.fromkeys((*OPTIONS, "seed")),
        **{k: value for k, (_, value) in chosen.items()},
    }
    try:
        config, source, parent = training.configured(choices, data_dir, runs_dir)
    except ChoiceError as error:
        where = ", ".join(f"{name.replace('_', '-')} {text}" for name, text in options.items())
        raise ChoiceError(f"setting {where}: {error}" if where else str(error)) from error
    images = store.info(data_dir, config.dataset).train
    if not round(images * config.validation_split):
        raise ChoiceError(
            f"settings are compared on training images that are held out, and --validation-split "
            f"{config.validation_split} of {images:,} holds none out. Leave it out: it is 1/6."
        )
    return Setting(options, config, source, parent)


def digests(settings: "Sequence[Setting]", data_dir: Path) -> dict[str, str]:
    """Return the digest of every dataset that settings are trained on, by its name."""
    from mnistcli.datasets import store

    names = {name for setting in settings for name in setting.config.datasets}
    return {name: store.info(data_dir, name).digest for name in names}


class Sweep(click.Group):
    """The command `sweep`, which has the options of `train`, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params[:0] = PARAMETERS

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under two headings: what is compared, and how."""
        for title, wanted in ((COMPARED, True), ("Options", False)):
            records = [
                record
                for parameter in self.get_params(ctx)
                if (parameter in PARAMETERS) is wanted
                and (record := parameter.get_help_record(ctx)) is not None
            ]
            with formatter.section(title):
                formatter.write_dl(records)
        self.format_commands(ctx, formatter)
