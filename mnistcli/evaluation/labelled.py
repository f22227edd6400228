"""People's own labelled pictures: a folder with one sub-folder per label, or a CSV."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mnistcli.errors import DatasetError
from mnistcli.evaluation.texts import bare
from mnistcli.reading.inputs import expand, natural

LINES = re.compile(r"[0-9]+(\n[0-9]+)*")
DELIMITERS = ",;\t"  # spreadsheets save the second where the comma is a decimal point


@dataclass(frozen=True)
class LabelledPicture:
    """A picture's path, and the digits that it shows: a line of them for each line of writing."""

    path: str
    label: str


def labelled_pictures(
    source: Path, passed_over: Counter[str] | None = None
) -> list[LabelledPicture]:
    """Return the labelled pictures of a folder (the ImageFolder convention) or a CSV.

    A folder has a sub-folder for each label: 0 to 9, or a number. A CSV has the columns `path`,
    relative to it, and `label`, in which `|` or a newline separates lines and spaces don't count;
    other columns are ignored. What is no picture in the sub-folders is counted in `passed_over`.
    Raises DatasetError when there are none, or a label holds anything but digits.
    """
    found = list(_of_folder(source, passed_over) if source.is_dir() else _of_csv(source))
    if not found:
        raise DatasetError(
            f"{source} names no labelled pictures: expected a folder with sub-folders 0 to 9, "
            f"or a CSV with the columns path and label."
        )
    return found


def _of_folder(folder: Path, passed_over: Counter[str] | None) -> Iterator[LabelledPicture]:
    for each in sorted(folder.iterdir(), key=lambda path: natural(path.name)):
        if each.is_dir() and LINES.fullmatch(each.name):
            yield from (
                LabelledPicture(path, each.name) for path in expand([str(each)], passed_over)
            )


def _of_csv(path: Path) -> Iterator[LabelledPicture]:
    try:
        with path.open(newline="", encoding=_encoding(path)) as file:
            head = file.readline()
            file.seek(0)
            delimiter = max(DELIMITERS, key=head.count)
            rows = csv.DictReader(file, delimiter=delimiter, skipinitialspace=True)
            names = [name.strip().lower() for name in rows.fieldnames or ()]
            rows.fieldnames = names
            if not {"path", "label"} <= set(names):
                raise DatasetError(
                    f"{path} is not a list of labelled pictures: expected the columns path and "
                    f"label, got {', '.join(names) or 'nothing'}."
                )
            for row in rows:
                label = bare(row["label"] or "")
                if not row["path"] or not LINES.fullmatch(label):
                    raise DatasetError(
                        f"{path}, line {rows.line_num}: expected a path and the digits that the "
                        f"picture shows, such as 7 or 12 34|56, got {row['path']!r} and "
                        f"{row['label']!r}."
                    )
                yield LabelledPicture(str(path.parent / row["path"]), label)
    except (csv.Error, UnicodeError) as error:
        raise DatasetError(f"{path} is not a CSV in UTF-8 or UTF-16: {error}.") from error


def _encoding(path: Path) -> str:
    """Return which Unicode a file is in: spreadsheets save UTF-16 with a mark at its beginning."""
    with path.open("rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return "utf-16" if marked else "utf-8-sig"
