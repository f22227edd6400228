"""Stored datasets: one HDF5 file each."""

import os
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
from common.idxfile import serialize

from mnistcli.datasets import sources, store
from mnistcli.errors import DatasetError

TRAIN, TEST = 30, 10
NEEDLE = 9  # a label that stands nowhere else so often, so that its bytes are found in the file


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    return {
        "train/images": rng.integers(0, 256, (TRAIN, 28, 28), np.uint8),
        "train/labels": np.arange(TRAIN, dtype=np.uint8) % 10,
        "test/images": rng.integers(0, 256, (TEST, 28, 28), np.uint8),
        "test/labels": np.full(TEST, NEEDLE, np.uint8),
    }


@pytest.fixture
def folder(parts, tmp_path):
    store.save(tmp_path, "synthetic", parts, "drawn by the tests", "none")
    return tmp_path


def test_what_is_stored_is_loaded(folder, parts):
    for split in ("train", "test"):
        loaded = store.load(folder, "synthetic", split)
        np.testing.assert_array_equal(loaded.images, parts[f"{split}/images"])
        np.testing.assert_array_equal(loaded.labels, parts[f"{split}/labels"])


def test_images_and_labels_are_uint8(folder):
    split = store.load(folder, "synthetic", "train")
    assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.uint8)


def test_a_dataset_is_one_hdf5_file_of_its_name(folder):
    assert [path.name for path in folder.iterdir()] == ["synthetic.h5"]
    assert h5py.is_hdf5(folder / "synthetic.h5")


def test_any_hdf5_reader_finds_the_four_arrays(folder, parts):
    with h5py.File(folder / "synthetic.h5") as file:
        for name, array in parts.items():
            np.testing.assert_array_equal(file[name][()], array)


def test_the_arrays_are_contiguous(folder, parts):
    with h5py.File(folder / "synthetic.h5") as file:
        for name in parts:
            assert file[name].chunks is None
            assert file[name].id.get_offset() is not None


def test_name_source_licence_and_time_stand_in_the_attributes(folder):
    with h5py.File(folder / "synthetic.h5") as file:
        attributes = dict(file.attrs)
    time = datetime.fromisoformat(attributes.pop("fetched"))
    assert attributes == {"name": "synthetic", "source": "drawn by the tests", "licence": "none"}
    assert time.utcoffset() == UTC.utcoffset(None)


def test_each_array_carries_the_digest_of_its_idx_form(folder, parts):
    with h5py.File(folder / "synthetic.h5") as file:
        for name, array in parts.items():
            assert file[name].attrs["sha256"] == sources.digest(array)


def test_info_counts_the_images(folder):
    info = store.info(folder, "synthetic")
    assert (info.train, info.test) == (TRAIN, TEST)


def test_the_digest_depends_on_the_content_alone(parts, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = store.save(tmp_path / "a", "synthetic", parts, "one source", "none")
    second = store.save(tmp_path / "b", "synthetic", parts, "another", "none")
    changed = {**parts, "test/labels": np.zeros(TEST, np.uint8)}
    third = store.save(tmp_path / "b", "synthetic", changed, "another", "none")
    assert first.digest == second.digest != third.digest


def test_a_missing_dataset_is_answered_with_the_command_that_gets_it(tmp_path):
    with pytest.raises(DatasetError, match="Run `mnistcli fetch --dataset mnist`"):
        store.load(tmp_path, "mnist", "train")


def test_one_flipped_bit_is_noticed_with_the_remedy(folder):
    path = folder / "synthetic.h5"
    content = bytearray(path.read_bytes())
    content[content.rindex(bytes([NEEDLE] * TEST))] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"damaged: test/labels .* --force` to replace it"):
        store.load(folder, "synthetic", "test")


def test_another_dataset_under_the_name_mnist_is_noticed(folder):
    (folder / "synthetic.h5").rename(folder / "mnist.h5")
    with pytest.raises(DatasetError, match="should have sha256 ba891046"):
        store.load(folder, "mnist", "train")


@pytest.mark.parametrize("kept", [0, 8, 1000, 10_000])
def test_a_file_that_is_cut_short_is_damaged_with_the_remedy(folder, kept):
    os.truncate(folder / "synthetic.h5", kept)
    with pytest.raises(DatasetError, match=r"damaged.*--force"):
        store.load(folder, "synthetic", "train")


def test_a_file_that_is_no_hdf5_is_damaged_with_the_remedy(folder):
    (folder / "synthetic.h5").write_text("hello")
    with pytest.raises(DatasetError, match=r"damaged.*--force"):
        store.info(folder, "synthetic")


def test_an_hdf5_file_of_something_else_is_damaged_with_the_remedy(tmp_path):
    with h5py.File(tmp_path / "synthetic.h5", "w") as file:
        file["x"] = [1, 2, 3]
    with pytest.raises(DatasetError, match=r"damaged.*--force"):
        store.load(tmp_path, "synthetic", "train")


def test_a_group_in_the_place_of_an_array_is_damaged_with_the_remedy(tmp_path):
    with h5py.File(tmp_path / "synthetic.h5", "w") as file:
        file.create_group("train/images").attrs["sha256"] = ""
        file.create_group("train/labels").attrs["sha256"] = ""
    with pytest.raises(DatasetError, match=r"damaged.*--force"):
        store.load(tmp_path, "synthetic", "train")


def test_storing_again_replaces_the_file_whole(folder, parts):
    changed = {**parts, "test/labels": np.zeros(TEST, np.uint8)}
    store.save(folder, "synthetic", changed, "again", "none")
    assert store.info(folder, "synthetic").source == "again"
    assert serialize(store.load(folder, "synthetic", "test").labels).endswith(bytes(TEST))
