"""What is wrong with a source is said with its file and row, and nothing is stored."""

import csv
import shutil
import zipfile

import numpy as np
import pytest
from common.labelled import (
    IMAGES,
    LABELS,
    csv_changed,
    folders,
    idx,
    npz,
    pixels,
    png,
    split,
    table,
)

from mnistcli.collection.collecting import collect
from mnistcli.errors import DatasetError


def without(root, name):
    shutil.rmtree(root / name)
    (root / name).mkdir()
    return root


def rows_changed(root, change):
    source = pixels(root)
    rows = list(csv.reader(source.open()))
    change(rows)
    return table(source, rows)


def zip_of(root, **members):
    path = root.parent / "made.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folders(root).rglob("*.png"):
            archive.write(file, str(file.relative_to(root)))
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])
    return path


def twice(root):
    path = zip_of(root)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("ga/0.png", b"another")
    return path


def leading_out(root):
    path = zip_of(root)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../ga/0.png", png(IMAGES[0]))
    return path


def encrypted(root):
    path = zip_of(root)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def same_picture(root):
    folders(root)
    shutil.copy(root / "ga" / "0.png", root / "bu" / "copy.png")
    return root


WRONG = {
    "no such folder": (lambda r: r / "nowhere", r"nowhere: there is no such"),
    "one class": (
        lambda r: folders(r, IMAGES[:5], LABELS[:5]),
        r"expected 2 to 62 classes, got 1: ga",
    ),
    "an empty class": (lambda r: without(folders(r), "bu"), r"no picture of class bu"),
    "63 classes": (
        lambda r: folders(r, IMAGES[:1].repeat(63, 0), range(63), [f"c{k}" for k in range(63)]),
        r"same picture|expected 2 to 62 classes, got 63",
    ),
    "nothing that is a picture": (
        lambda r: (folders(r), [p.write_bytes(b"?") for p in (r / "bu").iterdir()])[0],
        r"no picture of class bu could be read",
    ),
    "one picture, two labels": (same_picture, r"ga/0.png.*bu/copy.png|bu/copy.png.*ga/0.png"),
    "a test label that is new": (
        lambda r: (split(r), folders(r / "test", 255 - IMAGES[:1], LABELS[:1], ["new"]))[0],
        r"test images are labelled new",
    ),
    "test without train": (lambda r: (folders(r / "test"), r)[1], r"no folder train"),
    "a file that is none of them": (
        lambda r: (r.joinpath("a.txt").touch(), r / "a.txt")[1],
        r"expected a folder with",
    ),
    "a CSV without label": (
        lambda r: csv_changed(r, lambda rows: rows[0].__setitem__(0, "lable")),
        r"labels.csv, line 1: expected the columns path and label.*got lable, path, who",
    ),
    "a row without label": (
        lambda r: csv_changed(r, lambda rows: rows[3].__setitem__(0, " ")),
        r"labels.csv, line 4: expected a path and a label",
    ),
    "a path twice": (
        lambda r: csv_changed(r, lambda rows: rows.append(rows[2])),
        r"labels.csv, line 22: pictures/ga/1.png is on line 3 already",
    ),
    "an empty CSV": (lambda r: table(r / "a.csv", []), r"a.csv, line 1: .*got nothing"),
    "a CSV that is no text": (
        lambda r: (r.joinpath("a.csv").write_bytes(b"label,path\n\xff\xfe"), r / "a.csv")[1],
        r"a.csv is not a CSV in UTF-8",
    ),
    "a short row of pixels": (
        lambda r: rows_changed(r, lambda rows: rows[7].pop()),
        r"train.csv, line 8: expected a label and 784 pixels.*got 784 values",
    ),
    "a pixel of 256": (
        lambda r: rows_changed(r, lambda rows: rows[2].__setitem__(9, "256")),
        r"train.csv, line 3: .*from 0 to 255",
    ),
    "a pixel that is no number": (
        lambda r: rows_changed(r, lambda rows: rows[2].__setitem__(9, "x")),
        r"train.csv, line 3:",
    ),
    "pixels of another size": (
        lambda r: pixels(r, ["label", *(f"pixel{k}" for k in range(100))]),
        r"train.csv, line 1: expected label and 784 pixels, got 100",
    ),
    "an npz of objects": (
        lambda r: npz(r, x_train=np.array([{}] * 20, object)),
        r"mine.npz: x_train holds Python objects",
    ),
    "an npz without labels": (
        lambda r: (np.savez(r / "a.npz", x_train=IMAGES), r / "a.npz")[1],
        r"a.npz: expected the arrays x_train and y_train, got x_train",
    ),
    "an npz of other sizes": (
        lambda r: npz(r, x_train=IMAGES[:, :20]),
        r"x_train has the shape \(20, 20, 28\)",
    ),
    "an npz with too few labels": (
        lambda r: npz(r, y_train=LABELS[:3]),
        r"y_train has the shape \(3,\).*20 images",
    ),
    "an npz of floats": (
        lambda r: npz(r, x_train=IMAGES / 255),
        r"x_train is float64: expected whole numbers",
    ),
    "a cut npz": (lambda r: cut(npz(r), 900), r"mine.npz: it is no .npz"),
    "IDX images without labels": (
        lambda r: (idx(r), (r / "mine-train-labels-idx1-ubyte").unlink())[0],
        r"no file of the train labels",
    ),
    "a cut IDX file": (
        lambda r: (idx(r), cut(r / "mine-train-labels-idx1-ubyte", 9))[0],
        r"mine-train-labels-idx1-ubyte: an IDX file of 20 has 28 bytes, got 9",
    ),
    "a cut ZIP": (lambda r: cut(zip_of(r), 2000), r"made.zip is a damaged ZIP"),
    "an empty ZIP": (lambda r: cut(zip_of(r), 0), r"made.zip is a damaged ZIP: it is empty"),
    "a bomb": (lambda r: zip_of(r, ga__x_png=bytes(200_000_000)), r"more than 100 times its size"),
    "a way out of the ZIP": (leading_out, r"'\.\./ga/0\.png' leads out of the archive"),
    "a member twice": (twice, r"holds 'ga/0.png' twice"),
    "an encrypted member": (encrypted, r"is encrypted"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_with_file_and_row_and_nothing_is_stored(wrong, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    make, message = WRONG[wrong]
    source = make(root)
    with pytest.raises(DatasetError, match=message):
        list(collect(tmp_path / "store", "mine", source))
    assert not list((tmp_path / "store").glob("*.h5"))
