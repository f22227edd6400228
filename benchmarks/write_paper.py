"""Write folders of composed pictures, to measure reading with.

    python benchmarks/write_paper.py OUT [--data-dir DIR] [--count N] [--test] [--single | --doodles] [--kinds ...]

With --doodles: capitals and scribbles, which are no digits, and have no label. OUT gets a folder
a kind and MANIFEST.csv (path, label, kind); in a label, `|` parts lines.
"""

import argparse
import csv
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from paper.doodles import LETTER_PENS, LETTERS, SCRIBBLE_PENS, SCRIBBLES, letter, picture
from paper.kinds import NUMBERS, SINGLES, compose
from paper.pen import Bytes
from PIL import Image

from mnistcli.commands.options.places import default_data_dir
from mnistcli.datasets import store

MANIFEST = "MANIFEST.csv"

Draw = Callable[..., tuple[Bytes, str]]


def write(
    folder: Path,
    kinds: Sequence[str],
    count: int,
    images: Bytes,
    labels: Bytes,
    *,
    single: bool,
    seed: int = 0,
) -> None:
    """Write so many pictures of each kind below a folder."""
    seeded: dict[Path, Draw] = {}
    for kind in kinds:
        for number in range(count):
            draw = partial(compose, kind, images, labels, single=single)
            seeded[Path(kind) / f"{number:02}.png"] = draw
    save(folder, seeded, seed)


def write_doodles(folder: Path, count: int, seed: int = 0) -> None:
    """Write capitals, so many of each, half of them in either shape, and as many scribbles."""
    seeded: dict[Path, Draw] = {}
    for name in LETTERS:
        for number in range(count):
            shape = number % len(LETTERS[name])
            seeded[Path("letters") / f"{name}{number:02}.png"] = partial(_letter, name, shape)
    for name in SCRIBBLES:
        for number in range(len(LETTERS) * count // len(SCRIBBLES) + 1):
            seeded[Path("scribbles") / f"{name}{number:02}.png"] = partial(_scribble, name)
    save(folder, seeded, seed)


def save(folder: Path, seeded: dict[Path, Draw], seed: int) -> None:
    """Draw and save each picture, from a seed of its own, and write the manifest."""
    rows = []
    for path, draw in seeded.items():
        rng = np.random.default_rng((zlib.crc32(path.as_posix().encode()), seed))
        drawn, text = draw(rng=rng)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn).save(folder / path)
        rows.append((path.as_posix(), text.replace("\n", "|"), path.parts[0]))
    with (folder / MANIFEST).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "label", "kind"), *rows])


def _letter(name: str, shape: int, rng: np.random.Generator) -> tuple[Bytes, str]:
    return picture(letter(name, shape, rng), LETTER_PENS, rng), ""


def _scribble(name: str, rng: np.random.Generator) -> tuple[Bytes, str]:
    return picture(SCRIBBLES[name](rng), SCRIBBLE_PENS, rng), ""


def main() -> None:
    """Write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--count", type=int, default=60, help="pictures a kind")
    parser.add_argument("--test", action="store_true", help="of test images, for a final figure")
    parser.add_argument("--single", action="store_true", help="one digit a picture")
    parser.add_argument("--doodles", action="store_true", help="no digits")
    parser.add_argument("--seed", type=int, default=0, help="another one draws other pictures")
    parser.add_argument("--kinds", nargs="+", default=None)
    chosen = parser.parse_args()
    if chosen.doodles:
        write_doodles(chosen.folder, chosen.count, chosen.seed)
        return
    split = store.load(chosen.data_dir, "mnist", "test" if chosen.test else "train")
    kinds = chosen.kinds or (SINGLES if chosen.single else NUMBERS)
    write(
        chosen.folder,
        kinds,
        chosen.count,
        split.images,
        split.labels,
        single=chosen.single,
        seed=chosen.seed,
    )


if __name__ == "__main__":
    main()
