"""What the tests of a fetch that goes wrong share."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.datasets.download import Patience
from mnistcli.datasets.fetching import Failed, fetch_mnist
from mnistcli.datasets.sources import PARTS, Source
from mnistcli.errors import DownloadError

HASTY = Patience(
    connect=5, answer=1, silence=0.3, rate=1e6, grace=0.3, retries=1, pause=0, retry_after=5
)
"""Gives up soon, so that the tests are done soon."""

IMAGES = PARTS["train/images"]
FIRST = f"{IMAGES.idx_name}.gz"
NPZ = "mnist.npz"
MEGABYTE = 2**20


def in_npz(**replaced):
    """Return an mnist.npz of zeros, with some arrays, or whole members as bytes, replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS.values():
            member = replaced.get(part.npz_name, np.zeros(part.shape, np.uint8))
            if not isinstance(member, bytes):
                array, member = member, io.BytesIO()
                np.save(member, array)
                member = member.getvalue()
            archive.writestr(f"{part.npz_name}.npy", member)
    return buffer.getvalue()


def assert_falls_through(location, reason, folder):
    """Fetch from `location` and then a folder that is not there: both fail, nothing is stored."""
    places = [location, str(folder / "missing")]
    events = fetch_mnist(folder, [Source.parse(place) for place in places], patience=HASTY)
    failures = []
    with pytest.raises(DownloadError) as caught:
        failures.extend(event for event in events if isinstance(event, Failed))
    assert [failure.location for failure in failures] == places
    assert reason in failures[0].reason
    for failure in failures:
        assert f"{failure.location}: {failure.reason}" in str(caught.value)
    assert "mnistcli fetch --source PATH" in str(caught.value)
    assert {path.name for path in folder.iterdir()} <= {".mnist.lock"}


def fetch(*arguments, **options):
    """Start `mnistcli fetch` and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "mnistcli", "fetch", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def assert_holds_mnist(folder):
    for split in ("train", "test"):
        store.load(folder, "mnist", split)  # checks the content against the canonical digests
