"""Candidates for digits, and what they cost, in nats."""

import numpy as np
from common.pens import file
from common.written import number
from needed.drawing import Shape, bar, drawn, needs
from needed.layout import block

from mnistcli.picture import candidates, conversion
from mnistcli.picture.image import Strokes
from mnistcli.picture.layout import Ink


def prices(line: list[Ink], pen: float = 6) -> dict[tuple[int, int], float]:
    """What each candidate of a line of digits, 100 high, costs, by its first and last slice."""
    sliced = candidates._slices(line, 100, pen)
    mask = np.zeros((400, 600), np.uint8)
    for ink in line:
        mask[ink.top : ink.bottom, ink.left : ink.right] |= ink.mask
    found = candidates._candidates(
        0, sliced, [np.inf] * len(sliced), 100, Strokes(mask, mask, pen), candidates.Place(1)
    )
    return {
        (each.first, each.last): each.cost + sum(cut or 0.0 for cut in each.cuts) / 2
        for each in found
    }


def shape(*shapes: Shape) -> Ink:
    return Ink.of(0, 0, drawn(*shapes, size=(120, 260)))


TWO = shape(bar(20, 10, 6, 100), bar(20, 50, 112, 6), bar(126, 10, 6, 100))


@needs("candidates.SMOOTH")
def a_stroke_stays_where_it_is_thinner_and_a_jag_does_not() -> bool:
    thin = candidates.smooth(drawn(bar(100, 50, 11, 200)), 18)
    jag = candidates.smooth(drawn(bar(100, 50, 60, 200), bar(160, 100, 5, 5)), 18)
    return bool(thin[150].any() and not jag[100:105, 162:].any())


@needs("candidates.CUT_FROM")
def a_wide_piece_is_cut_and_a_narrow_one_is_not() -> bool:
    narrow = shape(bar(20, 10, 6, 100), bar(20, 50, 50, 6), bar(64, 10, 6, 100))
    return len(candidates._slices([TWO], 100, 6)) > 1 == len(candidates._slices([narrow], 100, 6))


@needs("candidates.UNREAD")
def a_letter_is_not_left_out_for_little_and_a_dash_is() -> bool:
    found = conversion.segment_picture(file(np.asarray(number("4").convert("L"))))
    return 2.5 <= max(found.unread[0]) <= 6


@needs("candidates.CUT", "candidates.WIDE", "candidates.WIDER")
def two_digits_that_touch_are_cheaper_in_two() -> bool:
    found = prices([shape(bar(20, 10, 6, 100), bar(20, 50, 180, 6), bar(194, 10, 6, 100))])
    last = max(found)[1]
    halves = [found[0, k] + found[k + 1, last] for k in range(last) if {(0, k), (k + 1, last)} <= set(found)]  # fmt: skip
    return 1.5 < min(halves) < found[0, last] < 2.2 * min(halves)


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


@needs("candidates.RARER")
def a_digit_half_as_high_costs_less_than_to_leave_it_out_and_half_of_one_more() -> bool:
    low = [block(0, 0, 30, 40)]
    (alone,) = prices(low).values()
    return 3 < alone < 5


@needs("candidates.LOW")
def a_dash_is_no_candidate_and_a_low_digit_is_one() -> bool:
    return not prices([block(0, 0, 30, 20)]) and bool(prices([block(0, 0, 30, 40)]))


@needs("candidates.GAP")
def parts_of_a_broken_digit_are_rather_one_than_left_out() -> bool:
    return 1.2 < prices([block(0, 0, 20, 100), block(32, 0, 20, 100)])[0, 1] < 3.5
