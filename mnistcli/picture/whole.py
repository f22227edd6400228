"""A picture's light -> all that is written on it, as one sign: of whatever kind, in however many strokes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import PictureError
from mnistcli.picture import ink
from mnistcli.picture.candidates import box_of, smooth
from mnistcli.picture.image import digit_image
from mnistcli.picture.layout import Ink
from mnistcli.picture.search import (
    DEPTHS,
    SPANS,
    SPECK,
    Look,
    View,
    find,
    ground,
    is_all,
    is_plain,
    stands_out,
)
from mnistcli.picture.segmentation import Candidate, Segmentation


def segment_whole(light: NDArray[np.uint8], size: tuple[int, int]) -> Segmentation:
    """Return one candidate: all that a pen wrote on light, (h, w) or (h, w, 3), of that picture.

    It is what reading takes for writing; but where that leaves something on a ground of one colour,
    or is nothing, it is whatever stands out: signs may be what among digits is none, such as a dash.
    Raises `PictureError` where nothing does.
    """
    light = ink.enlarge(light)
    view = View(ink.to_grey(light))
    try:
        found = find(light)
        mask, dark, pen = found.writing.mask, found.dark, found.writing.pen
        everything = not is_plain(view) or is_all(view, mask)
    except PictureError:
        everything = False
    if not everything:
        mask, dark = _all(view)
        pen = _pen(mask)
    strokes = smooth(ink.sharpen_outline(dark, mask, pen), pen)
    sign = Ink.of(0, 0, strokes if strokes.any() else mask)
    scale = max(size) / max(mask.shape)
    candidate = Candidate(0, 0, 0, box_of(sign, scale), digit_image(sign.mask), 0.0)
    return Segmentation(size, (candidate,), ((np.inf,),), (sign.height * scale,))


def _pen(mask: NDArray[np.uint8]) -> float:
    """Return the width of the pen, as if all were one long stroke: twice the area by the outline."""
    inside = cv2.erode(mask, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return 2.0 * float(mask.sum()) / max(float((mask > inside).sum()), 1.0)


def _all(view: View) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the mask of all ink but specks, and the darkness it was found in; raise PictureError.

    Ink is darker than the border, or lighter, whichever the whole is.
    """
    flip = ground(view)
    for each in (view.ink(Look(way, SPANS[0], DEPTHS[-1])) for way in (flip, 255 - flip)):
        if each is None or not each.mask.any():
            continue
        _, labels = cv2.connectedComponents(each.mask, connectivity=8)
        strokes = np.unique(labels[cv2.erode(each.mask, SPECK) > 0])
        mask = np.isin(labels, strokes).astype(np.uint8)
        if mask.any() and stands_out(view, mask):
            return mask, each.dark
    raise PictureError(
        "nothing written found: nothing stands out from the background; take the picture nearer, in "
        "even light, with the sign alone on plain paper"
    )
