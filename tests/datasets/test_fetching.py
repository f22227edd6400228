"""Each kind of source, their order, and what is said when none serves."""

import gzip
import hashlib
import json
import multiprocessing
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from common.fileserver import served
from common.idxfile import serialize

from mnistcli import files
from mnistcli.datasets import idx, store
from mnistcli.datasets.fetching import Failed, Fetched, Trying, fetch_mnist
from mnistcli.datasets.sources import LICENCE, PARTS, Source
from mnistcli.errors import DownloadError

# What a machine without network answers with at once: nobody listens on port 1.
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}


@pytest.fixture(scope="session")
def plain_dir(mnist_dir, filled_once):
    """The four files, not gzipped."""

    def fill(folder):
        for part in PARTS.values():
            packed = (mnist_dir / f"{part.idx_name}.gz").read_bytes()
            (folder / part.idx_name).write_bytes(gzip.decompress(packed))

    return filled_once("plain", fill)


@pytest.fixture(scope="session")
def npz_path(plain_dir, filled_once):
    """A single mnist.npz, as Keras keeps it."""

    def fill(folder):
        packed = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
        with zipfile.ZipFile(folder / "mnist.npz", "w", **packed) as archive:
            for part in PARTS.values():
                array = idx.parse((plain_dir / part.idx_name).read_bytes())
                with archive.open(f"{part.npz_name}.npy", "w") as file:
                    np.save(file, array)

    return filled_once("npz", fill) / "mnist.npz"


@pytest.fixture
def other_dir(mnist_dir, tmp_path):
    """A folder of MNIST's shape, with one flipped bit in the test labels."""
    folder = tmp_path / "other"
    shutil.copytree(mnist_dir, folder)
    folder.chmod(0o700)
    name = PARTS["test/labels"].idx_name
    content = bytearray(gzip.decompress((folder / f"{name}.gz").read_bytes()))
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    return folder


def fetch(folder, *locations, force=False):
    """Fetch and return all events."""
    return list(fetch_mnist(folder, [Source.parse(str(place)) for place in locations], force=force))


def assert_holds_mnist(folder):
    for split in ("train", "test"):
        stored = store.load(folder, "mnist", split)
        for part, array in (("images", stored.images), ("labels", stored.labels)):
            found = hashlib.sha256(serialize(array)).hexdigest()
            assert found == PARTS[f"{split}/{part}"].sha256


@pytest.fixture(scope="module")
def from_folder(mnist_dir, tmp_path_factory):
    """A fetch from the folder of the gzipped files: its events, and where it stored."""
    folder = tmp_path_factory.mktemp("from-folder")
    return fetch(folder, mnist_dir), folder


@pytest.fixture
def stored(mnist_data_dir, tmp_path):
    """A data folder with a copy of the real MNIST, for a test to change."""
    shutil.copy(store.dataset_path(mnist_data_dir, "mnist"), tmp_path)
    return tmp_path


def test_a_folder_with_the_gzipped_files_is_a_source(from_folder):
    assert_holds_mnist(from_folder[1])


def test_a_folder_with_the_plain_files_is_a_source(plain_dir, tmp_path):
    fetch(tmp_path, plain_dir)
    assert_holds_mnist(tmp_path)


def test_a_folder_with_the_older_dotted_names_is_a_source(mnist_dir, tmp_path):
    (tmp_path / "dotted").mkdir()
    for path in mnist_dir.glob("*.gz"):
        (tmp_path / "dotted" / path.name.replace("-idx", ".idx")).symlink_to(path)
    fetch(tmp_path, tmp_path / "dotted")
    assert_holds_mnist(tmp_path)


def test_a_single_npz_is_a_source_that_is_stored_with_its_licence(npz_path, tmp_path):
    fetch(tmp_path, npz_path)
    assert_holds_mnist(tmp_path)
    info = store.info(tmp_path, "mnist")
    assert (info.source, info.licence) == (str(npz_path), LICENCE)


def test_a_base_url_with_the_plain_files_is_a_source(plain_dir, tmp_path):
    with served(plain_dir) as server:
        fetch(tmp_path, server.url)
    assert_holds_mnist(tmp_path)


