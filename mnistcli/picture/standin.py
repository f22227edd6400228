"""A stand-in for segmentation: shapes on a plain ground, else today's reader of one digit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.picture import ink
from mnistcli.picture.image import digit_image
from mnistcli.picture.search import read_light
from mnistcli.picture.segmentation import Candidate, Segmentation

PLAIN = 3
LOW = 0.3


def segment(light: NDArray[np.uint8], size: tuple[int, int]) -> Segmentation:
    """Return what could be digits on light (h, w) or (h, w, 3)."""
    found = _shapes(ink.to_grey(light))
    if len(found) < 2:  # noqa: PLR2004
        image = read_light(light)
        candidate = Candidate(0, 0, 0, (0, 0, *size), image, 0.0)
        return Segmentation(size, (candidate,), ((1.0,),), (float(size[1]),))
    scale = size[0] / light.shape[1]
    lines: list[list[tuple[int, int, int, int]]] = []
    masks = dict(found)
    for box in sorted(masks, key=lambda each: each[1]):
        for line in lines:
            top, bottom = line[0][1], line[0][1] + line[0][3]
            if top < box[1] + box[3] / 2 < bottom:
                line.append(box)
                break
        else:
            lines.append([box])
    candidates = []
    for number, line in enumerate(lines):
        for place, box in enumerate(sorted(line)):
            left, top, width, height = (round(each * scale) for each in box)
            image = digit_image(masks[box])
            candidates.append(
                Candidate(number, place, place, (left, top, width, height), image, 0.0)
            )
    unread = tuple(tuple(1.0 for _ in line) for line in lines)
    heights = tuple(scale * max(box[3] for box in line) for line in lines)
    return Segmentation(size, tuple(candidates), unread, heights)


def _shapes(
    grey: NDArray[np.uint8],
) -> list[tuple[tuple[int, int, int, int], NDArray[np.uint8]]]:
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.ptp(border) > PLAIN:
        return []
    mask = (cv2.absdiff(grey, np.full_like(grey, border[0])) > 100).astype(np.uint8)  # noqa: PLR2004
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    groups: list[list[int]] = []
    for index in sorted(range(1, count), key=lambda each: stats[each][0]):
        left, top, width, height, _ = stats[index]
        for group in groups:
            other = [stats[each] for each in group]
            start, end = min(s[0] for s in other), max(s[0] + s[2] for s in other)
            low, high = min(s[1] for s in other), max(s[1] + s[3] for s in other)
            apart = max(low - top - height, top - high)
            near = apart < LOW / 2 * max(height, high - low)
            overlap = min(end, left + width) - max(start, left)
            if near and overlap > 0.3 * min(width, end - start):
                group.append(index)
                break
        else:
            groups.append([index])
    found = []
    for group in groups:
        part = np.isin(labels, group).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(part)
        box = (int(left), int(top), int(width), int(height))
        found.append((box, part[top : top + height, left : left + width].copy()))
    if not found:
        return []
    tallest = max(box[3] for box, _ in found)
    return [each for each in found if each[0][3] > LOW * tallest]
