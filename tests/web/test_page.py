"""The drawing page: mouse, finger, pen and keyboard."""

import pytest
from common.hands import DIGITS
from common.pages import (
    NOTHING,
    PHONE,
    await_question,
    draw,
    draw_by_finger,
    expect,
    expect_digit,
    expect_nothing,
    hold,
    ink,
    place,
    seen,
)

pytest_plugins = "common.pages"


def digits(*every_day):
    """All ten digits, of which only these are drawn every day."""
    return [pytest.param(d, marks=() if d in every_day else pytest.mark.long) for d in DIGITS]


# Drawing


@pytest.mark.parametrize("digit", digits(0, 5, 7))
def test_a_digit_drawn_with_the_mouse_is_read(page, digit):
    draw(page, DIGITS[digit])
    expect_digit(page, digit)
    expect(page.locator("#bars .best .name")).to_have_text(str(digit))
    expect(page.locator("#certainty")).to_contain_text("% sure")


@pytest.mark.parametrize("digit", digits(4, 8))
def test_a_digit_drawn_with_a_finger_on_a_phone_is_read(visit, digit):
    page = visit(**PHONE)
    draw_by_finger(page, DIGITS[digit])
    expect_digit(page, digit)
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]


@pytest.mark.parametrize("scale", [0.25, pytest.param(0.5, marks=pytest.mark.long), 1.4])
def test_a_small_or_large_digit_is_read(page, scale):
    strokes = [[(0.5 + scale * (x - 0.5), 0.5 + scale * (y - 0.5)) for x, y in DIGITS[3][0]]]
    draw(page, strokes)
    expect_digit(page, 3)


def test_a_digit_that_runs_off_the_sheet_is_read(page):
    draw(page, [[(0.5, 0.4), (0.5, -0.02)], [(0.5, 0.4), (0.5, 1.02)]])
    expect_digit(page, 1)


def test_the_answer_is_there_before_the_pen_is_lifted(page):
    first, *others = DIGITS[3][0]
    page.mouse.move(*place(page, first))
    page.mouse.down()
    for point in others:
        page.mouse.move(*place(page, point))
    expect_digit(page, 3)
    page.mouse.up()


def test_while_an_answer_is_awaited_only_the_latest_drawing_waits(page):
    held = hold(page)
    first, *others = DIGITS[3][0]
    page.mouse.move(*place(page, first))
    page.mouse.down()
    await_question(page, held, 1)
    for point in others:
        page.mouse.move(*place(page, point))
    page.mouse.up()
    assert len(held) == 1
    held[0].continue_()
    await_question(page, held, 2)
    held[1].continue_()
    expect_digit(page, 3)
    assert len(held) == 2


def test_an_answer_that_comes_after_clearing_is_not_shown(page):
    held = hold(page)
    draw(page, [[(0.5, 0.2), (0.5, 0.8)]])
    await_question(page, held, 1)
    page.locator("#clear").click()
    page.evaluate(
        """() => {
            window.shown = [];
            const keep = (changes) => changes.forEach(({ addedNodes }) => {
                window.shown.push(...[...addedNodes].map((node) => node.textContent));
            });
            new MutationObserver(keep).observe(document.getElementById("digit"), { childList: true });
        }"""
    )
    held[0].continue_()
    expect(page.locator("#status")).to_have_text("The sheet is empty")  # said after the answer
    assert page.evaluate("window.shown") == [NOTHING]


def test_a_pen_that_is_pressed_draws_a_broader_stroke(page):
    widths = []
    for force in (0.2, 0.9):
        session = page.context.new_cdp_session(page)
        for kind, point in (
            ("Pressed", (0.5, 0.2)),
            ("Moved", (0.5, 0.8)),
            ("Released", (0.5, 0.8)),
        ):
            x, y = place(page, point)
            event = {"x": x, "y": y, "button": "left", "pointerType": "pen", "force": force}
            session.send(
                "Input.dispatchMouseEvent", {"type": f"mouse{kind}", "clickCount": 1, **event}
            )
        expect_digit(page, 1)
        widths.append(ink(page))
        page.keyboard.press("Delete")
    assert widths[0] < 0.7 * widths[1]


def test_what_the_network_sees_is_shown(page):
    with page.expect_response("**/predict*") as answer:
        draw(page, [[(0.5, 0.2), (0.5, 0.2)]])
    expect(page.locator("#reading")).not_to_have_class("idle")
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    assert answer.value.ok
    pixels = seen(page)
    assert max(pixels) > 200
    assert pixels[:56] == [0] * 56  # MNIST's margin


def test_undo_takes_back_stroke_by_stroke_and_clear(page):
    undo = page.locator("#undo")
    expect(undo).to_be_disabled()
    draw(page, DIGITS[4])
    expect_digit(page, 4)
    both = ink(page)
    page.keyboard.press("Delete")
    expect_nothing(page)
    undo.click()
    expect_digit(page, 4)
    assert ink(page) == both
    page.keyboard.press("Control+z")
    assert 0 < ink(page) < both
    undo.click()
    expect_nothing(page)
    expect(undo).to_be_disabled()


def test_clear_empties_sheet_and_answer(page):
    draw(page, DIGITS[8])
    expect_digit(page, 8)
    page.locator("#clear").click()
    expect_nothing(page)
    assert ink(page) == 0
    assert set(seen(page)) == {0}


# The keyboard


def test_a_digit_can_be_drawn_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    expect(page.locator("#sheet")).to_be_focused()
    for key, times in (("ArrowUp", 9), ("ArrowLeft", 6), ("Space", 1), ("ArrowRight", 12)):
        for _ in range(times):
            page.keyboard.press(key)
    page.keyboard.down("ArrowLeft")  # held: the pen goes aslant
    for key in ("ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
        page.keyboard.press(key)
    page.keyboard.up("ArrowLeft")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#status")).not_to_have_text("")
    page.keyboard.press("Space")
    expect_digit(page, 7)
    page.keyboard.press("ArrowUp")
    expect(page.locator("#status")).to_contain_text("Read as 7")
    page.keyboard.press("Control+z")
    expect_nothing(page)


def test_every_control_is_reached_by_tab_and_shows_it(page):
    draw(page, DIGITS[1])
    expect_digit(page, 1)
    page.locator("h1").click()
    for name in ("sheet", "undo", "clear", "choose"):
        page.keyboard.press("Tab")
        expect(page.locator(f"#{name}")).to_be_focused()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
