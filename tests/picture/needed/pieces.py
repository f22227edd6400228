"""Pieces of ink: what a pen wrote."""

import cv2
import numpy as np
from needed.drawing import bar, drawn, needs, polygon, ring, stroke

from mnistcli.picture import ink as inks
from mnistcli.picture import pieces
from mnistcli.picture.measures import Sight
from mnistcli.picture.pieces import Writing


def written(mask: np.ndarray, dark: np.ndarray | None = None) -> Writing | None:
    """What is chosen of a mask; `dark` is how dark ink is, 200 of 240."""
    ground = 240 - (mask * 200 if dark is None else dark)
    picture = np.asarray(ground, np.uint8)
    sight = Sight(picture, np.full_like(picture, 240), inks.slopes(picture))
    return pieces.find_writing(mask, np.full_like(picture, 240), sight)


def chosen(mask: np.ndarray, dark: np.ndarray | None = None) -> list[tuple[int, int, int, int]]:
    found = written(mask, dark)
    assert found is not None
    return sorted(tuple(map(int, found.pieces.boxes[i])) for i in found.bodies + found.parts)


STEM = bar(100, 60, 12, 180)


@needs("measures.OPEN_ENDS")
def a_slanting_stroke_that_runs_out_of_the_picture() -> bool:
    found = written(
        drawn(stroke((120, 40), (200, 310), pen=12), stroke((60, 40), (120, 40), pen=12))
    )
    cut_off = written(drawn(bar(260, 60, 40, 60), stroke((280, 60), (200, 200))))
    return found is not None and found.freedom == 1 and (cut_off is None or cut_off.freedom < 1)


@needs("pieces.AT_BORDER")
def a_digit_on_the_border_and_a_wedge_of_shadow() -> bool:
    two = stroke((130, 60), (190, 60), (190, 150), (130, 295), (195, 295))
    wedge = polygon((150, 299), (230, 299), (150, 80))
    return len(chosen(drawn(STEM, two))) == 2 and len(chosen(drawn(STEM, wedge))) == 1


@needs("measures.FLAT")
def a_hollow_stroke_is_none_and_the_pale_half_of_one_is_drawn() -> bool:
    def evidence(mask: np.ndarray, dark: np.ndarray) -> float:
        found = written(mask, dark)
        assert found is not None
        return found.evidence

    broad, middle = drawn(bar(130, 10, 40, 280)), drawn(bar(137, 17, 26, 266))
    blurred = cv2.GaussianBlur(broad * 200.0, (0, 0), 3)
    upper, lower = drawn(bar(100, 30, 12, 120)), drawn(bar(100, 150, 12, 120))
    fading = cv2.GaussianBlur(upper * 200.0 + lower * 70.0, (0, 0), 1)
    return evidence(broad, blurred) > evidence(broad - middle, blurred) and (
        evidence(upper | lower, fading) > 1.2 * evidence(upper, fading)
    )


@needs("measures.STROKE")
def a_blot_is_no_stroke_and_a_stout_digit_is_one() -> bool:
    blot = drawn(lambda mask: cv2.circle(mask, (150, 150), 60, 1, -1))
    return written(blot) is None and written(drawn(bar(100, 60, 35, 180))) is not None


@needs("frames.RECTANGLE")
def a_torn_frame_goes_and_a_round_stroke_around_a_digit_stays() -> bool:
    sides = stroke((60, 20), (20, 20), (20, 280), (280, 280), (280, 20), (240, 20), pen=6)
    curve = stroke(*((int(150 + 110 * np.cos(a)), int(150 + 110 * np.sin(a)))
                     for a in np.linspace(0.6, 5.7, 40)))  # fmt: skip
    digit = bar(140, 90, 10, 120)
    return len(chosen(drawn(sides, digit))) == 1 and len(chosen(drawn(curve, digit))) == 2


@needs("frames.ROUND")
def a_circle_with_a_gap_around_a_digit_goes_and_a_hook_around_one_stays() -> bool:
    def around(end: float) -> int:
        curve = stroke(*((int(150 + 110 * np.cos(a)), int(150 + 110 * np.sin(a)))
                         for a in np.linspace(0.2, end, 40)))  # fmt: skip
        return len(chosen(drawn(curve, bar(140, 90, 10, 120))))

    return around(6.2) == 1 and around(4.7) == 2


@needs("frames.HELD")
def a_digit_with_a_speck_inside_is_no_frame_and_one_around_a_small_digit_is() -> bool:
    frame = stroke((60, 20), (20, 20), (20, 280), (280, 280), (280, 20), (240, 20), pen=6)
    speck = written(drawn(ring(150, 150, 90, 110), bar(140, 130, 10, 45)))
    held = chosen(drawn(frame, bar(100, 100, 8, 110)))
    return speck is not None and len(speck.bodies) == 1 and len(held) == 1


@needs("pieces.OFF_PAPER")
def what_comes_in_from_the_border_and_is_off_its_paper_is_no_ink() -> bool:
    mask = drawn(bar(100, 60, 12, 180), bar(180, 0, 12, 240))
    picture = np.where(mask > 0, 40, 240).astype(np.uint8)
    around = np.full_like(picture, 240)
    around[:, 150:] = 110  # what is beside the second is nearly as dark as it
    sight = Sight(picture, around, inks.slopes(picture))
    found = pieces.find_writing(mask, np.full_like(picture, 240), sight)
    return found is not None and len(found.bodies) == 1


