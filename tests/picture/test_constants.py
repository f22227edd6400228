"""Every number that reading a picture depends on is needed: a picture fails with half or twice it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from common.pens import file, ink, on
from common.written import number

import mnistcli.picture
from mnistcli.errors import PictureError
from mnistcli.picture import (
    candidates,
    conversion,
    cutting,
    image,
    layout,
    light,
    pieces,
    rules,
)
from mnistcli.picture import ink as inks
from mnistcli.picture import lines as straight
from mnistcli.picture.layout import Ink
from mnistcli.picture.pieces import Sight, Writing

#: Facts of file formats and bounds of memory, which have tests of their own.
FILES = {"decode", "strips"}

MODULES = {
    name: importlib.import_module(f"mnistcli.picture.{name}")
    for _, name, _ in pkgutil.iter_modules(mnistcli.picture.__path__)
    if name not in FILES
}


def numbers() -> list[str]:
    """The constants of all modules, `module.NAME`, those of a tuple with their place behind."""
    found = []
    for module, loaded in MODULES.items():
        for node in ast.parse(inspect.getsource(loaded)).body:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (
                each.id for t in targets for each in ast.walk(t) if isinstance(each, ast.Name)
            ):
                value = getattr(loaded, name)
                if isinstance(value, int | float):
                    found.append(f"{module}.{name}")
                elif isinstance(value, tuple) and all(isinstance(v, int | float) for v in value):
                    found += [f"{module}.{name}.{place}" for place in range(len(value))]
    return found


def scaled(value, place: str, factor: float):
    if place:
        k = int(place)
        return (*value[:k], scaled(value[k], "", factor), *value[k + 1 :])
    return type(value)(value * factor)


CASES: dict[str, Callable[[], bool]] = {}


def needs(*names: str):
    def register(check: Callable[[], bool]) -> Callable[[], bool]:
        CASES.update(dict.fromkeys(names, check))
        return check

    return register


OPEN = frozenset(
    [
        "conversion.LONGER_SIDES.0",
        "cutting.APART",
        "cutting.ROWS",
        "image.BOX",
        "image.FINE",
        "image.HALF",
        "image.SIDE",
        "image.THICK",
        "image.THIN",
        "ink.COLOUR_SPAN",
        "ink.NEIGHBOURHOOD",
        "ink.THUMBNAIL",
        "lines.COVERED",
        "lines.LEVEL",
        "pieces.BAR",
        "pieces.DOT",
        "pieces.HELD_OUTLINE",
        "pieces.MOST_PIECES",
        "pieces.THINNER",
        "rules.SIDE",
        "rules.STUB",
        "rules.THICKEST.0",
        "search.ABOVE_NOISE",
        "search.APART",
        "search.AROUND",
        "search.BETTER",
        "search.COARSE",
        "search.CORNERS",
        "search.DARKEST.0",
        "search.DEPTHS.0",
        "search.DEPTHS.1",
        "search.EDGE",
        "search.FAINTEST",
        "search.FILLED",
        "search.FOUR_SIDED",
        "search.LARGE",
        "search.LEANING",
        "search.OF_ALL",
        "search.ONE_COLOUR",
        "search.SLOPE",
        "search.SPANS.0",
        "search.SPANS.1",
        "search.SPANS.2",
    ]
)
"""No picture has been found yet in which these are needed as they are: it is to be found, or the
number taken out."""


def test_every_number_has_a_picture():
    assert set(CASES) <= set(numbers())
    assert set(numbers()) - set(CASES) <= OPEN


@pytest.mark.parametrize("name", sorted(set(numbers()) - OPEN))
def test_a_number_is_needed_as_it_is(name, monkeypatch):
    module, constant, place = (*name.split("."), "")[:3]
    check = CASES[name]
    assert passes(check)
    value = getattr(MODULES[module], constant)
    outcomes = []
    for factor in (0.5, 2):
        for each in MODULES.values():  # also where it was imported
            if vars(each).get(constant) is value:
                monkeypatch.setattr(each, constant, scaled(value, place, factor))
        outcomes.append(passes(check))
        monkeypatch.undo()
    assert not all(outcomes)


def passes(check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except (PictureError, IndexError):
        return False


def drawn(
    *shapes: Callable[[np.ndarray], object], size: tuple[int, int] = (300, 300)
) -> np.ndarray:
    """A mask of 0 and 1 with some shapes."""
    mask = np.zeros(size, np.uint8)
    for shape in shapes:
        shape(mask)
    return mask


def bar(left: int, top: int, width: int, height: int) -> Callable[[np.ndarray], object]:
    def draw(mask: np.ndarray) -> None:
        mask[top : top + height, left : left + width] = 1

    return draw


def stroke(*points: tuple[int, int], pen: int = 10) -> Callable[[np.ndarray], object]:
    line = np.array(points, np.int32)
    return lambda mask: cv2.polylines(mask, [line], isClosed=False, color=1, thickness=pen)


def ring(x: int, y: int, across: int, down: int, pen: int = 10) -> Callable[[np.ndarray], object]:
    return lambda mask: cv2.ellipse(mask, (x, y), (across, down), 0, 0, 360, 1, pen)


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


# pieces: what a pen wrote


@needs("pieces.MOST_PIECES")
def a_page_of_many_digits() -> bool:
    page = drawn(*(bar(8 * x, 14 * y, 2, 10) for x in range(1, 21) for y in range(1, 16)))
    return len(chosen(page)) == 300


@needs("pieces.OPEN_ENDS")
def a_slanting_stroke_that_runs_out_of_the_picture() -> bool:
    found = written(
        drawn(stroke((120, 40), (200, 310), pen=12), stroke((60, 40), (120, 40), pen=12))
    )
    cut_off = written(drawn(bar(260, 60, 40, 60), stroke((280, 60), (200, 200))))
    return found is not None and found.freedom == 1 and (cut_off is None or cut_off.freedom < 1)


@needs("pieces.STROKE")
def a_blot_is_no_stroke_and_a_stout_digit_is_one() -> bool:
    blot = drawn(lambda mask: cv2.circle(mask, (150, 150), 60, 1, -1))
    return written(blot) is None and written(drawn(bar(100, 60, 35, 180))) is not None


@needs("pieces.RECTANGLE")
def a_torn_frame_goes_and_a_round_stroke_around_a_digit_stays() -> bool:
    sides = stroke((60, 20), (20, 20), (20, 280), (280, 280), (280, 20), (240, 20), pen=6)
    curve = stroke(*((int(150 + 110 * np.cos(a)), int(150 + 110 * np.sin(a)))
                     for a in np.linspace(0.6, 5.7, 40)))  # fmt: skip
    digit = bar(140, 90, 10, 120)
    return len(chosen(drawn(sides, digit))) == 1 and len(chosen(drawn(curve, digit))) == 2


@needs("pieces.HELD")
def a_digit_with_a_speck_inside_is_no_frame_and_one_around_a_small_digit_is() -> bool:
    frame = stroke((20, 20), (20, 280), (280, 280), (280, 20), (20, 20), pen=6)
    speck = written(drawn(ring(150, 150, 90, 110), bar(140, 130, 10, 45)))
    held = chosen(drawn(frame, bar(100, 100, 8, 110)))
    return speck is not None and len(speck.bodies) == 1 and len(held) == 1


@needs("pieces.OFF_PAPER")
def paper_inside_a_stroke_is_no_ink() -> bool:
    mask = drawn(bar(100, 60, 12, 180), bar(180, 60, 12, 180))
    picture = np.where(mask > 0, 40, 240).astype(np.uint8)
    around = np.full_like(picture, 240)
    around[:, 150:] = 110  # what is beside the second is nearly as dark as it
    sight = Sight(picture, around, inks.slopes(picture))
    found = pieces.find_writing(mask, np.full_like(picture, 240), sight)
    return found is not None and len(found.bodies) == 1


@needs("pieces.BAR")
def a_bar_is_no_digit_and_a_squat_digit_is_one() -> bool:
    squat = drawn(stroke((80, 100), (200, 100), (140, 190), pen=28))
    return written(drawn(bar(50, 150, 200, 10))) is None and written(squat) is not None


@needs("pieces.SAME_PEN")
def faint_ink_is_of_another_pen() -> bool:
    mask = drawn(STEM, bar(180, 60, 12, 180), bar(230, 60, 12, 180))
    dark = mask * np.uint8(200)
    dark[:, 170:] //= 4
    dark[:, 220:] *= 2
    return len(chosen(mask, dark)) == 2


@needs("pieces.DOT")
def specks_are_smaller_than_a_dot() -> bool:
    return len(chosen(drawn(STEM, bar(180, 60, 7, 7), bar(180, 200, 10, 10)))) == 2


@needs("pieces.BODY")
def a_low_piece_is_a_part_and_half_a_digit_is_a_body() -> bool:
    found = written(drawn(STEM, bar(150, 60, 12, 180), bar(180, 60, 12, 90), bar(220, 60, 12, 50)))
    return found is not None and (len(found.bodies), len(found.parts)) == (3, 1)


# rules: lines of paper


DIGITS = drawn(
    stroke((60, 100), (50, 170), (110, 170)), stroke((95, 120), (95, 220)),
    ring(220, 160, 40, 60), stroke((340, 100), (420, 100), (370, 220)),
    size=(300, 500),
)  # fmt: skip


def rest(lines: np.ndarray, digits: np.ndarray = DIGITS) -> float:
    """How much of the lines is left."""
    only = lines & ~digits & 1
    return float((rules.without_rules(lines | digits) & only).sum() / only.sum())


def across(*rows: int, left: int = 0, right: int = 500, width: int = 3) -> np.ndarray:
    return drawn(*(bar(left, row, right - left, width) for row in rows), size=(300, 500))


@needs("rules.THICKEST.0")
def thin_rules_under_a_long_stroke_of_a_thin_pen() -> bool:
    hairline = drawn(
        stroke((100, 60), (150, 60), (190, 240), pen=5), stroke((300, 60), (290, 240), pen=5),
        stroke((60, 240), (330, 240), pen=5), size=(300, 500),
    )  # fmt: skip
    return rest(across(40, 90, 140, 190, 260), hairline) < 0.05


@needs("rules.THICKEST.1")
def a_wide_rule_goes() -> bool:
    return rest(across(60, 180, width=11)) < 0.1


@needs("rules.LONG")
def a_line_under_digits_goes_and_a_foot_stays() -> bool:
    line = across(240, left=150, right=300)
    one = drawn(stroke((150, 40), (150, 250), pen=6), stroke((40, 250), (260, 250), pen=6))
    return rest(line, drawn(bar(200, 160, 10, 60), size=(300, 500))) < 0.1 and np.array_equal(
        rules.without_rules(one), one
    )


@needs("rules.TALLER")
def a_line_is_long_beside_the_digits_and_not_beside_their_dots() -> bool:
    dots = [bar(20 + 12 * k, 280, 6, 6) for k in range(20)]
    seven = drawn(stroke((100, 60), (300, 60), (200, 240)), *dots, size=(300, 500))
    return np.array_equal(rules.without_rules(seven), seven)


@needs("rules.SCRAPS")
def nothing_is_written_where_lines_leave_scraps() -> bool:
    scraps = drawn(bar(0, 0, 10, 20), bar(50, 0, 10, 10))
    return rules.written_height(scraps, 2400) == 0 and rules.written_height(scraps, 1500) > 0


@needs("lines.SLANT")
def a_tilted_rule_is_a_line_and_a_slanting_stroke_is_none() -> bool:
    tilted, slanting = (
        drawn(stroke((0, 150), (500, round(150 + 500 * slope)), pen=3), size=(300, 500))
        for slope in (0.08, 0.2)
    )
    return bool(straight.lines(tilted, 5)) and not straight.lines(slanting, 5)


@needs("lines.SHORTEST")
def a_rule_is_longer_than_a_dash() -> bool:
    dash, rule = across(100, left=100, right=125), across(100, left=100, right=150)
    return not straight.lines(dash, 4) and bool(straight.lines(rule, 4))


@needs("lines.LEVEL")
def a_line_that_slants_as_it_may() -> bool:
    tilted = drawn(stroke((0, 150), (500, 200), pen=4), size=(300, 500))
    return bool(straight.lines(tilted, 6))


@needs("lines.NEAR")
def parts_of_a_rule_are_one_and_dashes_are_none() -> bool:
    def count(gap: int) -> int:
        return len(straight.lines(across(100, left=50, right=200) | across(100, left=200 + gap, right=350 + gap), 4))  # fmt: skip

    return count(10) == 1 and count(25) == 2


@needs("lines.COVERED")
def a_dotted_line_is_one_and_a_row_of_dots_is_none() -> bool:
    wave = drawn(
        *(bar(x, 100 if x % 60 else 106, 20, 3) for x in range(0, 480, 20)), size=(300, 500)
    )
    rough = drawn(*(bar(x, 100, 20, 3) for x in range(0, 480, 20) if x % 60), size=(300, 500))
    return bool(straight.lines(wave, 9)) and len(straight.lines(rough, 4)) < 2


# layout and cutting: pieces in lines, and parts of pieces


def block(left: int, top: int, width: int = 30, height: int = 60) -> Ink:
    return Ink(left, top, np.ones((height, width), np.uint8))


def lined(bodies: list[Ink], *parts: Ink) -> list[list[int]]:
    """How high the pieces of each line are."""
    return [[piece.height for piece in line] for line in layout.lines_of(bodies, parts, 60, 4.0)]


@needs("layout.STACK")
def a_bar_is_part_of_its_digit_and_the_next_line_is_not() -> bool:
    apart = [block(0, 0, height=52), block(0, 60, height=52), block(60, 0, height=52)]
    return lined([block(0, 0, height=30), block(0, 38, height=30)]) == [[68]] and len(lined(apart)) == 2  # fmt: skip


@needs("layout.CLOSE")
def what_is_near_above_is_one_and_what_is_far_is_not() -> bool:
    near, far = ([block(0, 0, height=30), block(0, 30 + gap, height=30)] for gap in (8, 18))
    return lined(near) == [[68]] and len(lined(far)) == 2


@needs("layout.BESIDE")
def a_line_climbs_and_the_next_line_does_not_belong_to_it() -> bool:
    return lined([block(0, 25), block(60, 0)]) == [[60, 60]] and len(lined([block(0, 42), block(60, 0)])) == 2  # fmt: skip


@needs("layout.LOWER")
def printing_is_lower_than_what_is_written() -> bool:
    return lined([block(0, 0), block(60, 30, height=18)]) == [[60]] and lined(
        [block(0, 0), block(60, 20, height=30)]
    ) == [[60, 30]]


@needs("layout.NEAR")
def a_dash_beside_a_digit_is_in_its_line_and_one_farther_is_not() -> bool:
    return lined([block(0, 0)], block(50, 28, 20, 5)) == [[60, 5]] and lined(
        [block(0, 0)], block(75, 28, 20, 5)
    ) == [[60]]


def slices(*shapes: Callable[[np.ndarray], object], pen: float = 6) -> list[tuple[Ink, float]]:
    return cutting.cut(Ink.of(0, 0, drawn(*shapes, size=(120, 260))), pen)


@needs("cutting.ROWS")
def a_narrow_gap_is_found() -> bool:
    ((_, _), (_, price)) = slices(bar(20, 10, 30, 96), bar(53, 10, 30, 96), pen=30)
    return price < 0.02


@needs("cutting.ASIDE")
def a_seam_goes_round_slanting_strokes() -> bool:
    one, other = (stroke((x, 110), (x + 55, 10), pen=5) for x in (20, 40))
    return [piece.mask.sum() for piece, _ in slices(one, other, pen=5)] == pytest.approx(
        [drawn(each, size=(120, 260)).sum() for each in (one, other)], rel=0.05
    )


@needs("cutting.CROSSED")
def what_touches_along_a_curve_is_cut_and_a_bar_is_not() -> bool:
    thick, thicker = (slices(bar(20, 10, 6, 100), bar(20, 40, 90, deep), bar(104, 10, 6, 100)) for deep in (15, 25))  # fmt: skip
    return len(thick) > 1 and len(thicker) == 1


@needs("cutting.APART")
def ones_on_one_foot_are_as_many_slices() -> bool:
    ones = slices(bar(20, 104, 126, 6), *(bar(x, 10, 6, 100) for x in (20, 60, 100, 140)))
    return len(ones) == 4


# candidates: prices, in nats


def prices(line: list[Ink], pen: float = 6) -> dict[tuple[int, int], float]:
    """What each candidate of a line of digits, 100 high, costs, by its first and last slice."""
    sliced = candidates._slices(line, 100, pen)
    return {
        (each.first, each.last): each.cost for each in candidates._candidates(0, sliced, 100, 1)
    }


def shape(*shapes: Callable[[np.ndarray], object]) -> Ink:
    return Ink.of(0, 0, drawn(*shapes, size=(120, 260)))


TWO = shape(bar(20, 10, 6, 100), bar(20, 50, 112, 6), bar(126, 10, 6, 100))


@needs("candidates.SMOOTH")
def a_stroke_stays_where_it_is_thinner_and_a_jag_does_not() -> bool:
    thin = candidates._smooth(drawn(bar(100, 50, 11, 200)), 18)
    jag = candidates._smooth(drawn(bar(100, 50, 60, 200), bar(160, 100, 5, 5)), 18)
    return bool(thin[150].any() and not jag[100:105, 162:].any())


@needs("candidates.CUT_FROM")
def a_wide_piece_is_cut_and_a_narrow_one_is_not() -> bool:
    narrow = shape(bar(20, 10, 6, 100), bar(20, 50, 50, 6), bar(64, 10, 6, 100))
    return len(candidates._slices([TWO], 100, 6)) > 1 == len(candidates._slices([narrow], 100, 6))


@needs("candidates.UNREAD")
def a_letter_is_not_left_out_for_little_and_a_dash_is() -> bool:
    found = segmented("4")
    return 2 <= max(found.unread[0]) <= 4


@needs("candidates.CUT", "candidates.WIDE", "candidates.WIDER")
def two_digits_that_touch_are_cheaper_in_two() -> bool:
    found = prices([TWO])
    halves = [found[0, k] + found[k + 1, max(found)[1]] for k in range(max(found)[1])]
    return 0.4 < min(halves) < found[0, max(found)[1]] < 2 * min(halves)


@needs("candidates.WIDEST")
def two_wide_digits_are_no_candidate_together() -> bool:
    two = [shape(bar(20, 10, 6, 100), bar(20, 10, 50, 6)), shape(bar(180, 10, 6, 100))]
    return set(prices(two)) == {(0, 0), (1, 1)} and (0, 1) in prices(
        [two[0], block(60, 0, 60, 100)]
    )


@needs("candidates.SPREAD")
def a_lower_digit_is_read() -> bool:
    (price,) = prices([block(0, 0, 20, 65)]).values()
    return 0.3 < price < 1.6


@needs("candidates.LOW")
def a_dash_is_no_candidate_and_a_low_digit_is_one() -> bool:
    return not prices([block(0, 0, 30, 20)]) and bool(prices([block(0, 0, 30, 40)]))


@needs("candidates.GAP")
def parts_of_a_broken_digit_are_rather_one_than_left_out() -> bool:
    return 0.5 < prices([block(0, 0, 20, 100), block(32, 0, 20, 100)])[0, 1] < 1.5


# ink and light: what differs from the paper


def segmented(text: str) -> conversion.Segmentation:
    return conversion.segment_picture(file(np.asarray(number(text).convert("L"))))


@needs("ink.LEAST_SIDE")
def a_small_picture_is_enlarged_as_far_as_needed() -> bool:
    return inks.enlarge(np.zeros((28, 20), np.uint8)).shape == (280, 200)


@needs("ink.COLOUR_SPAN")
def colours_on_paper_whose_colour_changes() -> bool:
    coverage = ink(4)
    across = np.linspace(0, 1, 300)[None, :, None]
    paper = (1 - across) * np.array([250, 200, 150]) + across * np.array([150, 200, 250])
    coloured = np.rint(paper - coverage[..., None] * np.array([10, 60, 10])).astype(np.uint8)
    grey = inks.to_grey(coloured).astype(int)
    inner = coverage[:, 100:200] > 0.9
    return bool(abs(grey[:, 100:200][inner].mean() - grey[:, 100:200][coverage[:, 100:200] == 0].mean()) > 40)  # fmt: skip


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


@needs("ink.THUMBNAIL", "ink.NEIGHBOURHOOD")
def surroundings_are_the_paper_around_a_broad_digit() -> bool:
    picture = on(230, ink(4, pen=50, height=0.7), 30)
    step = np.where(np.arange(300) < 150, 230, 120)[None, :].repeat(300, 0).astype(np.uint8)
    around = inks.surroundings(step).astype(int)
    return bool(np.abs(inks.surroundings(picture).astype(int) - 230).max() <= 2) and bool(abs(around[150, 100] - 230) <= 2)  # fmt: skip


@needs("ink.SPARSE")
def a_median_of_few_pixels_is_theirs() -> bool:
    picture = np.full((90, 90), 50, np.uint8)
    picture[::3, ::3] = 60
    return inks.typical(picture) == 60


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


# image, conversion: made as MNIST's are


@needs("image.SIDE", "image.BOX", "image.CENTRE", "image.HALF", "image.FINE", "image.THIN", "image.THICK",
       "conversion.SHAPE.0", "conversion.SHAPE.1", "conversion.LONGER_SIDES.0", "conversion.LONGER_SIDES.1",
       "conversion.WHITE", "conversion.CENTRE", "conversion.OFF_CENTRE")  # fmt: skip
def an_image_is_made_as_mnist_has_them() -> bool:
    thin, thick = (image.digit_image(drawn(ring(150, 150, 60, 100, pen))) for pen in (4, 60))
    return conversion.looks_like_mnist(thin) and conversion.looks_like_mnist(thick)
