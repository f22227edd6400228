"""Make the pictures of README.md: terminals, plots, and the page, from a run made for it.

Usage: pictures.py. Needs MNIST (`mnistcli fetch`) and a minute; the page, Chromium.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from common.hands import DIGITS  # noqa: E402
from common.terminal import on_terminal  # noqa: E402
from common.written import written  # noqa: E402
from paper import furniture, layout, light  # noqa: E402

from mnistcli.datasets import store  # noqa: E402
from mnistcli.figures.boxes import COLOUR  # noqa: E402

COLUMNS = 80
SIDE = 400  # pixels of a drawn picture
VIEWPORT = {"width": 1000, "height": 600}
NUMBER = "1470"
STEP = 0.42  # of the sheet's height, from one of its digits to the next
SHARE = 0.8  # of the sheet's height, that a digit's place has
PLOTS = ("confusion", "mistakes")
BESIDE = 200  # pixels beside a photo, for what was read
MNISTCLI = [sys.executable, "-m", "mnistcli"]


def write(digit: int, path: Path) -> None:
    """Draw a digit with a blue pen on white and save it."""
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(picture)
    for stroke in DIGITS[digit]:
        points = [(x * SIDE, y * SIDE) for x, y in stroke]
        pen.line(points, fill=(30, 50, 140), width=18, joint="curve")
    picture.save(path)


def terminal(name: str, *arguments: str) -> None:
    """Save what a command shows on a terminal as an SVG."""
    shown = on_terminal(*arguments, columns=COLUMNS)
    assert shown.returncode == 0, shown.text
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ mnistcli {' '.join(arguments)}\n", "bold"))
    console.print(Text.from_ansi(shown.text.replace("\r\n", "\n")))
    console.save_svg(str(PICTURES / f"{name}.svg"), title="mnistcli", unique_id=name)


def paper(seed: int = 1) -> None:
    """Save a photo of ruled paper, with a box around each digit and what was read beside it.

    The digits are the synthetic ones: these pictures hold nothing of MNIST, or of anybody's hand.
    """
    subprocess.run([*MNISTCLI, "fetch", "--dataset", "synthetic", "--data-dir", "."], check=True)
    digits = store.load(Path(), "synthetic", "test")
    rng = np.random.default_rng(seed)
    hand = layout.Hand(digits.images, digits.labels, rng, height=70, pen=6, soft=False)
    writing = layout.lines(hand, 5, many=4)
    photo = light.shaded(writing.ink, furniture.ruled_wide(writing, rng), rng)
    Image.fromarray(photo).save("paper.png")
    read = subprocess.run(
        [*MNISTCLI, "predict", "--json", "paper.png", "--run", "pretrained"],
        check=True,
        capture_output=True,
    )
    (said,) = json.loads(read.stdout)["predictions"]
    assert said["text"] == writing.text
    high, wide, _ = photo.shape
    picture = Image.new("RGB", (wide + BESIDE, high), "white")
    picture.paste(Image.fromarray(photo))
    pen = ImageDraw.Draw(picture)
    for digit in said["digits"]:
        left, top, width, height = digit["box"]
        pen.rectangle((left - 3, top - 3, left + width + 3, top + height + 3), None, COLOUR, 2)
    lines = said["text"].split("\n")
    for number, text in enumerate(lines):
        boxes = [each["box"] for each in said["digits"] if each["line"] == number]
        middle = sum(top + height / 2 for _, top, _, height in boxes) / len(boxes)
        pen.text((wide + 24, middle), text, COLOUR, font_size=36, anchor="lm")
    picture.quantize(128).save(PICTURES / "paper.png", optimize=True)


def page() -> None:
    """Save the drawing page with a number on it, light and dark."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("the page's pictures need chromium")
    command = [*MNISTCLI, "serve", "--port", "0"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as driver,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            view = browser.new_page(viewport=VIEWPORT, color_scheme=scheme)
            view.goto(address)
            sheet = view.locator("#sheet").bounding_box()
            assert sheet is not None
            for place, digit in enumerate(NUMBER):
                across = STEP * (place - (len(NUMBER) - 1) / 2)
                for stroke in DIGITS[int(digit)]:
                    at = [
                        (
                            sheet["x"] + sheet["width"] / 2 + sheet["height"] * (across + dx),
                            sheet["y"] + sheet["height"] * (0.5 + dy),
                        )
                        for dx, dy in ((SHARE * (x - 0.5), SHARE * (y - 0.5)) for x, y in stroke)
                    ]
                    view.mouse.move(*at[0])
                    view.mouse.down()
                    for point in at[1:]:
                        view.mouse.move(*point)
                    view.mouse.up()
            view.wait_for_function(f"document.querySelector('#digit').textContent === '{NUMBER}'")
            view.wait_for_timeout(500)  # the bars come to rest
            view.screenshot(path=PICTURES / f"page-{scheme}.png")
        browser.close()
        server.terminate()


def main() -> None:
    """Train a run in a temporary folder, and make every picture from it."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([*MNISTCLI, "train", "--model", "cnn", "--name", "cnn"], check=True)
        for digit, name in ((3, "three.png"), (7, "seven.png")):
            write(digit, Path(name))
        terminal("predict", "predict", "--show", "--top", "3", "three.png", "seven.png")
        written(Path(), "147", "number.png")
        terminal("number", "predict", "--show", "number.png")
        paper()
        terminal("evaluate", "evaluate")
        subprocess.run(
            [*MNISTCLI, "evaluate", "--plots", "--json"], check=True, stdout=subprocess.DEVNULL
        )
        for plot in PLOTS:
            (drawn,) = Path("runs", "cnn", "plots").glob(f"{plot}-*.png")
            shutil.copy(drawn, PICTURES / f"{plot}.png")
        page()


if __name__ == "__main__":
    main()
