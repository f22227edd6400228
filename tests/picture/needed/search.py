"""Ways to look at a picture, and the one with most evidence."""

import cv2
import numpy as np
from common.pens import ink, on, seen
from needed.drawing import Shape, bar, drawn, needs, polygon

from mnistcli.picture import ink as inks
from mnistcli.picture import search, view
from mnistcli.picture.furniture import sheet


def half_as_dark(covered: np.ndarray, part: tuple[slice, slice], share: float) -> np.ndarray:
    fainter = covered.copy()
    fainter[part] *= share
    return on(240, fainter, 30)


@needs("view.SPANS.0")
def a_broad_brush_on_a_tight_crop() -> bool:
    one = drawn(bar(110, 10, 80, 280)).astype(np.float32)
    paper = np.linspace(200, 240, 300)[None, :].repeat(300, 0)
    return seen(on(paper, one, 30), one) > 0.8


@needs("view.SPANS.1")
def a_felt_pen_over_a_shadow_s_edges() -> bool:
    paper = np.full((300, 300), 230.0)
    paper[:, 110:190] = 130
    seven = ink(7, pen=40)
    return seen(on(paper, seven, 30), seven) > 0.8


@needs("view.SPANS.2")
def a_pen_in_the_light_of_blinds() -> bool:
    paper = np.full((300, 300), 230.0)
    for column in range(10, 300, 80):
        paper[:, column : column + 32] = 130
    seven = ink(7, pen=18)
    return seen(on(paper, seven, 30), seven) > 0.8


@needs("view.DEPTHS.0")
def the_back_of_the_sheet_shows_through() -> bool:
    seven = ink(7)
    return seen(on(on(240, ink(0)[:, ::-1], 205), seven, 30), seven) > 0.95


@needs("view.DEPTHS.1")
def a_stroke_gets_fainter() -> bool:
    zero = ink(0)
    return seen(half_as_dark(zero, np.s_[140:, :], 0.3), zero) > 0.8


@needs("search.BETTER")
def the_fainter_half_belongs_to_a_digit() -> bool:
    zero = ink(0)
    return seen(half_as_dark(zero, np.s_[:, 150:], 0.4), zero) > 0.8


@needs("view.FAINTEST")
def the_faintest_ink_is_seen() -> bool:
    seven = ink(7)
    return seen(on(255, seven, 230), seven) > 0.8


@needs("ink.SLOPE")
def a_blurred_digit_is_seen() -> bool:
    seven = cv2.GaussianBlur(ink(7, pen=30, height=0.7), (0, 0), 10)
    return seen(on(255, seven, 220), seven) > 0.8


@needs("search.OF_ALL")
def a_digit_among_hundreds_of_hairs_is_not_to_be_told() -> bool:
    zero = ink(0, size=(600, 600), height=0.2, pen=16)
    covered = zero.copy()
    for number in range(700):
        x, y = 8 + number % 48 * 12, 8 + number // 48 * 24 + number * number % 7
        if not zero[y - 8 : y + 30, max(0, x - 8) : x + 16].any():
            covered[y : y + 16, x] = 1
    return seen(on(230, covered, 40), zero) == 0


@needs("search.COARSE")
def a_hairline_on_a_large_sheet_beside_a_glare() -> bool:
    size = (1500, 2000)
    seven = ink(7, size, (0.5, 0.35), pen=2)
    glare = ink(1, size, (0.5, 0.85), 0.3, pen=20)
    paper = np.linspace(236, 215, 2000)[None, :].repeat(1500, 0)
    return seen(on(on(paper, glare, 244), seven, 120), seven) > 0.4


def over_waves(*rows: int, pen: int, grey: int) -> float:
    """How well a digit is seen that is written over waves from border to border."""
    columns, waves = np.arange(0, 301, 5), np.zeros((300, 300), np.uint8)
    for row in rows:
        points = np.stack([columns, row + 14 * np.sin(columns / 25 + row)], 1).round()
        cv2.polylines(waves, [points.astype(np.int32)], isClosed=False, color=1, thickness=pen)
    seven = ink(7, pen=16)
    return seen(on(np.where(waves > 0, float(grey), 230.0), seven, 20), seven)


@needs("search.DARKEST.0")
def a_digit_over_printed_waves_is_the_darkest_ink() -> bool:
    return over_waves(60, 110, 150, 190, 240, pen=8, grey=130) > 0.8


@needs("search.LEANING")
def a_digit_that_leans_on_the_border_by_two_waves_is_looked_at_again() -> bool:
    return over_waves(110, 190, pen=12, grey=110) > 0.8


@needs("search.ONE_TONE")
def a_trimmed_digit_and_one_over_waves() -> bool:
    seven = ink(7, pen=16)
    rows, columns = (np.flatnonzero((seven > 0.5).any(axis=side)) for side in (1, 0))
    trimmed = on(230, seven, 20)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = search.find(np.asarray(trimmed, np.uint8))
    return found.alone and over_waves(110, 190, pen=12, grey=110) > 0.8


# Drawn on one colour


def plain(picture: np.ndarray) -> bool:
    grey = np.asarray(picture, np.uint8)
    return inks.is_plain(grey) and bool(search._alone_on_plain_ground(grey))


