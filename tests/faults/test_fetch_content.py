"""Mirrors that serve what is not MNIST: bombs, absurd headers, pickles. Nothing of it is stored."""

import gzip
import io
import struct
import subprocess
import zipfile
import zlib

import numpy as np
import pytest
from common.peak import measured
from fetches import FIRST, IMAGES, MEGABYTE, NPZ, assert_falls_through, in_npz
from misbehaving import misbehaving


def gzip_of_zeros(gigabytes):
    """Return a gzip file that unpacks to so many zeros, without having packed them all."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return bytes.fromhex("1f8b08000000000000ff") + block * (1024 * gigabytes)


def idx_header(magic, *dimensions):
    return struct.pack(f">I{len(dimensions)}I", magic, *dimensions)


WHOLE = 60_000 * 28 * 28

CONTENT = {
    "10 GB of zeros": (gzip_of_zeros(10), "unpacks to more than its 47,040,016 bytes"),
    "wrong magic": (
        gzip.compress(idx_header(0xD03, 60_000, 28, 28)),
        "expected it to begin with 00 00 08, got 00 00 0d 03",
    ),
    "absurd dimensions": (idx_header(0x803, *[2**32 - 1] * 3), "4294967295 x 4294967295"),
    "255 dimensions": (idx_header(0x8FF, *[1] * 255) + b"x", "a shape that no array has"),
    "empty, with absurd dimensions": (idx_header(0x803, 0, *[2**32 - 1] * 2), "shape"),
    "no dimensions": (idx_header(0x800), "header is cut short"),
    "the labels": (idx_header(0x801, 60_000) + bytes(60_000), "is not MNIST's"),
    "one image too few": (idx_header(0x803, 59_999, 28, 28) + bytes(WHOLE - 784), "not MNIST's"),
}


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_with_hostile_content_falls_through(tmp_path, name):
    content, reason = CONTENT[name]
    with misbehaving({FIRST: content}) as server:
        assert_falls_through(server.url("good"), reason, tmp_path)


class Mark:
    """Leaves a mark in the file system when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickled_object_falls_through_without_being_unpickled(tmp_path):
    pickled = np.empty(IMAGES.shape[0], object)
    pickled[0] = Mark(tmp_path / "mark")
    (tmp_path / "data").mkdir()
    with misbehaving({NPZ: in_npz(x_train=pickled)}) as server:
        assert_falls_through(server.url("good", NPZ), "x_train should be uint8", tmp_path / "data")
    assert not (tmp_path / "mark").exists()


def npy(header):
    text = header.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def in_method(method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("x_train.npy", npy(HEADER) + bytes(MEGABYTE))
    return buffer.getvalue()


HEADER = "{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }\n"

ARCHIVES = {
    "wrong shape": lambda: in_npz(x_train=np.zeros((60_000, 784), np.uint8)),
    "wrong type": lambda: in_npz(y_train=np.zeros(60_000, np.int64)),
    "column by column": lambda: in_npz(x_train=np.zeros((28, 28, 60_000), np.uint8).T),
    "member cut short": lambda: in_npz(x_train=npy("{'descr': '|u1', 'fortran_order': False, ")),
    "absurd shape": lambda: in_npz(
        x_train=npy(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**62},)}}")
    ),
    "header that is code": lambda: in_npz(x_train=npy("__import__('os').abort()")),
    "header that nests": lambda: in_npz(x_train=npy("(" * 9_000)),
    "header of signs": lambda: in_npz(x_train=npy("-" * 9_000 + "1")),
    "header of 64 kB": lambda: in_npz(x_train=npy(" " * 65_535)),
    "header that is empty": lambda: in_npz(x_train=npy("")),
    "no npy": lambda: in_npz(x_train=b"<html>"),
    "npy of a later version": lambda: in_npz(x_train=b"\x93NUMPY\x03\x00" + bytes(100)),
    "packed by bzip2": lambda: in_method(zipfile.ZIP_BZIP2),
    "packed by lzma": lambda: in_method(zipfile.ZIP_LZMA),
    "a million members": lambda: b"PK\x01\x02".ljust(46, b"\0") * 1_000_000,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_npz_falls_through(tmp_path, name):
    with misbehaving({NPZ: ARCHIVES[name]()}) as server:
        assert_falls_through(server.url("good", NPZ), "mnist.npz", tmp_path)


def test_a_bomb_takes_no_more_memory_than_the_real_file(tmp_path):
    peak = tmp_path / "peak"
    with misbehaving({FIRST: gzip_of_zeros(10)}) as server:
        command = measured(peak, "fetch", "--source", server.url("good"), "--data-dir", tmp_path)
        result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 1
    assert int(peak.read_text()) < 400 * MEGABYTE
