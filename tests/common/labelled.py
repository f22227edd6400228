"""Small sources of labelled images, of every kind."""

import csv
import gzip
import io
import zipfile

import numpy as np
from common.idxfile import serialize
from PIL import Image

from mnistcli.datasets.synthetic.generator import draw_digits

NAMES = ("ga", "bu", "10", "9")
CLASSES = ("9", "10", "bu", "ga")  # in natural order
EACH = 5
LABELS = np.repeat(np.arange(4), EACH)
IMAGES = draw_digits(LABELS.astype(np.uint8), seed=3)
PIXELS = ["label", *(f"pixel{k}" for k in range(784))]


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def folders(root, images=IMAGES, labels=LABELS, names=NAMES):
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = root / names[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(png(image))
    return root


def table(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def paths(root):
    folders(root / "pictures")
    listed = [(f"pictures/{NAMES[label]}/{k}.png", NAMES[label]) for k, label in enumerate(LABELS)]
    return table(
        root / "labels.csv", [("label", "path", "who"), *((b, a, "me") for a, b in listed)]
    )


def pixels(root, header=PIXELS, name="train.csv"):
    rows = [[NAMES[label], *image.ravel()] for label, image in zip(LABELS, IMAGES, strict=True)]
    return table(root / name, [*([header] if header else []), *rows])


def npz(root, **changes):
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:4], "y_test": LABELS[:4]}
    np.savez_compressed(root / "mine.npz", **{**arrays, **changes})
    return root / "mine.npz"


def idx(root):
    for name, split in (("train", slice(None)), ("t10k", slice(0, 4))):
        labels = LABELS[split].astype(np.uint8)
        packed = gzip.compress(serialize(IMAGES[split]))
        (root / f"mine-{name}-images-idx3-ubyte.gz").write_bytes(packed)
        (root / f"mine-{name}-labels-idx1-ubyte").write_bytes(serialize(labels))
    return root


def split(root):
    folders(root / "train")
    folders(root / "test", IMAGES[:4], LABELS[:4])
    return root


def zipped(root, inside="data"):
    path = root.with_name(f"{root.name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in root.rglob("*"):
            if file.is_file():
                archive.write(file, f"{inside}/{file.relative_to(root)}")
    return path


def csv_changed(root, change):
    source = paths(root)
    rows = list(csv.reader(source.open()))
    change(rows)
    return table(source, rows)


KINDS = {
    "folders": folders,
    "split folders": split,
    "a CSV of paths": paths,
    "a CSV of pixels": pixels,
    "an npz": npz,
    "IDX files": idx,
}