@needs("pieces.SAME_PEN")
def faint_ink_is_of_another_pen() -> bool:
    mask = drawn(STEM, bar(180, 60, 12, 180), bar(230, 60, 12, 180))
    dark = mask * np.uint8(200)
    dark[:, 170:] //= 4
    dark[:, 220:] *= 2
    return len(chosen(mask, dark)) == 2


@needs("pieces.AS_SHARP")
def a_shadow_is_of_no_pen_and_a_digit_out_of_focus_is() -> bool:
    mask = drawn(STEM, bar(180, 60, 12, 180), bar(240, 60, 12, 180))
    sharp = mask * np.float32(200)
    dark = sharp.copy()
    for left, blur in ((160, 1.0), (215, 6.0)):
        part = np.s_[:, left : left + 55]
        dark[part] = cv2.GaussianBlur(sharp[part], (0, 0), blur)
    return len(chosen((dark > 30).astype(np.uint8), dark)) == 2


@needs("pieces.SOFTER")
def a_digit_out_of_focus_is_of_its_row_and_a_shadow_is_not() -> bool:
    def is_one(blur: float) -> bool:
        mask = drawn(STEM, bar(180, 60, 12, 180))
        dark = mask * np.float32(200)
        dark[:, 150:] = cv2.GaussianBlur(dark[:, 150:], (0, 0), blur)
        return len(chosen((dark > 60).astype(np.uint8), dark)) == 2

    return is_one(2.0) and not is_one(4.0)


@needs("pieces.ROW")
def a_softer_digit_is_nearly_as_high_as_its_row_and_a_tooth_is_not() -> bool:
    def is_one(height: int) -> bool:
        mask = drawn(STEM, bar(180, 240 - height, 12, height))
        dark = mask * np.float32(200)
        dark[:, 150:] = cv2.GaussianBlur(dark[:, 150:], (0, 0), 2.0)
        return len(chosen((dark > 60).astype(np.uint8), dark)) == 2

    return is_one(140) and not is_one(80)


@needs("pieces.BODY")
def a_low_piece_is_a_part_and_half_a_digit_is_a_body() -> bool:
    found = written(drawn(STEM, bar(150, 60, 12, 180), bar(180, 60, 12, 90), bar(220, 60, 12, 50)))
    return found is not None and (len(found.bodies), len(found.parts)) == (3, 1)


@needs("pieces.MOST_PIECES")
def a_page_of_many_digits() -> bool:
    rows, columns = range(1, 16), range(1, 21)
    aside = np.random.default_rng(0).integers(0, 9, (3, 16, 21))
    page = drawn(
        *(
            stroke(*((14 * x + aside[i, y, x], 24 * y + 7 * i) for i in range(3)), pen=2)
            for x in columns
            for y in rows
        ),
        size=(400, 320),
    )
    return len(chosen(page)) == 300


@needs("frames.HELD_OUTLINE")
def a_scratch_within_a_zero_does_not_make_a_frame_of_it() -> bool:
    def height(shade: int) -> float:
        mask = drawn(ring(150, 150, 130, 130, pen=6), bar(140, 100, 8, 90))
        dark = mask * np.uint8(200)
        dark[100:190, 140:148] = shade
        found = written(mask, dark)
        return found.height if found else 0

    return height(30) > 200 and height(60) < 100


@needs("pieces.BAR")
def a_tilted_bar_is_no_digit_and_a_squat_digit_is_one() -> bool:
    squat = drawn(stroke((80, 100), (200, 100), (140, 190), pen=28))
    tilted = drawn(stroke((50, 150), (250, 162), pen=10))
    return written(tilted) is None and written(squat) is not None


@needs("pieces.THINNER")
def a_hair_is_of_another_pen() -> bool:
    return len(chosen(drawn(STEM, bar(180, 60, 5, 120), bar(230, 60, 3, 120)))) == 2


def holes(count: int, *, apart: int = 40, odd: int = 0) -> np.ndarray:
    """A digit below a row of holes, alike but for the second one's place."""
    row = [
        ring(30 + apart * number + odd * (number == 1), 30, 8, 8, pen=5) for number in range(count)
    ]
    return drawn(stroke((40, 120), (90, 120), (60, 220)), *row, size=(300, 600))


@needs("frames.HOLES")
def a_notebook_s_holes_are_no_zeros_and_a_few_zeros_are_none() -> bool:
    return len(chosen(holes(9))) == 1 and len(chosen(holes(5))) == 6


@needs("frames.EVEN")
def holes_are_evenly_apart() -> bool:
    return len(chosen(holes(7, odd=3))) == 1 and len(chosen(holes(7, odd=12))) == 8


@needs("frames.ONE_SHAPE")
def holes_are_one_shape_and_digits_as_large_are_not() -> bool:
    def row(*shapes: np.ndarray) -> int:
        mask = drawn(stroke((40, 120), (90, 120), (60, 220)), size=(300, 600))
        for number, shape in enumerate(shapes):
            mask[20:44, 20 + 40 * number : 44 + 40 * number] = shape
        return len(chosen(mask))

    small = (24, 24)
    zero = drawn(ring(11, 11, 9, 9, pen=4), size=small)
    worn = zero.copy()
    worn[:9, :9] = drawn(bar(0, 0, 9, 9), size=(9, 9))
    two = drawn(stroke((2, 2), (21, 2), (21, 11), (2, 11), (2, 21), (21, 21), pen=4), size=small)
    return row(zero, worn, zero, worn, zero, zero) == 1 and row(zero, two, zero, two, zero, two) > 1
