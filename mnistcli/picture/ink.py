"""Light -> ink: what on a picture differs from its paper, and by how much; and of what ground it is.

But for `polarity`, everything here reads dark ink on light paper; light on dark is that inverted.
Floating point is avoided where a picture-sized array would need it, as eight bits are enough.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Pictures with a longer side below this, in pixels, are enlarged, so that a stroke of one pixel
#: has an inside and an outline.
LEAST_SIDE = 256

#: ... but not where what is drawn is as high as this, and all of its strokes have one already.
HIGH = 64

#: Part of the picture's longer side over which its colours are compared: wider than any stroke.
COLOUR_SPAN = 0.25

#: Added to the paper's brightness before dividing by it: the darkest black that a camera or a
#: scanner shows, about 16 of 255, so that noise on black is not taken for contrast.
GLARE = 16.0

#: Slopes up to this many times the median slope are paper: noise with a Rayleigh distribution
#: exceeds it in 0.2 % of the pixels.
NOISY_SLOPES = 3.0

#: ... and so are those below one grey level a pixel, which Sobel's kernel counts eight times.
SLOPE = 8.0

#: Side of the thumbnail on which the surroundings' usual brightness is measured, and the window
#: there: half of the picture, so that a digit covers the smaller part of each window.
THUMBNAIL = 128
NEIGHBOURHOOD = 65

#: What is so much broader than any stroke, its soft outline included, lies behind the strokes.
BROADER = 2.0

#: What is drawn on paper is longer than the rim is wide, and no speck.
RIM = np.ones((5, 5), np.uint8)
SPECK = np.ones((3, 3), np.uint8)

#: A picture whose border differs by no more than this, of 255, is drawn on one colour; and what
#: differs from that colour by more than this is ink, but for the blurred rim of a stroke.
ONE_COLOUR = 3
APART = 16

#: Every so many-th pixel, row after row, is enough for a median: a prime number, so that hardly any
#: squared paper is in step with it.
SPARSE = 11


def enlarge(light: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a small picture until its longer side is at least `LEAST_SIDE`; no large drawing."""
    factor = -(-LEAST_SIDE // max(light.shape[:2]))
    if factor <= 1 or _is_large(light):
        return light
    size = (light.shape[1] * factor, light.shape[0] * factor)
    return _bytes(cv2.resize(light, size, interpolation=cv2.INTER_CUBIC))


def _is_large(light: NDArray[np.uint8]) -> bool:
    """Tell whether what is drawn in grey on one colour is high, and nowhere as thin as a speck."""
    if light.shape[2:] or not is_plain(light):
        return False
    off = _off_ground(light)
    strokes = np.asarray(off > off.max() // 2, np.uint8)
    if cv2.boundingRect(strokes)[3] < HIGH:
        return False
    broad = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, SPECK)
    return not (strokes > cv2.dilate(broad, SPECK)).any()


def to_grey(light: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn (h, w, 3) into (h, w), along the colour axis on which ink and paper differ most.

    That axis is the first principal component of how the colours depart from their surroundings,
    so that yellow ink on white, or red on green, keeps a contrast that luminance would lose.
    """
    if not light.shape[2:]:
        return light
    span = int(COLOUR_SPAN * max(light.shape[:2])) // 2 * 2 + 1
    values = light.astype(np.float32)
    departures = (values - cv2.blur(values, (span, span))).reshape(-1, 3)
    axis = np.linalg.eigh(departures.T @ departures)[1][:, -1].astype(np.float32)
    if axis.sum() < 0:
        axis = -axis
    black = 255.0 * axis[axis < 0].sum()
    white = 255.0 * axis[axis > 0].sum()
    grey = (values @ axis - black) * (255.0 / (white - black))
    return _bytes(np.rint(grey).clip(0, 255))


def slopes(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Measure how steep the brightness is at each pixel: the length of the Sobel gradient."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def least_slope(slopes: NDArray[np.float32]) -> float:
    """Return how steep what was drawn is at least, of a picture's slopes: others are paper."""
    return max(NOISY_SLOPES * typical(slopes), SLOPE)


def typical(values: NDArray[np.uint8] | NDArray[np.float32]) -> float:
    """Estimate the median of a picture, from some of its pixels."""
    return float(np.median(values.ravel()[::SPARSE]))


def surroundings(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the median of half a picture around each pixel: the paper's brightness, uint8.

    Of (h, w, 3), that of each colour.
    """
    height, width = grey.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    thumbnail = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return _bytes(cv2.resize(cv2.medianBlur(thumbnail, NEIGHBOURHOOD), (width, height)))


def paper_behind(grey: NDArray[np.uint8], span: int) -> NDArray[np.uint8]:
    """Paint over what is dark and narrower than `span` pixels, which leaves the paper.

    A morphological closing. Unlike a blur it keeps the edges of shadows, sheets and patches
    where they are, as these are wider than `span`.
    """
    kernel = np.ones((span, span), np.uint8)
    return _bytes(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel))


def darkness(grey: NDArray[np.uint8], paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Divide out the light: 0 is paper and 255 black ink, in the shadow as in the sun."""
    light = paper.astype(np.float32)
    return _bytes(np.rint(255.0 * (light - grey) / (light + GLARE)))


def threshold(ink: NDArray[np.uint8], where: NDArray[np.bool_] | None = None) -> int:
    """Find Otsu's threshold over the pixels at edges, if `where`; 255 where there is no edge.

    Each pixel counts by its slope above the noise: half of an edge's pixels are ink and half
    paper, however small the digit, while Otsu's method fails on classes of unequal size
    (Gonzalez and Woods, Digital Image Processing, "Using edges to improve global thresholding").
    """
    steep = slopes(ink)
    noise = NOISY_SLOPES * typical(steep)
    edge = steep > noise  # few pixels are one
    if where is not None:
        edge &= where
    counts = np.bincount(ink[edge], steep[edge] - noise, 256)
    below = np.cumsum(counts)
    moment = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    parted = (below > 0) & (above > 0)
    if not parted.any():
        return 255
    low = moment[parted] / below[parted]
    high = (moment[-1] - moment[parted]) / above[parted]
    between = np.zeros(256)
    between[parted] = below[parted] * above[parted] * (high - low) ** 2
    return int(between.argmax())


def components(mask: NDArray[np.uint8]) -> tuple[NDArray[np.integer], NDArray[np.int32]]:
    """Return the connected pieces of a mask: labels (h, w), and OpenCV's measures, a row a piece.

    The first is the paper. Where 16 bits number all pieces that there can be, OpenCV measures them
    three times as fast.
    """
    most = -(-mask.shape[0] // 2) * -(-mask.shape[1] // 2)
    kind = cv2.CV_16U if most < np.iinfo(np.uint16).max else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(mask), connectivity=8, ltype=kind
    )
    return np.asarray(labels), np.asarray(stats, np.int32)


def distance(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return how far each pixel of a mask (h, w) is from the nearest that is 0."""
    return np.asarray(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def border(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pixels at the border of a picture."""
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def is_plain(grey: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is drawn on a ground of one colour."""
    return bool(np.ptp(border(grey)) <= ONE_COLOUR)


def is_trimmed(grey: NDArray[np.uint8]) -> bool:
    """Tell whether half of a picture's border is ground of one colour, and ink may reach the rest."""
    beside = border(_is_off_ground(grey))
    return bool(np.mean(beside) <= 1 / 2 and border(_is_off_ground(grey, APART)).any())


def _is_off_ground(grey: NDArray[np.uint8], apart: int = ONE_COLOUR) -> NDArray[np.uint8]:
    """Mark what has another shade than the ground that a picture's border shows, by 1."""
    return (_off_ground(grey) > apart).astype(np.uint8)


def _off_ground(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how far from the ground's shade each pixel is."""
    return _bytes(cv2.absdiff(grey, np.full_like(grey, ground(grey))))


def rim(width: int, height: int) -> int:
    """Return how many pixels of its ground are looked at around what is so large."""
    return max(width, height) // 4 + len(RIM)


def drawn(grey: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Return the window, rows and columns, of all that is on a ground of one colour, with a rim."""
    left, top, width, height = cv2.boundingRect(_is_off_ground(grey))
    beside = rim(width, height)
    rows, columns = (
        slice(max(0, first - beside), first + side + beside)
        for first, side in ((top, height), (left, width))
    )
    return rows, columns


def ground(grey: NDArray[np.uint8]) -> int:
    """Return how bright the ground is that a picture's border shows, 0..255."""
    return int(np.median(border(grey)))


def is_all(grey: NDArray[np.uint8], mask: NDArray[np.uint8], pen: float) -> bool:
    """Tell whether a mask of strokes, so wide, leaves nothing on a ground of one colour.

    A rim that is blurred, as small pictures' are when they are enlarged, is narrower than a stroke.
    """
    kernel = np.ones((max(len(RIM), int(pen) | 1),) * 2, np.uint8)
    left = _is_off_ground(grey, APART) * (cv2.dilate(mask, kernel) == 0)
    return not cv2.erode(left, SPECK).any()


def polarity(grey: NDArray[np.uint8]) -> int:
    """Return 255 where what is drawn is lighter than the ground that the border shows, else 0."""
    return 0 if ground(grey) > grey.mean() else 255


def away_from_border(ink: NDArray[np.uint8], strong: int) -> NDArray[np.bool_]:
    """Tell where there is no ink above half of `strong` that hangs together with the border.

    A table, a title bar or a scan's black margin may be so much darker than the digit that a
    threshold between both makes paper of the digit.
    """
    _, labels = cv2.connectedComponents((ink > strong // 2).astype(np.uint8), connectivity=8)
    at_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    leaning = np.isin(labels, at_border[at_border > 0]).astype(np.uint8)
    with_its_slopes = cv2.dilate(leaning, np.ones((5, 5), np.uint8))
    return np.asarray(with_its_slopes == 0, np.bool_)


def inked(ink: NDArray[np.uint8], strong: int, depth: float) -> NDArray[np.uint8]:
    """Mark, by 1, ink above `depth` times `strong`; however faint, it is darker than the noise."""
    least = strong * depth
    if depth < 1.0:
        least = min(max(least, NOISY_SLOPES * typical(ink)), float(strong))
    return (ink > least).astype(np.uint8)


def connected(mask: NDArray[np.uint8], held: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Leave out of a mask what does not hang together with a pixel of it that is `held`."""
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    kept = np.zeros(count, np.uint8)
    kept[labels[held & (mask > 0)]] = 1
    return _bytes(kept[labels])


def sharpen_outline(
    ink: NDArray[np.uint8], mask: NDArray[np.uint8], width: float
) -> NDArray[np.uint8]:
    """Draw a mask back to where ink falls to half of its height nearby: a stroke's true edge."""
    span = int(width) * 2 + 1
    inside = ink * mask
    height = cv2.dilate(inside, np.ones((span, span), np.uint8))
    return (inside > height // 2).astype(np.uint8)


def without_areas(ink: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take out of ink (h, w) what is broader than any stroke of a mask: a highlighter's, a shadow.

    A morphological top-hat: as `paper_behind`, but with the span that what was found has.
    """
    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_C, cv2.DIST_MASK_3)
    span = int(BROADER * 2.0 * float(depth.max())) + 1
    return _bytes(cv2.morphologyEx(ink, cv2.MORPH_TOPHAT, np.ones((span, span), np.uint8)))


def _bytes(array: ArrayLike) -> NDArray[np.uint8]:
    """Give an array the type that it is known to have."""
    return np.asarray(array, np.uint8)
