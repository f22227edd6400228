"""From stroke models to images: vary them as hands vary, ink them, normalise them as MNIST was.

Lengths are in heights of a digit until the ink is laid; x is to the right and y down.
"""

import functools
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.datasets.synthetic.strokes import Floats, Style

SIDE = 28  # of an image
BOX = 20  # of the square that MNIST fits a digit into
CENTRE = 14  # MNIST shifts by whole pixels until the centre of mass is within half a pixel of it

# How hands vary. Most figures were set by eye: contact sheets, mean images and distributions (slant,
# width of box and stroke, ink) beside those of MNIST's training images. WOBBLE and BENDS were also
# chosen by what benchmarks/transfer.py scores on those. "Spread" is a standard deviation.
BLEND = 0.9  # Dirichlet concentration: a hand is as often near one drawing as between them
EXAGGERATION = 1.25  # beyond 1: some hands lie outside what the drawings span
WOBBLE = 0.04  # spread of a control point
LANDING = 0.03  # spread of the place where the pen lands again after it was lifted
# Spread of the smooth bends of the plane, one for each term of the polynomial in `_bend`.
BENDS = (0.40, 0.32, 0.24, 0.40, 0.24, 0.40, 0.40)
WAVES = 2  # elastic ripples over a digit,
WAVE_HEIGHT = 0.012  # the spread of their amplitude,
WAVE_FREQUENCY = (1.0, 2.5)  # and how often they swing within a height
ASPECT = 0.17  # spread of the logarithm of width over height
SLANT, SLANT_SPREAD = 0.14, 0.24  # horizontal shift per height; people lean to the right
TURN = 0.1  # spread of the rotation, in radians

PEN, PEN_SPREAD = 0.117, 0.3  # median width of the stroke; spread of its logarithm
THINNEST, THICKEST = 0.045, 0.3  # of a stroke
PRESSURE = 0.1  # spread of the relative change of width along the way
PRESSURE_WAVES = (0.5, 1.5)  # how often the pressure swings along the way
NIB = 0.1  # spread of the relative difference between a flat nib's broad and narrow side
GAPS = 0.02  # share of digits where the pen fails for a moment,
GAP_SAMPLES = (1, 3)  # of so many samples: wider ones look like two strokes

# Rendering. NIST's scans are black and white: ink is drawn large, softened, roughened, cut to two
# levels, and grey appears only where the result is shrunk.
OVERSAMPLING = 4  # of the box while ink is laid
MARGIN = 12  # large pixels around a digit: ink, softening and roughness stay inside
SUBPIXEL_BITS = 4  # of the fixed-point coordinates that OpenCV draws at
RUN = 3  # steps of the pen that are drawn with one width: pressure changes slowly
SOFTNESS = (1.0, 2.2)  # blur in large pixels before the cut
CUT = (95, 155)  # grey level of the cut: a light or a heavy scan
ROUGHNESS = 25  # spread of the strength of the noise that frays edges, in grey levels
ROUGHEST = 80  # below the lowest cut: noise never makes specks on bare paper
GRAINS = (1.2, 2.0, 3.0)  # sizes of that noise in large pixels
GRAIN_SIDE = 192  # of a field of noise, of which each digit gets a part
GRAIN_SHIFT = 40  # from which part of the field it may start
BLACKEST = (252, 256)  # MNIST's full ink is any of 252 to 255


