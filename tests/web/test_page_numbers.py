"""The drawing page: numbers of several digits."""

import base64

import pytest
from common.hands import DIGITS
from common.pages import (
    PHONE,
    draw,
    draw_by_finger,
    expect,
    expect_digit,
    expect_nothing,
    expect_whole,
)
from common.written import written

pytest_plugins = "common.pages"

STEP = 0.42  # of the sheet's height, from one digit to the next


def strokes(text, scale=0.7):
    """The strokes of a number in the middle of the sheet, as wide as it needs."""
    middle = (len(text) - 1) / 2
    return [
        [(0.5 + scale * (x - 0.5) + STEP * (k - middle), 0.5 + scale * (y - 0.5)) for x, y in each]
        for k, digit in enumerate(text)
        for each in DIGITS[int(digit)]
    ]


def test_a_number_is_read_as_it_is_written(page):
    drawn = strokes("174")
    draw(page, drawn[:1])
    expect_digit(page, "1")
    draw(page, drawn[1:2])
    expect_digit(page, "17")
    draw(page, drawn[2:])
    expect_digit(page, "174")
    expect(page.locator("#certainty")).to_contain_text("sure of all 3 digits")


def test_each_digit_stands_in_a_box_where_it_was_drawn(page):
    draw(page, strokes("174"))
    expect_whole(page, "174")
    marks = page.locator("#marks span")
    expect(marks).to_have_count(3)
    sheet = page.locator("#sheet").bounding_box()
    for place in range(3):
        box = marks.nth(place).bounding_box()
        middle = box["x"] + box["width"] / 2 - sheet["x"] - sheet["width"] / 2
        assert middle / sheet["height"] == pytest.approx(STEP * (place - 1), abs=0.1)
        assert box["height"] / sheet["height"] == pytest.approx(0.7 * 0.6, abs=0.12)


def test_a_tap_on_a_digit_shows_its_bars_and_what_the_network_saw(page):
    draw(page, strokes("174"))
    expect_whole(page, "174")
    for place, digit in enumerate("174"):
        button = page.locator("#digit button").nth(place)
        button.click()
        expect(page.locator("#digit button").nth(place)).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#bars .best .name")).to_have_text(digit)
        expect(page.locator("#marks .chosen")).to_have_attribute("data-digit", digit)


def test_a_number_drawn_with_a_finger_on_a_phone_is_read_without_scrolling(visit):
    page = visit(**PHONE)
    draw_by_finger(page, strokes("1740", scale=0.6))
    expect_whole(page, "1740")
    page.locator("#digit button").nth(1).tap()
    expect(page.locator("#bars .best .name")).to_have_text("7")
    overflow = "(({scrollWidth, clientWidth, scrollHeight, clientHeight}) =>\
        [scrollWidth - clientWidth, scrollHeight - clientHeight])(document.documentElement)"
    assert page.evaluate(overflow) == [0, 0]
    for name in ("#sheet", "#digit", "#image", "#bars"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)


def test_clear_takes_the_boxes_away(page):
    draw(page, strokes("17"))
    expect_digit(page, "17")
    page.locator("#clear").click()
    expect_nothing(page)
    expect(page.locator("#marks span")).to_have_count(0)


def test_a_picture_of_a_number_gets_its_boxes_too(page, tmp_path):
    content = base64.b64encode(written(tmp_path, "14\n70").read_bytes()).decode()
    transfer = page.evaluate_handle(
        """(content) => {
            const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "number.png"));
            return transfer;
        }""",
        content,
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator("#digit button")).to_have_count(4)
    expect(page.locator("#digit br")).to_have_count(1)
    expect(page.locator("#marks span")).to_have_count(4)
