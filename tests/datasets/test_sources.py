"""Mirrors and digests as data."""

import numpy as np
import pytest

from mnistcli.datasets import sources
from mnistcli.datasets.sources import PARTS, Kind, Source
from mnistcli.errors import DatasetError

LABELS = PARTS["test/labels"]


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        ("https://host/mnist", Kind.BASE_URL, "https://host/mnist/"),
        ("http://host/mnist/", Kind.BASE_URL, "http://host/mnist/"),
        ("https://host/a/mnist.npz", Kind.NPZ_URL, "https://host/a/mnist.npz"),
        ("some/folder", Kind.FOLDER, "some/folder"),
        ("some/mnist.npz", Kind.NPZ, "some/mnist.npz"),
        ("some/MNIST.NPZ", Kind.NPZ, "some/MNIST.NPZ"),
    ],
)
def test_a_users_words_name_a_source(text, kind, location):
    assert Source.parse(text) == Source(kind, location)


def test_only_urls_are_remote():
    texts = ["https://host/", "https://host/mnist.npz", "folder", "mnist.npz"]
    assert [Source.parse(text).remote for text in texts] == [True, True, False, False]


def test_the_mirrors_are_those_of_the_contract_in_its_order():
    assert sources.MIRRORS == (
        "https://s3.amazonaws.com/img-datasets/mnist.npz",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://raw.githubusercontent.com/fgnt/mnist/master/",
    )


def test_without_caches_the_mirrors_are_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert [source.location for source in sources.default_sources()] == list(sources.MIRRORS)


def test_an_existing_keras_cache_is_asked_before_the_mirrors(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    cache = tmp_path / ".keras" / "datasets" / "mnist.npz"
    cache.parent.mkdir(parents=True)
    cache.touch()
    first, *others = sources.default_sources()
    assert first == Source(Kind.NPZ, str(cache))
    assert len(others) == len(sources.MIRRORS)


def test_an_existing_torchvision_cache_is_asked_before_the_mirrors(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    assert sources.default_sources()[0].kind is Kind.FOLDER


def test_the_digests_are_those_of_the_contract():
    assert [part.sha256 for part in PARTS.values()] == [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]


def test_content_of_another_shape_is_refused_with_both_shapes():
    with pytest.raises(DatasetError, match=r"expected uint8 \(10000,\), got uint8 \(9999,\)"):
        sources.verify(LABELS, np.zeros(9_999, np.uint8))


def test_content_of_another_type_is_refused():
    with pytest.raises(DatasetError, match="got int64"):
        sources.verify(LABELS, np.zeros(10_000, np.int64))


def test_content_of_another_digest_is_refused_with_both_digests():
    with pytest.raises(DatasetError, match=r"expected sha256 ff7bcfd4.*, got [0-9a-f]{8}"):
        sources.verify(LABELS, np.zeros(10_000, np.uint8))


def test_a_digest_does_not_depend_on_the_layout_in_memory():
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert sources.digest(np.asfortranarray(array)) == sources.digest(array)