@needs("ink.ONE_COLOUR")
def a_border_of_hardly_another_shade() -> bool:
    def margin(difference: int) -> bool:
        paper = np.full((300, 300), 230.0)
        paper[:, :20] -= difference
        return plain(on(paper, ink(7), 30))

    return margin(3) and not margin(5)


@needs("ink.APART")
def a_faint_patch_beside_the_digit() -> bool:
    def patch(difference: int) -> bool:
        paper = np.full((300, 300), 230.0)
        paper[250:280, 250:280] -= difference
        return plain(on(paper, ink(7), 30))

    return patch(12) and not patch(20)


# Sheets of paper on something else


def is_sheet(*shapes: Shape, hole: int = 20) -> bool:
    mask = drawn(*shapes)
    mask[150 - hole // 2 : 150 + hole // 2, 150 - hole // 2 : 150 + hole // 2] = 0
    return sheet.four_sided(mask) is not None


@needs("search.SHEETS")
def a_ruled_yellow_note_that_nearly_fills_the_picture() -> bool:
    note = drawn(polygon((30, 50), (270, 30), (290, 270), (50, 290)), size=(320, 320))
    paper = np.where(note[..., None] > 0, (255, 215, 60), (240, 240, 240))
    for row in range(0, 300, 30):
        paper[row : row + 2] *= np.where(note[row : row + 2, :, None] > 0, 80, 100)
        paper[row : row + 2] //= 100
    seven = ink(7, size=(320, 320), height=0.15, pen=8)
    return all(seen(on(paper, seven, pen), seven) > 0.7 for pen in ((20, 40, 100), (30, 30, 30)))


@needs("sheet.PATTERN", "sheet.BROAD")
def a_sheet_on_a_striped_cloth_as_white_as_it() -> bool:
    rows, columns = np.indices((300, 400))
    cloth = np.where((columns + rows // 8) // 20 % 2, 60, 230)
    cloth[60:240, 60:340] = 220
    seven = ink(7, size=(300, 400), height=0.3, pen=8)
    return seen(on(cloth, seven, 30), seven) > 0.7


@needs("sheet.LARGE")
def a_small_sheet_and_a_smaller_thing() -> bool:
    large, thing = (
        is_sheet(bar(150 - side // 2, 150 - side // 2, side, side), hole=12) for side in (50, 36)
    )
    return large and not thing


@needs("sheet.SMALL")
def a_number_beside_a_stamp_and_a_plot_beside_its_scale() -> bool:
    def overlaps(side: int) -> tuple[float, float]:
        """How well is a seven on a dark square seen, and the number below it."""
        size, middle = (400, 400), (30 + side / 2) / 400
        seven = ink(7, size, (middle, middle), side * 0.45 / 400, pen=side // 16)
        number = np.maximum.reduce([ink(4, size, (0.8, x), 0.2, 6) for x in (0.2, 0.5, 0.8)])
        paper = np.full(size, 235)
        paper[30 : 30 + side, 30 : 30 + side] = 90
        picture = on(on(paper, seven, 250), number, 30)
        return seen(picture, seven), seen(picture, number)

    stamp, beside = overlaps(120)
    plot, scale = overlaps(170)
    return beside > 0.8 > stamp and plot > 0.8 > scale


@needs("sheet.FILLED")
def a_broad_margin_is_of_a_sheet_and_a_frame_is_none() -> bool:
    square = bar(50, 50, 200, 200)
    return is_sheet(square, hole=80) and not is_sheet(square, hole=140)


@needs("sheet.CORNERS")
def a_dog_eared_sheet() -> bool:
    ear = polygon((70, 50), (250, 50), (250, 250), (50, 250), (50, 70))
    return is_sheet(ear, hole=4)  # what is drawn on it is too pale


@needs("sheet.CONVEX")
def a_card_with_round_corners_is_a_sheet() -> bool:
    def corners(mask: np.ndarray) -> None:
        for centre in ((110, 110), (189, 110), (110, 189), (189, 189)):
            cv2.circle(mask, centre, 60, 1, cv2.FILLED)

    return is_sheet(bar(50, 110, 200, 80), bar(110, 50, 80, 200), corners)


@needs("sheet.FOUR_SIDED")
def a_sheet_without_a_corner_is_none() -> bool:
    cut = polygon((110, 50), (250, 50), (250, 250), (50, 250), (50, 110))
    return is_sheet(bar(50, 50, 200, 200), hole=4) and not is_sheet(cut, hole=4)


def stands_out(picture: np.ndarray) -> bool:
    seen = view.View(np.asarray(picture, np.uint8))
    return sheet.is_apart(drawn(bar(100, 100, 100, 100)), seen.grey, seen.slopes)


@needs("sheet.EDGE")
def a_sheet_on_a_table_of_nearly_its_shade() -> bool:
    def on_table(difference: int) -> bool:
        picture = np.full((300, 300), 200 - difference)
        picture[100:200, 100:200] = 200
        return stands_out(picture)

    return on_table(50) and not on_table(28)


@needs("sheet.AROUND")
def paper_within_a_thick_stroke_is_no_sheet_and_one_in_a_broad_frame_is() -> bool:
    def within(stroke: int) -> bool:
        picture = np.full((300, 300), 230)
        picture[100 - stroke : 200 + stroke, 100 - stroke : 200 + stroke] = 40
        picture[100:200, 100:200] = 230
        return stands_out(picture)

    return within(45) and not within(30)
