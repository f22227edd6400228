"""Bytes from a mirror, bounded, and what is inside of them.

How every misbehaviour of a mirror is answered stands in tests/faults.
"""

import gzip
import io
import math
import zipfile

import numpy as np
import pytest
from common.fileserver import served
from common.idxfile import serialize

from mnistcli.datasets.download import Patience, Received, download, unpack_idx, unpack_npz
from mnistcli.datasets.sources import PARTS, Part
from mnistcli.errors import DatasetError, DownloadError

SMALL = Part("small-idx2-ubyte", "x_small", (2, 3), "")
ARRAY = np.arange(6, dtype=np.uint8).reshape(2, 3)


def finish(events):
    """Return what a generator yields, and what it returns."""
    seen = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


@pytest.fixture(scope="module")
def arrays():
    return {part.npz_name: np.zeros(part.shape, np.uint8) for part in PARTS.values()}


def npz(arrays, **replaced):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=True, **{**arrays, **replaced})
    return buffer.getvalue()


def test_download_returns_the_body_as_sent(tmp_path):
    body = gzip.compress(bytes(range(256)))
    (tmp_path / "a.gz").write_bytes(body)
    with served(tmp_path) as server:
        assert finish(download(server.url + "a.gz", Patience()))[1] == body


def test_download_yields_progress_from_nothing_to_all(tmp_path):
    (tmp_path / "a").write_bytes(bytes(200_000))
    with served(tmp_path) as server:
        seen, _ = finish(download(server.url + "a", Patience()))
    assert seen[0] == Received("a", 0, 200_000)
    assert seen[-1] == Received("a", 200_000, 200_000)


def test_a_missing_file_is_named_by_its_http_status(tmp_path):
    with served(tmp_path) as server, pytest.raises(DownloadError, match="HTTP 404"):
        finish(download(server.url + "a", Patience()))


def test_nobody_listening_is_a_refused_connection():
    with pytest.raises(DownloadError, match="connection refused"):
        finish(download("http://127.0.0.1:1/a", Patience()))


def test_plain_idx_is_unpacked():
    np.testing.assert_array_equal(unpack_idx(serialize(ARRAY), SMALL), ARRAY)


def test_gzipped_idx_is_unpacked():
    packed = gzip.compress(serialize(ARRAY))
    np.testing.assert_array_equal(unpack_idx(packed, SMALL), ARRAY)


@pytest.mark.parametrize("kept", range(2, 30))
def test_gzip_that_is_cut_short_is_refused(kept):
    packed = gzip.compress(serialize(ARRAY))
    with pytest.raises(DatasetError):
        unpack_idx(packed[:kept], SMALL)


def test_gzip_with_a_wrong_checksum_is_refused():
    packed = bytearray(gzip.compress(serialize(ARRAY)))
    packed[-8] ^= 1
    with pytest.raises(DatasetError, match="damaged"):
        unpack_idx(bytes(packed), SMALL)


def test_gzip_that_unpacks_to_more_than_the_part_is_refused():
    with pytest.raises(DatasetError, match="more than its 18 bytes"):
        unpack_idx(gzip.compress(serialize(ARRAY) + b"\0"), SMALL)


def test_an_npz_is_unpacked_by_part(arrays):
    unpacked = unpack_npz(npz(arrays))
    assert {name: array.shape for name, array in unpacked.items()} == {
        name: part.shape for name, part in PARTS.items()
    }


def test_an_uncompressed_npz_is_unpacked(arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    assert unpack_npz(buffer.getvalue()).keys() == PARTS.keys()


class Mark:
    """Leaves a mark in the file system when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickled_object_is_refused_without_being_unpickled(arrays, tmp_path):
    pickled = np.empty(PARTS["test/labels"].shape, object)
    pickled[0] = Mark(tmp_path / "mark")
    with pytest.raises(DatasetError, match="y_test should be uint8"):
        unpack_npz(npz(arrays, y_test=pickled))
    assert not (tmp_path / "mark").exists()


def test_an_npz_with_a_wrong_shape_is_refused_with_both_shapes(arrays):
    with pytest.raises(DatasetError, match=r"uint8 \(10000,\), is uint8 \(9999,\)"):
        unpack_npz(npz(arrays, y_test=np.zeros(9_999, np.uint8)))


def test_an_npz_with_a_wrong_type_is_refused(arrays):
    with pytest.raises(DatasetError, match="is int64"):
        unpack_npz(npz(arrays, y_test=np.zeros(10_000, np.int64)))


def test_an_npz_without_one_of_the_arrays_is_refused_by_name(arrays):
    fewer = {name: array for name, array in arrays.items() if name != "y_test"}
    with pytest.raises(DatasetError, match=r"y_test\.npy"):
        unpack_npz(npz(fewer))


def test_an_npz_whose_member_is_shorter_than_its_header_says_is_refused(arrays):
    member = io.BytesIO()
    np.save(member, arrays["y_test"])
    buffer = io.BytesIO(npz({name: a for name, a in arrays.items() if name != "y_test"}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("y_test.npy", member.getvalue()[:-1])
    with pytest.raises(DatasetError):
        unpack_npz(buffer.getvalue())


def test_an_npz_whose_member_is_longer_than_its_header_says_is_no_threat(arrays):
    # The rest is never unpacked: whether the content is right, the digests decide.
    member = io.BytesIO()
    np.save(member, arrays["y_test"])
    buffer = io.BytesIO(npz({name: a for name, a in arrays.items() if name != "y_test"}))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("y_test.npy", member.getvalue() + bytes(1_000_000))
    assert unpack_npz(buffer.getvalue())["test/labels"].shape == (10_000,)


def test_bytes_that_are_no_zip_are_refused():
    with pytest.raises(DatasetError, match="not an mnist"):
        unpack_npz(b"<!DOCTYPE html><html>")


@pytest.mark.parametrize("fraction", [0, 0.1, 0.5, 0.9, 0.999])
def test_an_npz_that_is_cut_short_is_refused(arrays, fraction):
    whole = npz(arrays)
    with pytest.raises(DatasetError):
        unpack_npz(whole[: math.floor(len(whole) * fraction)])


def test_an_encrypted_npz_is_refused(arrays):
    content = bytearray(npz(arrays))
    # Bit 0 of the flags, 8 bytes into each record of the central directory: encrypted.
    position = content.find(b"PK\x01\x02")
    while position != -1:
        content[position + 8] |= 1
        position = content.find(b"PK\x01\x02", position + 4)
    with pytest.raises(DatasetError):
        unpack_npz(bytes(content))