def test_the_url_of_an_npz_is_a_source_and_a_download(npz_path, tmp_path):
    with served(npz_path.parent) as server:
        assert fetch(tmp_path, server.url + "mnist.npz")[-1].downloaded is True
    assert_holds_mnist(tmp_path)


def test_each_source_is_announced_before_it_is_asked(from_folder, mnist_dir):
    assert from_folder[0][0] == Trying(str(mnist_dir))


def test_the_gzipped_files_at_a_url_tell_how_much_of_how_much_came(mnist_dir, tmp_path):
    name = f"{PARTS['train/images'].idx_name}.gz"
    with served(mnist_dir) as server:
        events = fetch(tmp_path, server.url)
    progress = [event for event in events if getattr(event, "name", None) == name]
    received = [event.received for event in progress]
    assert received == sorted(received)
    assert (received[0], received[-1]) == (0, 9_912_422)
    assert {event.total for event in progress} == {9_912_422}
    assert_holds_mnist(tmp_path)


def test_a_folder_is_not_a_download(from_folder):
    assert from_folder[0][-1].downloaded is False


def test_a_source_that_fails_falls_through_to_the_next(mnist_dir, tmp_path):
    events = fetch(tmp_path, tmp_path / "missing", mnist_dir)
    failed = [event for event in events if isinstance(event, Failed)]
    assert [event.location for event in failed] == [str(tmp_path / "missing")]
    assert events[-1].info.source == str(mnist_dir)


def test_a_wrong_digest_falls_through_to_the_next(other_dir, mnist_dir, tmp_path):
    events = fetch(tmp_path / "stored", other_dir, mnist_dir)
    (failed,) = (event for event in events if isinstance(event, Failed))
    assert "t10k-labels-idx1-ubyte is not MNIST's: expected sha256 ff7bcfd4" in failed.reason
    assert_holds_mnist(tmp_path / "stored")


def test_the_sources_are_asked_in_the_order_given(tmp_path):
    places = [str(tmp_path / name) for name in ("c", "a", "b")]
    events = fetch_mnist(tmp_path / "stored", [Source.parse(place) for place in places])
    tried = []
    with pytest.raises(DownloadError):
        tried.extend(event.location for event in events if isinstance(event, Trying))
    # extend() keeps what came before the error
    assert tried == places


