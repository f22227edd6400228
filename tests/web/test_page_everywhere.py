"""The drawing page: pictures, devices, tastes and needs."""

import base64
import json
import os
from pathlib import Path

import pytest
from common.hands import DIGITS
from common.pages import (
    DESKTOP,
    PHONE,
    draw,
    draw_by_finger,
    expect,
    expect_digit,
    expect_nothing,
    ink,
)

pytest_plugins = "common.pages"

AXE = os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js")
"""The accessibility checker: `npm install axe-core`, or a path in this variable."""


# Pictures


@pytest.fixture(scope="module")
def picture(own_digits: Path) -> Path:
    return min(own_digits.parent.glob("yakkaluru/3_*.png"))


def drop(page, path: Path) -> None:
    content = base64.b64encode(path.read_bytes()).decode()
    transfer = page.evaluate_handle(
        """([content, name]) => {
            const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [content, path.name],
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    expect(page.locator(".drop")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(page.locator(".drop")).to_be_hidden()


def test_a_dropped_picture_is_shown_and_read(page, picture):
    drop(page, picture)
    expect_digit(page, 3)
    assert ink(page) > 0
    page.keyboard.press("Control+z")
    expect_nothing(page)


def test_a_pasted_picture_is_read(page, picture, url):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.evaluate(
        """async (content) => {
            const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
            const blob = new Blob([bytes], { type: "image/png" });
            await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        base64.b64encode(picture.read_bytes()).decode(),
    )
    page.keyboard.press("Control+v")
    expect_digit(page, 3)


def test_a_chosen_picture_is_read_and_may_be_chosen_again(page, picture):
    for _ in range(2):
        with page.expect_file_chooser() as chooser:
            page.locator("#choose").click()
        chooser.value.set_files(picture)
        expect_digit(page, 3)
        page.locator("#clear").click()
        expect_nothing(page)


def test_drawing_replaces_a_picture(page, picture):
    drop(page, picture)
    expect_digit(page, 3)
    draw(page, DIGITS[1])
    expect_digit(page, 1)


def test_a_file_that_is_no_picture_is_said_in_words(page, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    drop(page, path)
    expect(page.locator("#certainty")).to_contain_text("picture that can be read")
    expect(page.locator("#prompt")).to_have_text("notes.txt")
    page.locator("#clear").click()
    draw(page, DIGITS[1])
    expect_digit(page, 1)


def test_the_page_says_what_the_command_says(page, own_digits, mnist_run, mnistcli_here):
    pictures = sorted(own_digits.parent.glob("*/*.png"))[::25]
    result = mnistcli_here("predict", *pictures, "--json", "--run", mnist_run)
    for said in json.loads(result.stdout)["predictions"]:
        drop(page, Path(said["path"]))
        text = "?" if said["error"] else said["text"].replace("\n", "")
        expect_digit(page, text + ("?" if said["doubtful"] else ""))
        page.keyboard.press("Delete")  # so that the next answer is the next picture's
        expect_nothing(page)


# Everywhere


@pytest.mark.parametrize(
    "size",
    [
        (360, 640),
        (740, 360),
        (1280, 800),
        *(pytest.param(size, marks=pytest.mark.long) for size in ((390, 844), (820, 1180))),
    ],
)
def test_everything_is_in_view_without_scrolling(visit, size):
    page = visit(viewport={"width": size[0], "height": size[1]}, has_touch=True, is_mobile=True)
    draw_by_finger(page, DIGITS[5])
    expect_digit(page, 5)
    overflow = "(({scrollWidth, clientWidth, scrollHeight, clientHeight}) =>\
        [scrollWidth - clientWidth, scrollHeight - clientHeight])(document.documentElement)"
    assert page.evaluate(overflow) == [0, 0]
    for name in ("#sheet", "#undo", "#clear", "#choose", "#digit", "#image", "#bars"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("device", "scheme"),
    [
        pytest.param(DESKTOP, "light", id="desktop-light"),
        pytest.param(PHONE, "dark", id="phone-dark"),
        pytest.param(DESKTOP, "dark", id="desktop-dark", marks=pytest.mark.long),
        pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.long),
    ],
)
def test_the_page_passes_axe(visit, device, scheme):
    if not Path(AXE).is_file():
        pytest.skip(f"axe-core is not installed: no {AXE}, and AXE_CORE names no other")
    page = visit(**device, color_scheme=scheme)
    page.evaluate(Path(AXE).read_text())
    check = "axe.run().then((found) => found.violations.map(({id, nodes}) => [id, nodes[0].html]))"
    assert page.evaluate(check) == []
    draw(page, DIGITS[2])
    expect_digit(page, 2)
    assert page.evaluate(check) == []


def test_the_dark_sheet_has_light_ink_and_asks_of_the_same_picture(page):
    draw(page, DIGITS[6])
    expect_digit(page, 6)
    pictures, colours = [], []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.getElementById('sheet')).color"))
        page.locator("#clear").click()
        expect_nothing(page)
        with page.expect_request("**/predict*") as asked:
            page.keyboard.press("Control+z")
        pictures.append(asked.value.post_data_buffer)
        expect_digit(page, 6)
    assert pictures[0] == pictures[1]
    assert colours[0] != colours[1]


def test_whoever_wants_less_motion_gets_none(visit):
    page = visit(**DESKTOP, reduced_motion="reduce")
    fill = "getComputedStyle(document.querySelector('.fill')).transitionDuration"
    assert page.evaluate(fill) == "0s"


def test_a_server_that_has_ended_is_said_in_words(page):
    page.route("**/predict*", lambda route: route.fulfill(status=200, body="not JSON"))
    draw(page, DIGITS[1])
    expect(page.locator("#certainty")).to_contain_text("does not answer")
    page.unroute_all()
    draw(page, [[(0.5, 0.25), (0.5, 0.75)]])
    expect(page.locator("#certainty")).to_contain_text("sure")
