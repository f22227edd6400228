"""Ink and print on paper -> a picture of them: drawn, scanned, photographed.

Each way takes ink (h, w), what is printed, and a generator, and returns uint8 (h, w) or (h, w, 3).
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from paper.furniture import Colour, Printed, choose
from paper.pen import Bytes, Floats, smooth_noise

INKS: tuple[Colour, ...] = (
    (22, 22, 26), (22, 22, 26), (28, 44, 135), (24, 30, 90), (85, 85, 90), (178, 32, 44),
)  # fmt: skip
PAPERS: tuple[Colour, ...] = ((250, 250, 248), (242, 240, 232), (232, 234, 238), (240, 228, 215))


def any_light(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Draw on a screen, scan, or photograph."""
    ways = (drawn, scanned, scanned, photographed)
    return ways[int(rng.integers(len(ways)))](ink, printed, rng)


def drawn(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Draw on a white canvas of a program."""
    white = np.ones((*ink.shape, 3), np.float32)
    return _bytes(_inked(white, ink, printed, choose(((5, 5, 5), *INKS), rng)))


def scanned(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Lay the sheet on a scanner: even light, a little noise, JPEG."""
    sheet = _inked(_paper(ink.shape, rng), ink, printed, choose(INKS, rng))
    return _camera(sheet, rng, blur=rng.uniform(0.3, 0.8), noise=rng.uniform(0.5, 2.5))


def photographed(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Take a photo: slanting, in uneven light."""
    sheet = _inked(_paper(ink.shape, rng), ink, printed, choose(INKS, rng))
    lit = _tilted(sheet, rng) * _gradient(ink.shape, rng, rng.uniform(0.1, 0.3))[..., None]
    return _camera(lit * rng.uniform(0.7, 1.0), rng, rng.uniform(0.5, 1.3), rng.uniform(1.5, 4))


def shaded(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Take a photo in a soft shadow that falls over half of the sheet."""
    sheet = _inked(_paper(ink.shape, rng), ink, printed, choose(INKS, rng))
    lit = _tilted(sheet, rng) * _gradient(ink.shape, rng, rng.uniform(0.45, 0.7))[..., None]
    return _camera(lit * rng.uniform(0.75, 1.0), rng, rng.uniform(0.5, 1.3), rng.uniform(1.5, 4))


def hard_shadow(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Take a photo with a shadow whose edge is hard and crosses the digits."""
    sheet = _inked(_paper(ink.shape, rng), ink, printed, choose(INKS[:4], rng))
    high, wide = ink.shape
    rows, columns = np.nonzero(ink > 0.5)
    x, y = rng.uniform(np.quantile(columns, 0.1), np.quantile(columns, 0.9)), rows.mean()
    turn = rng.uniform(-0.9, 0.9) + rng.choice([0, np.pi])
    down, right = np.ogrid[:high, :wide]
    side = (right - x) * np.cos(turn) + (down - y) * np.sin(turn)
    soft = rng.uniform(0.5, 4)
    shadow = 1 - rng.uniform(0.3, 0.55) * np.clip(side / soft + 0.5, 0, 1)
    lit = _tilted((sheet * shadow[..., None]).astype(np.float32), rng)
    return _camera(lit * rng.uniform(0.8, 1.0), rng, rng.uniform(0.5, 1.2), rng.uniform(1.5, 4))


def on_a_table(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Take a photo of the whole sheet, with the dark table around it."""
    sheet = _inked(_paper(ink.shape, rng), ink, printed, choose(INKS[:4], rng))
    high, wide = ink.shape
    room = np.round(rng.uniform(0.12, 0.4, 4) * max(high, wide) * 0.7).astype(int)
    shape = (high + room[0] + room[1], wide + room[2] + room[3])
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    turn = rng.normal(0, 0.05)
    turned = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    middle = corners.mean(axis=0)
    seen = (corners - middle) @ turned.T + middle + (room[2], room[0])
    seen = (seen + rng.normal(0, 0.02, (4, 2)) * min(high, wide)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    size = (int(shape[1]), int(shape[0]))
    placed = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_AREA)
    where = cv2.warpPerspective(np.ones(ink.shape, np.float32), matrix, size)[..., None]
    dark = np.array(choose(((60, 42, 30), (45, 45, 48), (30, 30, 34), (95, 70, 48)), rng)) / 255
    grain = smooth_noise((shape[0], max(2, shape[1] // 12)), 3, rng)
    wood = cv2.resize(grain, size)[..., None] * rng.uniform(0, 0.12)
    table = dark * (1 + wood + 0.05 * rng.normal(0, 1, (*shape, 1)))
    lit = (placed * where + table * (1 - where)) * _gradient(shape, rng, 0.2)[..., None]
    return _camera(lit.astype(np.float32), rng, rng.uniform(0.5, 1.0), rng.uniform(1.5, 3.5))


def light_on_dark(ink: Floats, printed: Sequence[Printed], rng: np.random.Generator) -> Bytes:
    """Draw white on a black canvas, or with chalk on a board."""
    if rng.random() < 0.5:
        return ~drawn(ink, printed, rng)
    board = np.array(choose(((25, 28, 26), (30, 52, 40), (38, 40, 46)), rng), np.float32) / 255
    ground = board * (1 + 0.15 * smooth_noise(ink.shape, 40, rng)[..., None])
    chalk = ink * np.clip(0.9 + 0.12 * smooth_noise(ink.shape, 1.5, rng), 0.45, 1)
    picture = ground * (1 - chalk[..., None]) + chalk[..., None] * 0.93
    return _camera(picture.astype(np.float32), rng, rng.uniform(0.3, 0.9), rng.uniform(1, 4))


def _paper(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Return paper (h, w, 3) of a light colour: fine grain, and soft unevenness."""
    colour = np.array(choose(PAPERS, rng), np.float32) / 255
    grain = rng.normal(0, rng.uniform(0.003, 0.012), shape)
    uneven = smooth_noise(shape, rng.uniform(20, 80), rng) * rng.uniform(0.002, 0.01)
    return np.asarray(colour * (1 + grain + uneven)[..., None], np.float32)


def _inked(sheet: Floats, ink: Floats, printed: Sequence[Printed], pen: Colour) -> Floats:
    """Print on the sheet, then write on it; both take light away."""
    for layer, colour in (*((each.lines, each.colour) for each in printed), (ink, pen)):
        taken = 1 - np.array(colour, np.float32) / 255
        sheet = np.asarray(sheet * (1 - layer[..., None] * taken), np.float32)
    return sheet


def _tilted(sheet: Floats, rng: np.random.Generator) -> Floats:
    """Look at the sheet a little from the side; nothing beyond it comes into view."""
    high, wide = sheet.shape[:2]
    corners = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    seen = corners + inwards * rng.uniform(0, 0.025, (4, 2)) * min(high, wide)
    matrix = cv2.getPerspectiveTransform(seen.astype(np.float32), corners)
    return np.asarray(cv2.warpPerspective(sheet, matrix, (wide, high), flags=cv2.INTER_LINEAR))


def _gradient(shape: tuple[int, ...], rng: np.random.Generator, depth: float) -> Floats:
    """Return light (h, w) that falls from 1 by `depth` across the picture, softly."""
    high, wide = shape
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.ogrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    side = x * np.cos(turn) + y * np.sin(turn) + rng.normal(0, 0.3)
    return np.asarray(1 - depth / (1 + np.exp(-rng.uniform(2, 6) * side)), np.float32)


def _camera(light: Floats, rng: np.random.Generator, blur: float, noise: float) -> Bytes:
    """Let a lens blur light (h, w, 3) of 0..1, a sensor add noise, and JPEG its blocks."""
    seen = cv2.GaussianBlur(light * 255, (0, 0), blur)
    fine = rng.normal(0, noise, light.shape[:2])[..., None] + rng.normal(0, noise / 3, light.shape)
    picture = _bytes((seen + fine) / 255)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 96))]
    _, data = cv2.imencode(".jpg", picture[..., ::-1], quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()


def _bytes(light: NDArray[Any]) -> Bytes:
    return np.asarray(np.rint(np.clip(light, 0, 1) * 255), np.uint8)
