"""Draw digits and what is none, for networks to tell apart: mnistcli/networks/strokes.png.

    python benchmarks/strokes.py [--sheet FILE] [--count N] [--seed N] [--npz FILE]

The sheet holds images of 28x28 in rows of 100, 4 bits a pixel: digits first, then `--count` that
are none. It follows from the seed
(on a given NumPy and OpenCV). Everything is drawn by code, and made an image as any picture's
digit is; no file of MNIST is opened. With --npz, the images are also written as arrays: `images`
(n, 28, 28) uint8, and `kinds` (n,).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from nodigit import parts, scribbles, shapes
from nodigit.hand import Mask
from nodigit.parts import Digits
from numpy.typing import NDArray
from PIL import Image

from mnistcli.datasets.synthetic.generator import draw_digits
from mnistcli.networks.digitness import DIGITS
from mnistcli.picture import image as making

Bytes = NDArray[np.uint8]

SHEET = Path(__file__).parent.parent / "mnistcli" / "networks" / "strokes.png"
COLUMNS = 100
LEVELS = 16
STOCK = 5000  # synthetic digits to spoil

#: Strokes are thinned to MNIST's upper quartile, in pixels of the image, more than reading thins
#: them: networks told letters from digits better so.
THICK = 2.9

#: How many of a thousand images are of a kind.
SHARES = {
    "letter": 400, "sign": 100, "scribble": 150, "two": 150, "half": 75, "with_part": 80, "ruled": 45,
}  # fmt: skip


def draw(count: int, seed: int) -> tuple[Bytes, NDArray[np.str_]]:
    """Draw digits, and so many images of none, (n, 28, 28), and say of which kind each is."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, STOCK).astype(np.uint8)
    digits = Digits(draw_digits(labels, seed), labels)
    ways: dict[str, Callable[[np.random.Generator], Mask]] = {
        "digit": lambda rng: digits.one(rng)[0],
        "letter": shapes.letter,
        "sign": shapes.sign,
        "scribble": scribbles.scribble,
        "two": lambda rng: parts.two(digits, rng),
        "half": lambda rng: parts.half(digits, rng),
        "with_part": lambda rng: parts.with_part(digits, rng),
        "ruled": lambda rng: parts.ruled(digits, rng),
    }
    share = np.array(list(SHARES.values())) / sum(SHARES.values())
    ends = np.round(np.cumsum(share) * count).astype(int)
    kinds = rng.permutation(np.repeat(list(SHARES), np.diff(ends, prepend=0)))
    kinds = np.concatenate([np.repeat("digit", DIGITS), kinds])
    making.THICK = THICK
    images = np.stack([making.digit_image(255 * ways[kind](rng)) for kind in kinds.tolist()])
    return images, kinds


def save_sheet(images: Bytes, path: Path) -> None:
    """Write images side by side, as a PNG of 16 grey levels."""
    rows = -(-len(images) // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, 28, 28), np.uint8)
    sheet[: len(images)] = np.rint(images / 255 * (LEVELS - 1)).astype(np.uint8)
    placed = sheet.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2).reshape(rows * 28, COLUMNS * 28)
    image = Image.fromarray(placed, "P")
    image.putpalette([level * 17 for level in range(LEVELS) for _ in range(3)])
    image.save(path, bits=4, optimize=True)


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, default=SHEET)
    parser.add_argument("--count", type=int, default=5500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--npz", type=Path)
    chosen = parser.parse_args()
    images, kinds = draw(chosen.count, chosen.seed)
    save_sheet(images, chosen.sheet)
    print(f"{chosen.sheet}: {len(images):,} images, {chosen.sheet.stat().st_size / 1000:,.0f} kB")
    if chosen.npz:
        np.savez_compressed(chosen.npz, images=images, kinds=kinds)


if __name__ == "__main__":
    main()
