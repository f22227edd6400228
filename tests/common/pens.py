"""Pictures for the tests, drawn by code: digits as strokes, papers, light, frames."""

import io

import cv2
import numpy as np
from PIL import Image

from mnistcli.errors import PictureError
from mnistcli.picture.conversion import segment_picture
from mnistcli.picture.search import find

#: The strokes of a few digits, as polylines in a box of 1 x 1.
STROKES = {
    0: [[(0.5, 0.0), (0.1, 0.3), (0.1, 0.7), (0.5, 1.0), (0.9, 0.7), (0.9, 0.3), (0.5, 0.0)]],
    1: [[(0.5, 0.0), (0.5, 1.0)]],
    4: [[(0.3, 0.0), (0.1, 0.6), (0.9, 0.6)], [(0.7, 0.2), (0.7, 1.0)]],
    5: [
        [(0.2, 0.14), (0.2, 0.45), (0.7, 0.45), (0.8, 0.7), (0.6, 1.0), (0.1, 0.95)],
        [(0.2, 0.0), (0.9, 0.0)],
    ],  # the bar is apart
    7: [[(0.1, 0.0), (0.9, 0.0), (0.4, 1.0)]],
}


def ink(
    digit: int,
    size: tuple[int, int] = (300, 300),
    centre: tuple[float, float] = (0.5, 0.5),
    height: float = 0.6,
    pen: int = 14,
) -> np.ndarray:
    """How much ink covers each pixel, 0..1; size and centre are (rows, columns)."""
    coverage = np.zeros(size, np.uint8)
    side = height * min(size)
    start = np.array([centre[1] * size[1], centre[0] * size[0]]) - side / 2
    for line in STROKES[digit]:
        points = np.rint(start + side * np.array(line)).astype(np.int32)
        cv2.polylines(coverage, [points], isClosed=False, color=255, thickness=pen)
    return cv2.GaussianBlur(coverage, (3, 3), 0).astype(np.float32) / 255


def on(paper: np.ndarray | float, coverage: np.ndarray, colour: object = 0) -> np.ndarray:
    """Ink of one colour on paper: uint8, grey or RGB as the colour is."""
    colour = np.asarray(colour, np.float32)
    if colour.ndim:
        coverage = coverage[..., None]
    paper = np.broadcast_to(np.asarray(paper, np.float32), coverage.shape[:2] + colour.shape)
    return np.rint(paper * (1 - coverage) + colour * coverage).clip(0, 255).astype(np.uint8)


def file(array: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a picture file."""
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, kind, **options)
    return stream.getvalue()


def seen(picture: np.ndarray, covered: np.ndarray) -> float:
    """How well what is found is what was drawn: intersection over union, 0..1."""
    try:
        found = find(np.asarray(picture, np.uint8))
    except PictureError:
        return 0.0
    drawn, mask = covered > 0.5, np.zeros(covered.shape, bool)
    (left, top), (height, width) = found.corner, found.writing.mask.shape
    mask[top : top + height, left : left + width] = found.writing.mask > 0
    return float((mask & drawn).sum() / (mask | drawn).sum())


def largest(data: bytes) -> np.ndarray:
    """The (28, 28) image of all that is the largest candidate on a picture."""
    candidates = segment_picture(data).candidates
    return max(candidates, key=lambda one: one.box[2] * one.box[3]).image


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Cosine between two images, 0..1, each blurred so that a shift by a pixel costs little."""
    first, second = (
        cv2.GaussianBlur(i.astype(np.float32), (0, 0), 1).ravel() for i in (one, other)
    )
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
