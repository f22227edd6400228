"""How far probabilities can be believed, and how to make them believable."""

import numpy as np
from numpy.typing import NDArray

COLDEST, HOTTEST = 0.2, 5.0  # networks here need 0.5 to 2; beyond lies a mistake, not a model
HALVINGS = 40  # of that range: float64 has no more to give
SMALLEST = np.finfo(np.float32).tiny  # a softmax in float32 may round a probability to 0


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the T > 0 for which softmax(logits / T) has the lowest cross-entropy.

    Takes the probabilities (n, classes) at T = 1, of images the model was not trained on, and
    their labels (n,). Above 1 the model was too sure of itself, below 1 not sure enough; the
    result lies between COLDEST and HOTTEST. From Guo et al. 2017 (arXiv:1706.04599).
    """
    logits = np.log(np.maximum(probabilities, SMALLEST, dtype=np.float64))
    right = logits[np.arange(len(labels)), labels]
    # The cross-entropy is convex in 1 / T: look for the zero of its derivative.
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        expected = (_softmax(logits * middle) * logits).sum(axis=1)
        if (expected - right).mean() < 0:
            low = middle
        else:
            high = middle
    return 2 / (low + high)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    normalised: NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return normalised
