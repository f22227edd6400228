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
from measure import compare, heading
from PIL import Image

from mnistcli.synthetic import draw_digits

HERE = Path(__file__).parent
PYTHON = sys.executable
MNISTCLI = Path(PYTHON).with_name("mnistcli")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--many", type=int, default=10_000, help="pictures in a folder")
    parser.add_argument("--pairs", type=int, default=11)
    options = parser.parse_args()
    tflite, model = options.run / "model.tflite", options.run / "model.keras"
    predict = (MNISTCLI, "predict", "--run", options.run)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        images = draw_digits((np.arange(options.many) % 10).astype(np.uint8), seed=1)
        many = folder / "many"
        for number, image in enumerate(images):
            path = many / f"{number // 1000:03}" / f"{number:06}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
        one, photo = many / "000" / "000003.png", folder / "photo.jpg"
        ink = Image.fromarray(255 - images[3]).resize((1400, 1400), Image.Resampling.BICUBIC)
        paper = Image.new("L", (4000, 3000), 255)
        paper.paste(ink, (1500, 900))
        noise = np.random.default_rng(0).normal(0, 6, (3000, 4000))
        Image.fromarray(np.clip(np.asarray(paper) * 0.8 + noise, 0, 255).astype(np.uint8)).convert(
            "RGB"
        ).save(photo, quality=92)

        rows = [
            compare(
                "--help / import click",
                (MNISTCLI, "--help"),
                (PYTHON, "-c", "import click"),
                options.pairs,
            ),
            compare(
                "one 28x28 PNG / bare LiteRT script",
                (*predict, one),
                (PYTHON, HERE / "bare_predict.py", tflite, one),
                options.pairs,
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
                options.pairs,
            ),
            compare(
                f"{options.many:,} PNGs / Pillow and keras.predict",
                (*predict, many),
                (PYTHON, HERE / "plain_predict.py", model, many),
                3,
            ),
        ]
    print(heading())
    for row in rows:
        print(row.row())


if __name__ == "__main__":
    main()
