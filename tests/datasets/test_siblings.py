"""MNIST's siblings, end to end with small made-up files and their own digests.

The real files have never been fetched by these tests: their names, sizes and digests are those that
torchvision and TensorFlow Datasets publish.
"""

import gzip
import hashlib
import struct
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from common.fileserver import served
from common.idxfile import serialize

from mnistcli.choices import DATASETS, SIBLINGS
from mnistcli.datasets import siblings, store
from mnistcli.datasets.fetching import Failed, Fetched
from mnistcli.errors import DownloadError

RNG = np.random.default_rng(0)


def labels_of(sibling, n):
    return (np.arange(n) % len(sibling.classes) + sibling.first).astype(np.uint8)


def table(labels):
    """QMNIST's form: rows of eight integers, of which the first is the label."""
    rows = np.zeros((len(labels), 8), ">i4")
    rows[:, 0], rows[:, 1:] = labels, 77
    return struct.pack(">BBBBII", 0, 0, 12, 2, len(labels), 8) + rows.tobytes()


@pytest.fixture(params=SIBLINGS)
def made_up(request, tmp_path, monkeypatch):
    """A sibling with small files in a folder: its name, the folder, images and labels by part."""
    name, folder = request.param, tmp_path / "published"
    sibling = siblings.SIBLINGS[name]
    parts, files = {}, {}
    for split, n in (("train", 130), ("test", 60)):
        images = RNG.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        labels = labels_of(sibling, n)
        parts[split] = images, labels - sibling.first
        stored = images.transpose(0, 2, 1) if sibling.transposed else images
        files[sibling.files[f"{split}/images"]] = gzip.compress(serialize(stored))
        content = table(labels) if name == "qmnist" else serialize(labels)
        files[sibling.files[f"{split}/labels"]] = gzip.compress(content)
    folder.mkdir()
    if len(sibling.packed) == 1:
        with zipfile.ZipFile(folder / sibling.packed[0].name, "w") as archive:
            for member, content in files.items():
                archive.writestr(member, content)
    else:
        for member, content in files.items():
            (folder / member).write_bytes(content)
    packed = []
    for each in sibling.packed:
        kind = each.digest.partition(":")[0]
        found = hashlib.new(kind, (folder / each.name).read_bytes()).hexdigest()
        packed.append(replace(each, digest=f"{kind}:{found}"))
    small = replace(sibling, packed=tuple(packed))
    monkeypatch.setitem(siblings.SIBLINGS, name, small)
    return name, folder, parts


def check(data_dir, name, parts):
    about = store.info(data_dir, name)
    assert about.classes == siblings.SIBLINGS[name].classes
    assert about.licence == siblings.SIBLINGS[name].licence
    for split, (images, labels) in parts.items():
        found = store.load(data_dir, name, split)
        assert np.array_equal(found.images, images)
        assert np.array_equal(found.labels, labels)


def test_from_a_mirror(made_up, tmp_path):
    name, folder, parts = made_up
    with served(folder) as server:
        events = list(siblings.fetch_sibling(tmp_path / "data", name, [server.url]))
    assert isinstance(events[-1], Fetched)
    assert events[-1].downloaded
    check(tmp_path / "data", name, parts)
    assert not [
        path for path in (tmp_path / "data").iterdir() if path.suffix not in (".h5", ".lock")
    ]


def test_from_a_folder_where_a_mirror_has_something_else(made_up, tmp_path):
    name, folder, parts = made_up
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in folder.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        (changed / path.name).write_bytes(content)
    with served(changed) as server:
        events = list(siblings.fetch_sibling(tmp_path / "data", name, [server.url, str(folder)]))
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert "is not what is published" in failed.reason
    check(tmp_path / "data", name, parts)


def test_where_none_serves_nothing_is_stored(tmp_path):
    with pytest.raises(
        DownloadError, match=r"(?s)kmnist could not.*No such file.*--dataset kmnist"
    ):
        list(siblings.fetch_sibling(tmp_path / "data", "kmnist", [str(tmp_path)]))
    assert not list((tmp_path / "data").glob("*.h5"))


def test_every_name_has_its_files():
    assert set(SIBLINGS) == set(siblings.SIBLINGS)
    assert set(SIBLINGS) < set(DATASETS)
    for name, sibling in siblings.SIBLINGS.items():
        assert 2 <= len(set(sibling.classes)) == len(sibling.classes) <= 62
        assert len(siblings.places(name)) >= 1
    assert len(siblings.SIBLINGS["emnist-balanced"].classes) == 47
