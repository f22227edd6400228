"""What `evaluate` and `train` draw on a terminal, and what is left of it elsewhere."""

import re
import shutil

import pytest
from common.terminal import COLOUR, on_terminal, without_codes

HALF_BLOCK = "▀"
BAR = "━"


@pytest.fixture(scope="module")
def evaluated(runs_dir, data_dir, tmp_path_factory):
    """Evaluate a weak run, one with mistakes, on a terminal."""
    copy = shutil.copytree(runs_dir / "first", tmp_path_factory.mktemp("runs") / "first")
    pictures = tmp_path_factory.mktemp("wrong")
    make_mistakes(pictures, data_dir)

    def on(**settings):
        return on_terminal("evaluate", copy, "--pictures", pictures, **settings).text

    return on, copy, pictures


def make_mistakes(folder, data_dir):
    """Pictures of a digit under the label of the next: each is a mistake."""
    from PIL import Image

    from mnistcli.datasets import store

    test = store.load(data_dir, "synthetic", "test")
    for image, label in zip(test.images[:20], test.labels[:20].tolist(), strict=True):
        wrong = folder / str((label + 1) % 10)
        wrong.mkdir(exist_ok=True)
        Image.fromarray(image).save(wrong / f"{label}-{len(list(wrong.iterdir()))}.png")


@pytest.fixture(scope="module")
def coloured(evaluated):
    return evaluated[0]()


def test_on_a_terminal_the_confusion_matrix_is_a_heat_table(coloured):
    heated = re.findall(r"\x1b\[30;48;2;(\d+);(\d+);(\d+)m *\d+\x1b\[0m", coloured)
    assert heated
    assert "·" in coloured


def test_on_a_terminal_each_digit_has_a_bar(coloured):
    assert coloured.count(BAR) > 10


def test_on_a_terminal_the_surest_mistakes_are_drawn(coloured):
    assert HALF_BLOCK in coloured
    assert len(re.findall(r"\d read as \d", without_codes(coloured))) == 3


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(evaluated, columns):
    seen = without_codes(evaluated[0](columns=columns))
    table = seen[seen.index("digit") :]
    drawings = [line for line in table.splitlines() if HALF_BLOCK in line]
    assert drawings
    assert all(len(line) <= columns for line in drawings)
    if columns >= 80:
        assert all(len(line) <= columns for line in table.splitlines())


def test_with_no_color_there_are_no_colours_and_the_drawings_are_ascii(evaluated):
    seen = evaluated[0](NO_COLOR="1")
    assert not COLOUR.search(seen)
    assert HALF_BLOCK not in seen
    assert "@" in seen


def test_on_a_dumb_terminal_there_are_no_escape_codes(evaluated):
    assert "\x1b" not in evaluated[0](TERM="dumb")


def test_in_a_pipe_there_are_only_words_and_numbers(evaluated, mnistcli):
    _, run, pictures = evaluated
    result = mnistcli("evaluate", run, "--pictures", pictures)
    assert result.returncode == 0
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout + result.stderr
    assert re.search(r"surest mistake +true +read +probability", result.stdout)


def test_training_ends_with_its_curves_on_a_terminal(watched_training):
    lines = [line for line in without_codes(watched_training).splitlines() if "→" in line]
    assert [line.split()[0] for line in lines] == ["loss", "val_loss", "accuracy", "val_accuracy"]
    assert all(re.search(r"[▁▂▃▄▅▆▇█]{3}", line) for line in lines)


def test_training_in_a_pipe_has_no_curves(quiet_training):
    stdout = (quiet_training / "stdout").read_text()
    assert stdout.isascii()
    assert len(stdout.splitlines()) == 2
