"""Fixtures of the tests of faults."""

import gzip
import subprocess

import numpy as np
import pytest
from common.idxfile import serialize
from fetches import NPZ, in_npz
from misbehaving import misbehaving

from mnistcli.datasets.sources import PARTS


@pytest.fixture(scope="session")
def zeros():
    """Files of the right form and sizes, but not MNIST's content: all zeros."""
    files = {
        f"{part.idx_name}.gz": gzip.compress(serialize(np.zeros(part.shape, np.uint8)), 1)
        for part in PARTS.values()
    }
    return files | {NPZ: in_npz()}


@pytest.fixture(scope="session")
def server(zeros):
    with misbehaving(zeros) as server:
        yield server


@pytest.fixture(scope="session")
def originals(mnist_dir):
    """The four real files by name."""
    return {path.name: path.read_bytes() for path in mnist_dir.glob("*.gz")}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB, less than a run of the book's network."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
