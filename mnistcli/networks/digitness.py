"""Whether an image shows a digit at all: a second answer, from the network's own features.

A network that knows ten digits says one of them of everything. But its features tell digits from
other strokes, and linear discriminants find how, one for each answer: fitted by least squares to
digits and to drawn images of none, they leave the network and its answers as they are (T. Hastie,
R. Tibshirani, J. Friedman, "The Elements of Statistical Learning", 4.2 and 3.4.1).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcli.cores import cores

#: Images of 28 x 28, in rows, as reading makes them of what pens drew: digits first, then none.
SHEET = Path(__file__).parent / "strokes.png"
DIGITS = 2500
SIDE = 28

#: Every so many-th image is held out, to find what the discriminants say of images they don't know.
HELD_OUT = 4

#: Ridge: added to the squared length of each feature's weights, beside features of variance 1.
RIDGE = 0.1

PARTS = 16  # of the features, whose moments are found one after the other

#: One digit in so many is taken for none.
REFUSED = 1 / 300


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Weights (features, k) and biases (k,): the logit that an image of that answer is none."""

    weights: NDArray[np.float32]
    biases: NDArray[np.float32]

    def logits(
        self, features: NDArray[np.floating], answers: NDArray[np.integer]
    ) -> NDArray[np.floating]:
        """Return the logit (n,) that an image is no digit, given its features and answer."""
        logits: NDArray[np.floating] = (features @ self.weights + self.biases)[
            np.arange(len(answers)), answers
        ]
        return logits


def strokes() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the drawn images, (n, 28, 28): digits, and what is none."""
    with Image.open(SHEET) as sheet:
        pixels = np.asarray(sheet.convert("L"))
    rows, columns = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    images = pixels.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)
    images = images[images.any(axis=(1, 2))]
    return images[:DIGITS], images[DIGITS:]


def fit(
    describe: Callable[[NDArray[np.uint8]], Sequence[NDArray[np.float32]]],
    images: NDArray[np.uint8],
) -> Discriminant:
    """Fit the discriminants of a network to digits (n, 28, 28), and to drawn images.

    `describe` returns the network's features (n, d) of images, and its probabilities (n, k).
    """
    drawn, others = strokes()
    features, probabilities = describe(np.concatenate([images, drawn, others]))
    strange = np.repeat([False, True], [len(images) + len(drawn), len(others)])
    classes = probabilities.shape[1]
    return _fit(features, probabilities.argmax(axis=1), strange, classes)


def _fit(
    features: NDArray[np.float32],
    answers: NDArray[np.integer],
    strange: NDArray[np.bool_],
    classes: int,
) -> Discriminant:
    """Fit the discriminants; `features` are large, and standardised where they are."""
    known = np.arange(len(features)) % HELD_OUT > 0
    # A few features at a time: memory that is new to the process takes longer than all the sums.
    seen = (some[known] for some in np.array_split(features, PARTS, axis=1))
    moments = [(some.mean(axis=0), some.std(axis=0)) for some in seen]
    mean, spread = (np.concatenate(each) for each in zip(*moments, strict=True))
    spread[spread < spread.max() * 1e-6] = np.inf  # always the same: of no use
    standard = np.divide(np.subtract(features, mean, out=features), spread, out=features)

    def discriminant(answer: int) -> tuple[NDArray[np.float32], float]:
        chosen = known & (answers == answer)
        if len(np.unique(strange[chosen])) < 2:  # noqa: PLR2004 - digits, and none
            return np.zeros(features.shape[1], np.float32), -1.0
        return _ridge(standard[chosen], strange[chosen])

    with ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(discriminant, range(classes)))
    weights = np.stack([weights for weights, _ in found], axis=1)
    biases = np.array([bias for _, bias in found], np.float32)
    raw = Discriminant(weights, biases)
    scores = raw.logits(standard, answers)
    limit, slope = _calibrate(scores[~known], strange[~known])
    scaled = slope * weights / spread[:, None]
    biases = slope * (biases - limit) - (mean @ scaled)
    # Sums over images depend on the number of threads in their last bits: these go.
    return Discriminant(_rounded(scaled), _rounded(biases))


def _ridge(
    features: NDArray[np.float32], strange: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], float]:
    """Fit -1 to digits and 1 to none, both counting alike; return weights (d,) and a bias."""
    share = strange.mean()
    importance = np.where(strange, 0.5 / share, 0.5 / (1.0 - share)) / len(strange)
    target = np.where(strange, 1.0, -1.0)
    centre = importance @ features
    middle = float(importance @ target)
    roots = np.sqrt(importance)
    rows = (features - centre.astype(np.float32)) * roots.astype(np.float32)[:, None]
    wanted = (target - middle) * roots
    if rows.shape[0] < rows.shape[1]:
        gram = (rows @ rows.T).astype(np.float64)
        gram[np.diag_indices_from(gram)] += RIDGE
        weights = rows.T @ np.linalg.solve(gram, wanted)
    else:
        gram = (rows.T @ rows).astype(np.float64)
        gram[np.diag_indices_from(gram)] += RIDGE
        weights = np.linalg.solve(gram, rows.T @ wanted)
    return weights.astype(np.float32), middle - float(centre @ weights)


def _calibrate(scores: NDArray[np.floating], strange: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the score that few digits exceed, and the slope of the logit there.

    The slope is that of two normal distributions of like spread.
    """
    digits, others = scores[~strange], scores[strange]
    limit = float(np.quantile(digits, 1.0 - REFUSED))
    variance = float(np.median([digits.var(), others.var()]))
    return limit, float(others.mean() - digits.mean()) / max(variance, 1e-6)


def _rounded(values: NDArray[Any]) -> NDArray[np.float32]:
    """Keep the eleven bits of a float16's mantissa."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    rounded: NDArray[np.float32] = np.ldexp(np.rint(mantissa * 2048) / 2048, exponent).astype(
        np.float32
    )
    return rounded
