"""Start-up and picture reading, beside plain scripts that do the least or the usual.

Usage: reading.py RUN [--many N] [--pairs N]

RUN is a run folder. The pictures are made here: digits of the synthetic dataset as 28x28 PNGs, and
one of them as a 12-megapixel JPEG.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import Comparison, compare, heading
from PIL import Image, ImageOps

from mnistcli.datasets.synthetic.generator import draw_digits

HERE = Path(__file__).parent
PYTHON = sys.executable
MNISTCLI = Path(PYTHON).with_name("mnistcli")
IMPORT_CLICK = (PYTHON, "-c", "import click")


def rows(run: Path, many: int, pairs: int) -> list[Comparison]:
    """Compare `mnistcli predict` of a run with plain scripts."""
    tflite, model = run / "model.tflite", run / "model.keras"
    predict = (MNISTCLI, "predict", "--run", run)
    with tempfile.TemporaryDirectory() as temporary:
        folder = draw_many(Path(temporary) / "many", many)
        one = folder / "000" / "000003.png"
        photo = photograph(one, Path(temporary) / "photo.jpg")
        return [
            compare("--help / import click", (MNISTCLI, "--help"), IMPORT_CLICK, pairs),
            compare(
                "one 28x28 PNG / bare LiteRT script",
                (*predict, one),
                (PYTHON, HERE / "bare_predict.py", tflite, one),
                pairs,
            ),
            compare(
                "one 28x28 PNG / keras.predict",
                (*predict, one),
                (PYTHON, HERE / "plain_predict.py", model, one.parent),
                3,
            ),
            compare(
                "one 12-megapixel JPEG / bare decode",
                (*predict, photo),
                (PYTHON, HERE / "bare_decode.py", photo),
                pairs,
            ),
            compare(
                f"{many:,} PNGs / Pillow and keras.predict",
                (*predict, folder),
                (PYTHON, HERE / "plain_predict.py", model, folder),
                3,
            ),
        ]


def draw_many(folder: Path, many: int) -> Path:
    """Write digits as 28x28 PNGs into sub-folders of 1,000, and return the folder."""
    images = draw_digits((np.arange(many) % 10).astype(np.uint8), seed=1)
    for number, image in enumerate(images):
        path = folder / f"{number // 1000:03}" / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


def photograph(picture: Path, photo: Path) -> Path:
    """Write a digit on grey, noisy paper as a 12-megapixel JPEG, and return its path."""
    with Image.open(picture) as digit:
        ink = ImageOps.invert(digit).resize((1400, 1400), Image.Resampling.BICUBIC)
    paper = Image.new("L", (4000, 3000), 255)
    paper.paste(ink, (1500, 900))
    noisy = np.asarray(paper) * 0.8 + np.random.default_rng(0).normal(0, 6, (3000, 4000))
    image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    image.convert("RGB").save(photo, quality=92)
    return photo


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--many", type=int, default=10_000, help="pictures in a folder")
    parser.add_argument("--pairs", type=int, default=11)
    options = parser.parse_args()
    print(heading())
    for row in rows(options.run, options.many, options.pairs):
        print(row.row())


if __name__ == "__main__":
    main()
