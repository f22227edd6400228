"""What the tests of a fetch that goes wrong share."""

import io
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from mnistcli.datasets import store
from mnistcli.datasets.download import Patience
from mnistcli.datasets.fetching import Failed, fetch_mnist
from mnistcli.datasets.sources import PARTS, Source
from mnistcli.errors import DownloadError

PATIENT = Patience(retries=1, pause=0, retry_after=5)
"""Does not tire of a machine that is busy; asks a busy mirror again at once."""

TIRES_OF = {
    "silent": replace(PATIENT, silence=0.3),
    "stall": replace(PATIENT, silence=0.3),
    "drip": replace(PATIENT, rate=1e6, grace=0.3),
    "drip-head": replace(PATIENT, answer=1),
}
"""Gives up soon on what would take for ever, so that the tests are done soon."""

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


def assert_falls_through(location, reason, folder, patience=PATIENT):
    """Fetch from `location` and then a folder that is not there: both fail, nothing is stored."""
    places = [location, str(folder / "missing")]
    events = fetch_mnist(folder, [Source.parse(place) for place in places], patience=patience)
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
