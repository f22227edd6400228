"""Labelled images of every kind are stored, whole and alike."""

from collections import Counter

import numpy as np
import pytest
from common.labelled import (
    CLASSES,
    EACH,
    IMAGES,
    KINDS,
    LABELS,
    NAMES,
    PIXELS,
    csv_changed,
    folders,
    pixels,
    png,
    table,
    zipped,
)

from mnistcli.collection.collecting import collect
from mnistcli.datasets import store
from mnistcli.datasets.fetching import Fetched, PassedOver, Unread


def stored(folder, source):
    """Store a source, and return what happened and what is stored."""
    events = list(collect(folder / "store", "mine", source))
    parts = {name: store.load(folder / "store", "mine", name) for name in ("train", "test")}
    return events, parts


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


def test_a_path_in_a_zip_never_names_a_file_beside_it(tmp_path):
    (tmp_path / "secret.png").write_bytes(png(IMAGES[0]))
    root = tmp_path / "in"
    root.mkdir()
    outside = [("../secret.png", "ga"), (str(tmp_path / "secret.png"), "bu")]
    source = csv_changed(root, lambda rows: rows.extend((b, a, "x") for a, b in outside))
    events, _ = stored(tmp_path, zipped(source.parent, inside="."))
    unread = [event.path for event in events if isinstance(event, Unread)]
    assert unread == [f"line {22 + k}: {path}" for k, (path, _) in enumerate(outside)]