def draw_style(style: Style, n: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Yield n images (28, 28) uint8, ink bright, of a digit written in this style by n hands."""
    paths = pen_paths(style, n, rng)
    widths = pen_widths(paths, rng)

    unit = BOX * OVERSAMPLING / (np.ptp(paths, axis=1).max(axis=1) + widths.mean(axis=1))
    border = MARGIN + widths.max(axis=1) * unit / 2
    places = (paths - paths.min(axis=1, keepdims=True)) * unit[:, None, None]
    places += border[:, None, None]
    sizes = np.ceil(places.max(axis=1) + border[:, None]).astype(int)
    points = np.round(places * (1 << SUBPIXEL_BITS)).astype(np.int32)
    thickness = np.maximum(np.round(widths * unit[:, None]), 1).astype(int)
    _skip(thickness, rng)

    softness, cut = rng.uniform(*SOFTNESS, n), rng.uniform(*CUT, n)
    roughness = rng.normal(0, ROUGHNESS, n)
    grains = _grains()
    kind, corner = rng.integers(len(grains), size=n), rng.integers(GRAIN_SHIFT, size=(n, 2))
    black = rng.integers(*BLACKEST, size=n).astype(float)
    for i in range(n):
        ink = _ink(points[i], thickness[i].tolist(), style.starts, sizes[i])
        soft = cv2.GaussianBlur(ink, (0, 0), softness[i])
        (top, left), (width, height) = corner[i], sizes[i]
        grain = grains[kind[i]][top : top + height, left : left + width]
        rough = soft + np.clip(grain * roughness[i], -ROUGHEST, ROUGHEST)
        _, scan = cv2.threshold(rough, cut[i], black[i], cv2.THRESH_BINARY)
        scan = scan.astype(np.uint8)
        # Ink so faint that the scan lost all of it stays as it was drawn.
        yield normalise(scan if scan.any() else ink)


def pen_paths(style: Style, n: int, rng: np.random.Generator) -> Floats:
    """Return the ways of n pens, (n, samples, 2)."""
    drawings, _, _ = style.drawings.shape
    weights = rng.dirichlet(np.full(drawings, BLEND), n)
    weights += (EXAGGERATION - 1) * (weights - 1 / drawings)
    points = np.einsum("nd,dkc->nkc", weights, style.drawings)
    points += style.wobble @ rng.normal(0, WOBBLE, points.shape)
    points += rng.normal(0, LANDING, (n, len(style.starts), 2))[:, style.stroke]

    paths: Floats = style.curve @ points
    paths -= style.drawings.mean(axis=(0, 1))
    paths = _ripple(_bend(paths, rng), rng)

    x, y = paths[..., 0], paths[..., 1]
    aspect = np.exp(rng.normal(0, ASPECT, (n, 1)))
    x = x * aspect - y * rng.normal(SLANT, SLANT_SPREAD, (n, 1))
    turn = rng.normal(0, TURN, (n, 1))
    turned: Floats = np.stack(
        [x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1
    )
    return turned


def pen_widths(paths: Floats, rng: np.random.Generator) -> Floats:
    """Return the width of the stroke at each sample of the paths (n, samples, 2)."""
    n, samples, _ = paths.shape
    pen = PEN * np.exp(rng.normal(0, PEN_SPREAD, (n, 1)))

    phase = rng.uniform(*PRESSURE_WAVES, (n, 1)) * np.linspace(0, 1, samples)
    phase += rng.uniform(0, 1, (n, 1))
    pressure = 1 + rng.normal(0, PRESSURE, (n, 1)) * np.sin(2 * np.pi * phase)

    step = np.gradient(paths, axis=1)
    heading = np.arctan2(step[..., 1], step[..., 0]) - rng.uniform(0, np.pi, (n, 1))
    nib = 1 + np.abs(rng.normal(0, NIB, (n, 1))) * np.cos(2 * heading)
    widths: Floats = np.clip(pen * pressure * nib, THINNEST, THICKEST)
    return widths


def normalise(scan: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ink on a large canvas (h, w) as MNIST's makers left it, (28, 28).

    The bounding box is fitted into 20x20 pixels, which keeps its aspect and turns black and white
    into grey; then whole pixels of shift bring the centre of mass to the middle of the image.
    Source: yann.lecun.com/exdb/mnist, and the shift as found in the files.
    """
    x, y, width, height = cv2.boundingRect(scan)
    scale = BOX / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    crop = scan[y : y + height, x : x + width]
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    moments = cv2.moments(small)
    left = round(CENTRE - moments["m10"] / moments["m00"])
    top = round(CENTRE - moments["m01"] / moments["m00"])
    left, top = min(max(left, 0), SIDE - size[0]), min(max(top, 0), SIDE - size[1])
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + size[1], left : left + size[0]] = small
    return image


def _bend(paths: Floats, rng: np.random.Generator) -> Floats:
    """Bend the plane under the paths by random polynomials of degree 2 and 3."""
    x, y = paths[..., 0], paths[..., 1]
    terms = np.stack([x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3], axis=-1)
    weights = rng.normal(0, 1, (len(paths), len(BENDS), 2)) * np.array(BENDS)[:, None]
    bent: Floats = paths + terms @ weights
    return bent


def _ripple(paths: Floats, rng: np.random.Generator) -> Floats:
    """Add low waves in random directions: an elastic deformation, seen along the strokes alone."""
    n = len(paths)
    x, y = paths[..., 0], paths[..., 1]
    rippled = paths
    for _ in range(WAVES):
        direction, phase = rng.uniform(0, 2 * np.pi, (2, n, 1))
        along = x * np.cos(direction) + y * np.sin(direction)
        wave = np.sin(2 * np.pi * rng.uniform(*WAVE_FREQUENCY, (n, 1)) * along + phase)
        rippled = rippled + rng.normal(0, WAVE_HEIGHT, (n, 1, 2)) * wave[..., None]
    return rippled


def _skip(thickness: NDArray[np.int_], rng: np.random.Generator) -> None:
    """Set the thickness (n, samples) to 0 for a moment in a few digits."""
    n, samples = thickness.shape
    for i in np.flatnonzero(rng.random(n) < GAPS):
        start = rng.integers(samples)
        thickness[i, start : start + rng.integers(*GAP_SAMPLES, endpoint=True)] = 0


@functools.cache
def _grains() -> tuple[NDArray[np.float32], ...]:
    """Return squares of smooth noise of variance 1, the same ones for every digit."""
    rng = np.random.default_rng(0)
    white = rng.normal(0, 1, (len(GRAINS), GRAIN_SIDE, GRAIN_SIDE)).astype(np.float32)
    smooth = [
        np.asarray(cv2.GaussianBlur(field, (0, 0), size), np.float32)
        for field, size in zip(white, GRAINS, strict=True)
    ]
    return tuple(field / field.std() for field in smooth)


def _ink(
    points: NDArray[np.int32],
    thickness: list[int],
    starts: tuple[int, ...],
    size: NDArray[np.int_],
) -> NDArray[np.uint8]:
    """Return a canvas of size (w, h) where the pen has gone along the points, stroke by stroke."""
    canvas = np.zeros((size[1], size[0]), np.uint8)
    for start, end in zip(starts, (*starts[1:], len(points)), strict=True):
        for i in range(start, end - 1, RUN):
            if thickness[i] > 0:
                run = points[i : min(i + RUN + 1, end)]
                cv2.polylines(canvas, [run], False, 255, thickness[i], cv2.LINE_8, SUBPIXEL_BITS)
    return canvas
