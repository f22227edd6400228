"""People's own labelled pictures: a folder with one sub-folder per label, or a CSV."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistcli.classes import DIGITS, are_digits
from mnistcli.errors import DatasetError
from mnistcli.evaluation.texts import bare
from mnistcli.reading import tables
from mnistcli.reading.inputs import expand, natural

LINES = re.compile(r"[0-9]+(\n[0-9]+)*")


@dataclass(frozen=True)
class LabelledPicture:
    """A picture's path, and the digits that it shows: a line of them for each line of writing.

    Or the name of the class, where it is no digit.
    """

    path: str
    label: str


def labelled_pictures(
    source: Path,
    classes: Sequence[str] = DIGITS,
    passed_over: Counter[str] | None = None,
) -> list[LabelledPicture]:
    """Return the labelled pictures of a folder (the ImageFolder convention) or a CSV.

    A folder has a sub-folder for each label: one of the classes, or a number where they are digits.
    A CSV has the columns `path`, relative to it, and `label`, in which, among digits, `|` or a
    newline separates lines and spaces don't count; other columns are ignored. What is no picture in
    the sub-folders is counted in `passed_over`. Raises DatasetError when there are none, or a label
    is none of these.
    """
    if source.is_dir():
        found = list(_of_folder(source, classes, passed_over))
    else:
        found = list(_of_csv(source, classes))
    if not found:
        raise DatasetError(
            f"{source} names no labelled pictures: expected a folder with sub-folders "
            f"{classes[0]} to {classes[-1]}, or a CSV with the columns path and label."
        )
    return found


def _label(text: str, classes: Sequence[str]) -> str | None:
    """Return a label as texts are compared; None where it can be none."""
    if not are_digits(classes):
        return text if text in classes else None
    label = bare(text)
    return label if LINES.fullmatch(label) else None


def _of_folder(
    folder: Path, classes: Sequence[str], passed_over: Counter[str] | None
) -> Iterator[LabelledPicture]:
    for each in sorted(folder.iterdir(), key=lambda path: natural(path.name)):
        if each.is_dir() and _label(each.name, classes) == each.name:
            yield from (
                LabelledPicture(path, each.name) for path in expand([str(each)], passed_over)
            )


def _of_csv(path: Path, classes: Sequence[str]) -> Iterator[LabelledPicture]:
    shown = (
        "the digits that the picture shows, such as 7 or 12 34|56"
        if are_digits(classes)
        else f"one of {', '.join(classes)}"
    )
    try:
        with path.open("rb") as file:
            rows = tables.rows(file)
            names = [name.lower() for name in next(rows, (0, []))[1]]
            if not {"path", "label"} <= set(names):
                raise DatasetError(
                    f"{path} is not a list of labelled pictures: expected the columns path and "
                    f"label, got {', '.join(names) or 'nothing'}."
                )
            for line, row in rows:
                values = dict(zip(names, row, strict=False))
                picture, text = values.get("path", ""), values.get("label", "")
                label = _label(text, classes)
                if not picture or label is None:
                    raise DatasetError(
                        f"{path}, line {line}: expected a path and {shown}, got {picture!r} and "
                        f"{text!r}."
                    )
                yield LabelledPicture(str(path.parent / picture), label)
    except tables.FAILURES as error:
        raise DatasetError(f"{path} is not a CSV in UTF-8 or UTF-16: {error}.") from error
