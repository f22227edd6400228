"""What a run folder keeps, for comparing runs."""

import hashlib
import io
import zipfile
from pathlib import Path

import h5py


def weights(run: Path) -> str:
    """Return a digest of all arrays in a run's `model.keras`, the optimizer's included."""
    found = []
    with zipfile.ZipFile(run / "model.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(
            lambda _, each: found.append(each[()]) if isinstance(each, h5py.Dataset) else None
        )
    assert found
    return hashlib.sha256(b"".join(array.tobytes() for array in found)).hexdigest()