def test_when_all_fail_one_message_lists_each_with_its_reason(other_dir, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no archive")
    with served(tmp_path / "empty") as server, pytest.raises(DownloadError) as caught:
        fetch(tmp_path, tmp_path / "empty", tmp_path / "text.npz", server.url, other_dir)
    message = str(caught.value)
    assert (
        f"{tmp_path / 'empty'}: it holds no train-images-idx3-ubyte(.gz), nor does a folder in it\n"
        in message
    )
    assert f"{tmp_path / 'text.npz'}: not an mnist.npz" in message
    assert f"{server.url}: HTTP 404" in message
    assert f"{other_dir}: t10k-labels-idx1-ubyte is not MNIST's" in message


def test_when_all_fail_the_message_says_how_to_bring_the_files_by_hand(tmp_path):
    with pytest.raises(DownloadError, match=r"mnist\.npz.*mnistcli fetch --source PATH"):
        fetch(tmp_path, tmp_path / "missing")


def test_when_all_fail_nothing_is_stored(tmp_path):
    with pytest.raises(DownloadError):
        fetch(tmp_path / "stored", tmp_path / "missing")
    assert list((tmp_path / "stored").glob("*.h5*")) == []


def test_what_is_stored_already_is_kept_and_no_source_asked(mnist_data_dir):
    (event,) = fetch(mnist_data_dir, "http://127.0.0.1:1/")
    assert isinstance(event, Fetched)
    assert (event.fresh, event.downloaded) == (False, False)


def test_force_fetches_anew(stored, npz_path):
    event = fetch(stored, npz_path, force=True)[-1]
    assert event.fresh
    assert store.info(stored, "mnist").source == str(npz_path)


def test_force_that_fails_keeps_what_is_stored(stored):
    with pytest.raises(DownloadError):
        fetch(stored, stored / "missing", force=True)
    assert_holds_mnist(stored)


def test_a_damaged_stored_copy_is_fetched_anew(stored, mnist_dir):
    path = store.dataset_path(stored, "mnist")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert fetch(stored, mnist_dir)[-1].fresh
    assert_holds_mnist(stored)


def test_what_killed_fetches_left_is_removed(mnist_dir, tmp_path):
    (tmp_path / ".mnist.h5.12345.part").write_bytes(b"half")
    fetch(tmp_path, mnist_dir)
    assert [path.name for path in tmp_path.glob("*.part")] == []
    assert [path.name for path in tmp_path.glob(".*.part")] == []


def _fetch_in_process(folder: Path, source: Path, results: "multiprocessing.Queue[bool]") -> None:
    results.put(fetch(folder, source)[-1].fresh)


def test_a_fetch_waits_for_another_and_finds_its_result(mnist_data_dir, tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    with files.locked(tmp_path / ".mnist.lock"):
        arguments = (tmp_path, tmp_path / "missing", results)
        waiting = context.Process(target=_fetch_in_process, args=arguments)
        waiting.start()
        shutil.copy(store.dataset_path(mnist_data_dir, "mnist"), tmp_path)
    assert results.get(timeout=60) is False
    waiting.join()


def test_an_existing_keras_cache_serves(npz_path, mnistcli, tmp_path):
    cache = tmp_path / ".keras" / "datasets" / "mnist.npz"
    cache.parent.mkdir(parents=True)
    os.link(npz_path, cache)
    result = mnistcli(
        "fetch", "--data-dir", tmp_path / "d", "--json", HOME=str(tmp_path), cwd=tmp_path
    )
    assert json.loads(result.stdout)["source"] == str(cache)


def test_an_existing_torchvision_cache_serves(mnist_dir, mnistcli, tmp_path):
    (tmp_path / "MNIST").mkdir()
    (tmp_path / "MNIST" / "raw").symlink_to(mnist_dir)
    result = mnistcli("fetch", "--data-dir", "d", "--json", HOME=str(tmp_path), cwd=tmp_path)
    assert json.loads(result.stdout)["source"] == "MNIST/raw"


def test_without_network_every_mirror_is_named_on_stderr_and_the_exit_code_is_1(mnistcli, tmp_path):
    environment = {"HOME": str(tmp_path), **NO_NETWORK}
    result = mnistcli("fetch", "--data-dir", "d", "--quiet", cwd=tmp_path, **environment)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: MNIST could not be fetched")
    for place in ("amazonaws.com/img-datasets", "tf-keras-datasets", "cvdf-datasets", "fgnt"):
        assert place in result.stderr
    assert "mnistcli fetch --source PATH" in result.stderr


def test_the_json_of_fetch_has_the_keys_of_the_contract(mnist_data_dir, mnistcli):
    result = mnistcli("fetch", "--data-dir", mnist_data_dir, "--json")
    answer = json.loads(result.stdout)
    path = mnist_data_dir / "mnist.h5"
    source = answer.pop("source")
    assert answer == {
        "version": 1,
        "dataset": "mnist",
        "path": str(path),
        "sha256": files.sha256(path),
        "downloaded": False,
        "train": 60_000,
        "test": 10_000,
        "classes": list("0123456789"),
        "unread": 0,
        "skipped": [],
    }
    assert source.endswith("shared/mnist")


def test_a_second_fetch_says_what_is_there(mnist_data_dir, mnistcli):
    result = mnistcli("fetch", "--data-dir", mnist_data_dir)
    assert "60,000 training and 10,000 test images, already stored" in result.stdout
    assert str(mnist_data_dir) in result.stdout


def test_fetch_from_a_loopback_server_in_a_process_of_its_own(mnist_dir, mnistcli, tmp_path):
    with served(mnist_dir) as server:
        result = mnistcli("fetch", "--source", server.url, "--data-dir", tmp_path, "--json")
    assert json.loads(result.stdout)["downloaded"] is True
    assert server.requested == [f"/{part.idx_name}.gz" for part in PARTS.values()]
    assert_holds_mnist(tmp_path)
