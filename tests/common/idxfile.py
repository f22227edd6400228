"""Files in MNIST's format, made of arrays."""

import numpy as np

from mnistcli.datasets import idx


def serialize(array: np.ndarray) -> bytes:
    """A uint8 array of any shape as IDX bytes."""
    return idx.header(array.shape) + array.tobytes()
