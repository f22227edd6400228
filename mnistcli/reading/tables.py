"""The rows of a CSV, in whatever Unicode and with whatever separator a spreadsheet saved it."""

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import IO

DELIMITERS = ",;\t"
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FAILURES = (csv.Error, UnicodeError)
"""What is raised of a file that is no CSV in UTF-8 or UTF-16."""


def rows(file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and values of each row that is not empty, without spaces around them."""
    start = file.peek(2)[:2]  # type: ignore[attr-defined]  # files have it, and members of a ZIP
    text = io.TextIOWrapper(file, "utf-16" if start in MARKS else "utf-8-sig", newline="")
    head = text.readline()
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(chain([head], text), delimiter=delimiter, skipinitialspace=True)
    for row in reader:
        values = [value.strip() for value in row]
        if any(values):
            yield reader.line_num, values
