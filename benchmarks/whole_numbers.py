"""Numbers read whole, kind by kind: networks of ours, and Tesseract where it is installed.

    python benchmarks/whole_numbers.py --run cnn=RUN [--run mlp=RUN] [--count N] [--test]
    python benchmarks/whole_numbers.py --run cnn=RUN --folder FOLDER

Composes pictures from MNIST's stored training images (`--test`: test images, for a final figure),
or takes those of a folder with a MANIFEST.csv (path, label, kind). A number is
read whole if every digit is right and none is missing; spaces and lines don't count. Tesseract is
told how many lines there are, and that there are digits only.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from measure import compare, heading
from paper.kinds import NUMBERS, PAGE, SINGLES
from reading import MNISTCLI
from write_paper import MANIFEST, write

from mnistcli.commands.options.places import default_data_dir
from mnistcli.datasets import store

COUNT = 20  # pictures a kind
ABSENT = "Tesseract is not installed (its command is `tesseract`): its column is left out"
LINES, LINE, CHARACTER = 6, 7, 10  # Tesseract's page segmentation modes


@dataclass(frozen=True)
class Labelled:
    """A picture and the digits it shows, without spaces; `lines` is how many lines they stand in."""

    path: Path
    text: str
    lines: int
    kind: str


Reader = Callable[[Sequence[Labelled]], list[str]]


def ours(run: Path) -> Reader:
    """Return what reads pictures with a run's network, all of them in one process."""

    def read(pictures: Sequence[Labelled]) -> list[str]:
        command = (MNISTCLI, "predict", "--run", run, "--digits", "any", "--json", "--quiet")
        ended = subprocess.run(
            [*map(str, command), *(str(picture.path) for picture in pictures)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,  # a picture that is refused counts as misread
        )
        if not ended.stdout:
            raise SystemExit(f"mnistcli predict ended with {ended.returncode}")
        found = {each["path"]: each["text"] for each in json.loads(ended.stdout)["predictions"]}
        return [digits(found[str(picture.path)] or "") for picture in pictures]

    return read


def tesseract(pictures: Sequence[Labelled]) -> list[str]:
    """Read pictures with Tesseract, one process each, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_tesseract, pictures))


def tesseract_command(picture: Labelled) -> list[str]:
    """Return the command that reads a picture."""
    found = shutil.which("tesseract")
    assert found
    mode = LINES if picture.lines > 1 else LINE if len(picture.text) > 1 else CHARACTER
    options = ["--psm", str(mode), "-c", "tessedit_char_whitelist=0123456789"]
    return [found, str(picture.path), "stdout", *options]


def _tesseract(picture: Labelled) -> str:
    ended = subprocess.run(
        tesseract_command(picture),
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return digits(ended.stdout)


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(filter(str.isdecimal, text))


def labelled(folder: Path, by: str = "kind") -> list[Labelled]:
    """Return the pictures of a folder's manifest that show digits; `by` is the column of kinds."""
    with (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if digits(row["label"])]
    return [
        Labelled(
            folder / row["path"],
            digits(row["label"]),
            row["label"].count("|") + 1,
            row[by],
        )
        for row in rows
    ]


def distance(read: str, text: str) -> int:
    """Count the digits that were misread, missed or added (Levenshtein)."""
    above = list(range(len(text) + 1))
    for i, found in enumerate(read, start=1):
        row = [i]
        for j, wanted in enumerate(text, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (found != wanted)))
        above = row
    return above[-1]


def print_table(folder: Path, runs: dict[str, Path], by: str = "kind") -> None:
    """Read every picture of a folder with every reader; print a line a kind."""
    pictures = labelled(folder, by)
    readers: dict[str, Reader] = {name: ours(run) for name, run in runs.items()}
    if shutil.which("tesseract"):
        readers["Tesseract"] = tesseract
    answers = {name: read(pictures) for name, read in readers.items()}
    kinds = dict.fromkeys(picture.kind for picture in pictures)
    print(f"| kind | n | {' | '.join(readers)} |\n| --- | --- |{' --- |' * len(readers)}")
    for kind in [*kinds, None]:
        rows = [i for i, picture in enumerate(pictures) if kind in (picture.kind, None)]
        cells = [
            f"{sum(found[i] == pictures[i].text for i in rows) / len(rows):.3f}"
            for found in answers.values()
        ]
        print(f"| {' | '.join([kind or 'all', str(len(rows)), *cells])} |")
    length = sum(len(picture.text) for picture in pictures)
    for name, found in answers.items():
        wrong = sum(distance(f, p.text) for f, p in zip(found, pictures, strict=True))
        print(f"{name}: character error rate {wrong / length:.4f} ({length:,} digits)")


def print_times(page: Labelled, run: Path, pairs: int) -> None:
    """Print how long a page of sixty digits takes, beside Tesseract."""
    predict = (MNISTCLI, "predict", "--run", run, "--digits", "any", page.path)
    taken = compare("a page of 60 digits / Tesseract", predict, tesseract_command(page), pairs)
    print(f"{heading()}\n{taken.row()}")


def measure(
    data_dir: Path, runs: dict[str, Path], count: int = COUNT, *, test: bool = False, pairs: int = 5
) -> None:
    """Compose numbers and single digits from stored MNIST images; print both tables, and times."""
    split = store.load(data_dir, "mnist", "test" if test else "train")
    with tempfile.TemporaryDirectory() as temporary:
        for title, kinds in (("numbers", NUMBERS), ("single digits", SINGLES)):
            folder = Path(temporary) / title
            single = kinds is SINGLES
            write(folder, kinds, count, split.images, split.labels, single=single)
            print(f"{title}, composed from MNIST's {'test' if test else 'training'} images:")
            print_table(folder, runs)
        if shutil.which("tesseract") is None:
            print(ABSENT)
            return
        pages = labelled(Path(temporary) / "numbers")
        page = next(picture for picture in pages if picture.kind == PAGE)
        print_times(page, next(iter(runs.values())), pairs)


def main() -> None:
    """Compose or take pictures, read them, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", action="append", required=True, help="NAME=RUN, a run's folder")
    parser.add_argument("--count", type=int, default=COUNT, help="pictures a kind")
    parser.add_argument("--test", action="store_true", help="from test images, once")
    parser.add_argument("--folder", type=Path, help="pictures that are there already")
    parser.add_argument("--by", default="kind", help="the column of the manifest to count by")
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    chosen = parser.parse_args()
    named = [each.split("=", maxsplit=1) for each in chosen.run]
    runs = {name: Path(run) for name, run in named}
    if chosen.folder:
        print_table(chosen.folder, runs, chosen.by)
        return
    measure(chosen.data_dir, runs, chosen.count, test=chosen.test)


if __name__ == "__main__":
    main()
