"""Labelled images of every kind, stored; and what is wrong with them, said with file and row."""

import csv
import gzip
import io
import shutil
import zipfile
from collections import Counter

import numpy as np
import pytest
from common.idxfile import serialize
from PIL import Image

from mnistcli.collection.collecting import collect
from mnistcli.datasets import store
from mnistcli.datasets.fetching import Fetched, PassedOver, Unread
from mnistcli.datasets.synthetic.generator import draw_digits
from mnistcli.errors import DatasetError

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


def stored(folder, source):
    """Store a source, and return what happened and what is stored."""
    events = list(collect(folder / "store", "mine", source))
    parts = {name: store.load(folder / "store", "mine", name) for name in ("train", "test")}
    return events, parts


KINDS = {
    "folders": folders,
    "split folders": split,
    "a CSV of paths": paths,
    "a CSV of pixels": pixels,
    "an npz": npz,
    "IDX files": idx,
}


@pytest.mark.parametrize("packed", [False, True], ids=["", "in a ZIP"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_is_stored(kind, packed, tmp_path):
    root = tmp_path / "source"
    root.mkdir()
    source = KINDS[kind](root)
    events, parts = stored(tmp_path, zipped(root) if packed else source)
    assert isinstance(events[-1], Fetched)
    numbered = kind in ("an npz", "IDX files")
    classes = ("0", "1", "2", "3") if numbered else CLASSES
    names = ("0", "1", "2", "3") if numbered else NAMES
    assert events[-1].info.classes == parts["train"].classes == classes
    of = {IMAGES[k].tobytes(): names[label] for k, label in enumerate(LABELS)}
    for part in parts.values():
        for image, label in zip(part.images, part.labels, strict=True):
            assert of[image.tobytes()] == classes[label]
    held_out = 4 if kind in ("split folders", "an npz", "IDX files") else 2
    assert len(parts["test"].labels) == held_out
    assert len(parts["train"].labels) == (20 if held_out == 4 else 18)
    assert Counter(parts["train"].labels.tolist()).most_common()[-1][1] >= EACH - 1


def test_what_is_stored_follows_from_the_source_alone(tmp_path):
    first, second = (stored(tmp_path / name, folders(tmp_path / name / "in")) for name in "ab")
    for name in ("train", "test"):
        assert np.array_equal(first[1][name].images, second[1][name].images)
    assert not np.array_equal(first[1]["train"].labels, np.sort(first[1]["train"].labels))


def test_a_csv_of_pixels_needs_no_header(tmp_path):
    source = table(
        tmp_path / "pixels.csv",
        [[label, *image.ravel()] for label, image in zip(LABELS, IMAGES, strict=True)],
    )
    assert stored(tmp_path, source)[1]["train"].classes == ("0", "1", "2", "3")


def test_pixels_are_taken_in_the_order_of_their_numbers(tmp_path):
    turned = ["label", *PIXELS[:0:-1]]
    rows = [[NAMES[k], *image.ravel()[::-1]] for k, image in zip(LABELS, IMAGES, strict=True)]
    parts = stored(tmp_path, table(tmp_path / "pixels.csv", [turned, *rows]))[1]
    assert {image.tobytes() for image in parts["train"].images} <= {i.tobytes() for i in IMAGES}


def test_a_competition_s_table_without_labels_is_left_out(tmp_path):
    root = tmp_path / "digit-recognizer"
    root.mkdir()
    pixels(root)
    table(root / "test.csv", [PIXELS[1:], [0] * 784])
    table(root / "sample_submission.csv", [("ImageId", "Label2"), (1, 0)])
    assert len(stored(tmp_path, zipped(root))[1]["train"].labels) == 18


def test_what_cannot_be_read_is_listed_and_counted(tmp_path):
    folders(tmp_path / "in")
    (tmp_path / "in" / "ga" / "x.jpg").write_bytes(b"no picture")
    (tmp_path / "in" / "ga" / "blank.png").write_bytes(png(np.zeros((40, 40), np.uint8)))
    (tmp_path / "in" / "bu" / "notes.txt").touch()
    (tmp_path / "in" / "bu" / "._3.png").touch()
    (tmp_path / "in" / "__MACOSX").mkdir()
    events, parts = stored(tmp_path, tmp_path / "in")
    unread = {event.path: event.reason for event in events if isinstance(event, Unread)}
    assert set(unread) == {"ga/x.jpg", "ga/blank.png"}
    assert "no picture that can be read" in unread["ga/x.jpg"]
    assert events[-1].info.unread == 2
    assert [event.files for event in events if isinstance(event, PassedOver)] == [
        "1 file passed over: .txt 1"
    ]
    assert len(parts["train"].labels) + len(parts["test"].labels) == len(LABELS)


def test_signs_that_are_no_digits_are_read_whole(tmp_path):
    signs = {"=": np.full((90, 90), 255, np.uint8), "+": np.full((90, 90), 255, np.uint8)}
    signs["="][[*range(30, 36), *range(56, 62)], 20:70] = 0
    signs["+"][42:48, 20:70] = signs["+"][20:70, 42:48] = 0
    for name, picture in signs.items():
        for k in range(4):
            folder = tmp_path / "in" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{k}.png").write_bytes(png(np.roll(picture, 3 * k, axis=1)))
    parts = stored(tmp_path, tmp_path / "in")[1]
    equal = parts["train"].images[parts["train"].labels == parts["train"].classes.index("=")][0]
    rows = equal.max(axis=1) > 128
    assert np.count_nonzero(np.diff(rows.astype(int)) == 1) == 2  # two bars, with paper between


def without(root, name):
    shutil.rmtree(root / name)
    (root / name).mkdir()
    return root


def rows_changed(root, change):
    source = pixels(root)
    rows = list(csv.reader(source.open()))
    change(rows)
    return table(source, rows)


def csv_changed(root, change):
    source = paths(root)
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


def test_a_path_in_a_zip_never_names_a_file_beside_it(tmp_path):
    (tmp_path / "secret.png").write_bytes(png(IMAGES[0]))
    root = tmp_path / "in"
    root.mkdir()
    outside = [("../secret.png", "ga"), (str(tmp_path / "secret.png"), "bu")]
    source = csv_changed(root, lambda rows: rows.extend((b, a, "x") for a, b in outside))
    events, _ = stored(tmp_path, zipped(source.parent, inside="."))
    unread = [event.path for event in events if isinstance(event, Unread)]
    assert unread == [f"line {22 + k}: {path}" for k, (path, _) in enumerate(outside)]
