"""Light and ink: what differs from the paper; and images made as MNIST's."""

import cv2
import numpy as np
from common.pens import ink, on
from needed.drawing import bar, drawn, needs, ring

from mnistcli.decoding import light
from mnistcli.picture import conversion, image
from mnistcli.picture import ink as inks


@needs("ink.LEAST_SIDE")
def a_small_picture_is_enlarged_as_far_as_needed() -> bool:
    return inks.enlarge(np.zeros((28, 20), np.uint8)).shape == (280, 200)


@needs("ink.HIGH")
def a_low_drawing_is_enlarged_and_a_high_one_is_not() -> bool:
    low, high = (on(255, ink(0, (128, 128), height=height, pen=8)) for height in (0.36, 0.66))
    return len(inks.enlarge(low)) == 256 and len(inks.enlarge(high)) == 128


@needs("ink.GLARE")
def noise_on_black_is_no_ink_and_grey_on_black_is() -> bool:
    paper = np.full((1, 1), 12, np.uint8)
    faint = inks.darkness(np.full((1, 1), 4, np.uint8), paper)
    black = inks.darkness(np.zeros((1, 1), np.uint8), np.full((1, 1), 100, np.uint8))
    return bool(faint[0, 0] < 80 and black[0, 0] > 200)


@needs("ink.NOISY_SLOPES")
def a_threshold_lies_above_the_noise() -> bool:
    noise = np.abs(np.random.default_rng(3).normal(0, 10, (300, 400)))
    dark = np.maximum(noise, 60 * ink(4, size=(300, 400), height=0.06, pen=4)).astype(np.uint8)
    return 25 <= inks.threshold(dark) <= 50


@needs("ink.BROADER")
def a_highlighter_s_band_is_behind_strokes_and_a_soft_stroke_is_not() -> bool:
    strokes = drawn(bar(60, 100, 12, 100), bar(200, 100, 12, 100))
    soft = cv2.GaussianBlur(150 * strokes, (0, 0), 4)
    band = 60 * drawn(bar(190, 60, 34, 180))
    tones = inks.without_areas(np.maximum(soft, band), strokes)
    return bool(tones[150, 66] > 120 and tones[150, 206] > 60 and not tones[70].any())


@needs("ink.SPARSE")
def a_pattern_s_lines_are_not_what_is_typical() -> bool:
    picture = np.full((90, 90), 50, np.uint8)
    picture[:, ::5] = 60
    return inks.typical(picture) == 50


@needs("light.FULL_SCALES.0", "light.FULL_SCALES.1", "light.FULL_SCALES.2")
def grey_keeps_its_place_in_the_range_of_its_type() -> bool:
    return [int(light.eight_bits(np.array([half * 2, half], np.float32))[1]) for half in
            (0.49, 120.0, 32_000.0)] == [125, 120, 125]  # fmt: skip


@needs("light.MIDDLE")
def dark_ink_gets_a_white_ground_and_light_ink_a_black_one() -> bool:
    grounds = []
    for shade in (100, 200):
        planes = np.full((9, 9, 4), shade, np.uint8)
        planes[..., 3] = 0
        planes[4, 4, 3] = 255
        grounds.append(int(light.flatten(planes)[0, 0]))
    return grounds == [255, 0]


@needs("light.TWO_SHADES")
def colours_draw_the_digit_where_they_differ() -> bool:
    def ground(difference: int) -> int:
        planes = np.full((40, 40, 4), 200, np.uint8)
        planes[10:20, 10:20, :3] -= np.uint8(difference)
        planes[0, :, 3] = 0
        return int(light.flatten(planes)[0, 0])

    return ground(100) == 200 and ground(40) == 0


@needs("ink.COLOUR_SPAN")
def faint_ink_on_paper_whose_colour_changes_otherwise() -> bool:
    coverage = ink(4)[..., None]
    light = np.linspace(-100, 100, 300)[None, :, None] * np.array([1, 0, -1])
    paper = 128 + light - 15 * coverage * np.array([1, -2, 1])
    grey = inks.to_grey(np.rint(paper).astype(np.uint8)).astype(int)
    inside, beside = (grey[80:220, 80:220][covered[80:220, 80:220, 0]]
                      for covered in (coverage > 0.9, coverage == 0))  # fmt: skip
    return bool(abs(inside.mean() - beside.mean()) > 2 * beside.std())


@needs("ink.THUMBNAIL", "ink.NEIGHBOURHOOD")
def surroundings_are_the_paper_around_a_broad_digit() -> bool:
    around = inks.surroundings(on(230, ink(4, pen=24, height=0.7), 30))
    return bool(np.abs(around.astype(int) - 230).max() <= 2)


# image, conversion: made as MNIST's are


@needs("image.SIDE", "image.BOX", "image.CENTRE", "conversion.SHAPE.0", "conversion.SHAPE.1",
       "conversion.WHITE", "conversion.CENTRE", "conversion.OFF_CENTRE")  # fmt: skip
def an_image_is_made_as_mnist_has_them() -> bool:
    thin, thick = (image.digit_image(255 * drawn(ring(150, 150, 60, 100, pen))) for pen in (4, 60))
    return None not in (conversion.mnist_box(thin), conversion.mnist_box(thick))


@needs("conversion.LONGER_SIDES.0", "conversion.LONGER_SIDES.1")
def the_longer_side_of_a_digit_of_mnist_is_19_or_20() -> bool:
    def of(side: int) -> np.ndarray:
        return 255 * drawn(bar(12, 14 - side // 2, 5, side), size=(28, 28))

    found = [side for side in range(17, 23) if conversion.mnist_box(of(side))]
    return found == [19, 20]


@needs("image.HALF")
def a_stroke_that_is_made_smaller_is_as_wide_beside_its_length() -> bool:
    whole = cv2.GaussianBlur(255 * drawn(ring(150, 150, 60, 100, 20)), (0, 0), 5)
    small = image.outlined(image.fit(whole))
    wanted = 20 * image.BOX * image.FINE / 220
    return bool(small.any()) and abs(image.stroke_width(small) - wanted) < 0.6


@needs("image.FINE")
def hairlines_become_as_wide_whatever_they_were() -> bool:
    made = [
        image.adjust_stroke(image.fit(255 * drawn(ring(150, 150, 60, 100, pen))))
        for pen in (2, 4, 8)
    ]
    widths = [image.stroke_width(image.outlined(each)) / image.FINE for each in made]
    return all(abs(width - image.THIN) < 0.3 for width in widths)


@needs("image.THIN", "image.THICK")
def hairlines_and_felt_pens_come_as_near_as_mnist_s_own_pens() -> bool:
    thin, thick = (
        float(image.digit_image(255 * drawn(ring(150, 150, 60, 100, pen))).sum()) for pen in (3, 80)
    )
    return 0.5 < thin / thick < 0.7
