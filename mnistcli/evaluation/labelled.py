"""People's own labelled pictures: a folder with one sub-folder per digit, or a CSV."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mnistcli.errors import DatasetError
from mnistcli.reading.inputs import expand

DIGITS = tuple(map(str, range(10)))


@dataclass(frozen=True)
class LabelledPicture:
    """A picture's path, and the digit 0..9 that it shows."""

    path: str
    label: int


def labelled_pictures(source: Path) -> list[LabelledPicture]:
    """Return the labelled pictures of a folder (the ImageFolder convention) or a CSV.

    A CSV has the columns `path`, relative to it, and `label`; other columns are ignored.
    Raises DatasetError when there are none, or a label is no digit.
    """
    found = list(_of_folder(source) if source.is_dir() else _of_csv(source))
    if not found:
        raise DatasetError(
            f"{source} names no labelled pictures: expected a folder with sub-folders 0 to 9, "
            f"or a CSV with the columns path and label."
        )
    return found


def _of_folder(folder: Path) -> Iterator[LabelledPicture]:
    for digit in DIGITS:
        if (folder / digit).is_dir():
            yield from (LabelledPicture(path, int(digit)) for path in expand([str(folder / digit)]))


def _of_csv(path: Path) -> Iterator[LabelledPicture]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"path", "label"} <= set(rows.fieldnames or ()):
                raise DatasetError(
                    f"{path} is not a list of labelled pictures: expected the columns path and "
                    f"label, got {', '.join(rows.fieldnames or ['nothing'])}."
                )
            for row in rows:
                if not row["path"] or row["label"] not in DIGITS:
                    raise DatasetError(
                        f"{path}, line {rows.line_num}: expected a path and a digit 0 to 9, got "
                        f"{row['path']!r} and {row['label']!r}."
                    )
                yield LabelledPicture(str(path.parent / row["path"]), int(row["label"]))
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not a CSV in UTF-8: {error}.") from error
