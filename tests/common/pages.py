"""What the tests of the drawing page share: server, browser, hands.

A real browser, in front of a real server and a network that reads the real MNIST.
"""

import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from common.hands import Stroke

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
expect.set_options(timeout=60_000)  # milliseconds: a loaded machine takes its time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
NOTHING = "\N{EN DASH}"  # in the place of a digit


@pytest.fixture(scope="session")
def url(mnist_run: Path) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "mnistcli", "serve", "--port", "0", "--runs-dir", mnist_run.parent],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, url) -> Iterator[Callable]:
    """Open the page; at the end nothing may have been complained of or fetched from elsewhere."""
    complaints: list[str] = []
    contexts = []

    def open_page(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: asked.url.startswith(url) or complaints.append(f"asked {asked.url}"),
        )
        page.goto(url)
        expect(page.locator("#run")).to_have_text("run baseline")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit):
    return visit(**DESKTOP)


def place(page, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point of the unit square lies that fills the sheet's height in its middle."""
    box = page.locator("#sheet").bounding_box()
    middle = box["x"] + box["width"] / 2
    return middle + (point[0] - 0.5) * box["height"], box["y"] + point[1] * box["height"]


def sampled(stroke: Stroke) -> Stroke:
    """A stroke with half the points of its arcs, since each is painted and read, but all corners."""
    kept = [stroke[0]]
    for before, point, after in zip(stroke, stroke[1:], stroke[2:], strict=False):
        turn = math.atan2(after[1] - point[1], after[0] - point[0]) - math.atan2(
            point[1] - before[1], point[0] - before[0]
        )
        if kept[-1] != before or abs(math.sin(turn / 2)) > math.sin(math.radians(20)):
            kept.append(point)
    return [*kept, stroke[-1]]


def draw(page, strokes: list[Stroke]) -> None:
    for first, *others in map(sampled, strokes):
        page.mouse.move(*place(page, first))
        page.mouse.down()
        for point in others:
            page.mouse.move(*place(page, point))
        page.mouse.up()


def draw_by_finger(page, strokes: list[Stroke]) -> None:
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [dict(zip("xy", place(page, point), strict=True)) for point in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    for first, *others in map(sampled, strokes):
        touch("touchStart", first)
        for point in others:
            touch("touchMove", point)
        touch("touchEnd")


def expect_digit(page, digit: int | str) -> None:
    expect(page.locator("#digit")).to_have_text(str(digit))


def expect_nothing(page) -> None:
    expect_digit(page, NOTHING)
    expect(page.locator("#bars .best")).to_have_count(0)
    expect(page.locator("#clear")).to_be_disabled()


def expect_whole(page, text: str) -> None:
    """Wait until all that is on the sheet is read as this, and nothing more is asked.

    While it was drawn, a part of it may have been read as the same.
    """
    expect_digit(page, text)
    page.locator("#clear").click()
    expect_nothing(page)
    with page.expect_request("**/predict*"):  # one, of the whole
        page.locator("#undo").click()
    expect_digit(page, text)


def hold(page) -> list:
    """Keep the page's questions from the server, and return the list that they go to."""
    held: list = []

    def keep(route) -> None:
        held.append(route)

    page.route("**/predict*", keep)
    return held


def await_question(page, held: list, number: int) -> None:
    """Let the page go on until so many of its questions have come."""
    while len(held) < number:
        page.evaluate("new Promise(requestAnimationFrame)")


def ink(page) -> int:
    """How many of the sheet's pixels are covered."""
    return page.evaluate(
        """() => new Promise((resolve) => requestAnimationFrame(() => {
            const sheet = document.getElementById("sheet");
            const copy = new OffscreenCanvas(sheet.width, sheet.height);
            const context = copy.getContext("2d", { willReadFrequently: true });
            context.drawImage(sheet, 0, 0);
            const { data } = context.getImageData(0, 0, sheet.width, sheet.height);
            resolve(data.filter((value, i) => i % 4 === 3 && value).length);
        }))"""
    )


def seen(page) -> list[int]:
    """The 784 pixels that the page shows as what the network sees."""
    return page.evaluate(
        """() => [...document.getElementById("image").getContext("2d")
            .getImageData(0, 0, 28, 28).data.filter((_, i) => i % 4 === 0)]"""
    )
