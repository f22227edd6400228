import contextlib
import itertools
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mnistcli.datasets.synthetic import generator, strokes
from mnistcli.datasets.synthetic.generator import (
    MNIST_COUNTS,
    class_counts,
    draw_dataset,
    draw_digits,
)
from mnistcli.datasets.synthetic.handwriting import BOX, draw_style, normalise

EACH = np.repeat(np.arange(10, dtype=np.uint8), 30)


@pytest.fixture(scope="module")
def images():
    return draw_digits(EACH, seed=1)


@pytest.fixture(scope="module")
def chunks():
    """A small dataset, as one process draws it."""
    return list(draw_dataset(2100, 300, seed=5, workers=1))


def arrays(chunks, split):
    chosen = [chunk for chunk in chunks if chunk.split == split]
    return (
        np.concatenate([chunk.images for chunk in chosen]),
        np.concatenate([chunk.labels for chunk in chosen]),
    )


def all_styles():
    return [style for digit in range(10) for style in strokes.styles(digit)]


def test_an_image_is_28_by_28_bytes(images):
    assert images.shape == (300, 28, 28)
    assert images.dtype == np.uint8


def test_no_labels_give_no_images():
    assert draw_digits(np.zeros(0, np.uint8), seed=1).shape == (0, 28, 28)


def test_the_same_seed_draws_the_same_digits(images):
    assert np.array_equal(draw_digits(EACH, seed=1), images)


def test_another_seed_draws_other_digits(images):
    assert not np.array_equal(draw_digits(EACH, seed=2), images)


def test_no_two_digits_are_alike(images):
    assert len({image.tobytes() for image in images}) == len(images)


def test_every_digit_has_ink_but_is_mostly_paper(images):
    ink = images.mean(axis=(1, 2)) / 255
    assert ink.min() > 0.01
    assert ink.max() < 0.5


def test_edges_are_grey(images):
    assert ((images > 0) & (images < 250)).any(axis=(1, 2)).all()


def test_the_longer_side_of_the_ink_fills_the_box(images):
    # Ink at the very edge of a line may round to nothing once it is shrunk.
    longer = [max(np.ptp(np.nonzero(image), axis=1)) + 1 for image in images]
    assert max(longer) == BOX
    assert min(longer) >= BOX - 1


def test_the_centre_of_mass_is_in_the_middle(images):
    ink = images.astype(float)
    place = np.arange(28)
    mass = ink.sum(axis=(1, 2))
    x, y = ink.sum(axis=1) @ place / mass, ink.sum(axis=2) @ place / mass
    # Half a pixel, as in MNIST; a digit that would leave the image stops at its edge.
    assert np.abs(x - 14).max() <= 1
    assert np.abs(y - 14).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(1, 300), (300, 1), (1, 1), (80, 80)])
def test_any_ink_is_fitted_into_the_box(width, height):
    canvas = np.zeros((400, 400), np.uint8)
    canvas[50 : 50 + height, 60 : 60 + width] = 255
    y, x = np.nonzero(normalise(canvas))
    assert max(np.ptp(x), np.ptp(y)) + 1 == BOX


def test_every_digit_has_several_styles():
    assert min(len(strokes.styles(digit)) for digit in range(10)) >= 5


def test_the_names_of_a_digit_s_styles_differ():
    names = [(style.digit, style.name) for style in all_styles()]
    assert len(set(names)) == len(names)


def test_shares_of_a_digit_s_styles_add_up_to_one():
    for digit in range(10):
        assert sum(style.share for style in strokes.styles(digit)) == pytest.approx(1)


@pytest.mark.parametrize("style", all_styles(), ids=lambda style: f"{style.digit} {style.name}")
def test_every_style_can_be_drawn(style):
    (image,) = draw_style(style, 1, np.random.default_rng(0))
    assert image.any()


def test_every_style_gets_drawn(monkeypatch):
    drawn = set()

    def remember(style, n, rng):
        drawn.update([style.name] if n else [])
        return draw_style(style, n, rng)

    monkeypatch.setattr(generator, "draw_style", remember)
    draw_digits(np.full(600, 2, np.uint8), seed=1)
    assert drawn == {style.name for style in strokes.styles(2)}


def test_the_pen_goes_through_its_control_points():
    knots = np.array([0.0, 0.3, 1.0, 1.2])
    assert strokes.natural_spline(knots, knots) == pytest.approx(np.eye(4))


def test_the_pen_goes_straight_through_points_on_a_line():
    knots, at = np.array([0.0, 0.3, 1.0, 1.2]), np.linspace(0, 1.2, 9)
    assert strokes.natural_spline(knots, at) @ (2 * knots + 1) == pytest.approx(2 * at + 1)


def test_the_dataset_does_not_depend_on_how_many_processes_draw_it(chunks):
    together = list(draw_dataset(2100, 300, seed=5, workers=2))
    assert [(c.split, c.offset) for c in chunks] == [(c.split, c.offset) for c in together]
    for split in MNIST_COUNTS:
        for one, other in zip(arrays(chunks, split), arrays(together, split), strict=True):
            assert np.array_equal(one, other)


def test_chunks_come_in_order_and_leave_nothing_out(chunks):
    for split, n in (("train", 2100), ("test", 300)):
        parts = [chunk for chunk in chunks if chunk.split == split]
        ends = list(itertools.accumulate(len(chunk.labels) for chunk in parts))
        assert [chunk.offset for chunk in parts] == [0, *ends[:-1]]
        assert ends[-1] == n


def test_no_digit_appears_twice_in_chunks_or_splits(chunks):
    images = np.concatenate([chunk.images for chunk in chunks])
    assert len({image.tobytes() for image in images}) == 2400


def test_another_seed_gives_another_dataset():
    (one, _), (other, _) = (list(draw_dataset(50, 10, seed=seed, workers=1)) for seed in (1, 2))
    assert not np.array_equal(one.labels, other.labels)
    assert not np.array_equal(one.images, other.images)


def test_an_empty_split_yields_no_chunk():
    assert [chunk.split for chunk in draw_dataset(0, 10, workers=1)] == ["test"]


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_a_full_split_has_mnist_s_own_class_counts(split, n):
    assert tuple(class_counts(split, n).tolist()) == MNIST_COUNTS[split]


@pytest.mark.parametrize("n", [0, 1, 9, 1000, 12_345])
def test_a_smaller_split_keeps_mnist_s_class_balance(n):
    counts = class_counts("train", n)
    assert counts.sum() == n
    assert counts == pytest.approx(np.array(MNIST_COUNTS["train"]) / 60_000 * n, abs=1)


def test_labels_are_counted_as_promised_and_shuffled():
    _, labels = arrays(draw_dataset(1500, 0, seed=5, workers=1), "train")
    assert np.array_equal(np.bincount(labels, minlength=10), class_counts("train", 1500))
    assert len(set(labels[:50].tolist())) == 10


DRAW = """
import sys, threading
from mnistcli.datasets.synthetic.generator import draw_dataset

if __name__ == "__main__":
    try:
        for _ in draw_dataset(60_000, 0, workers=2):
            print("chunk", flush=True)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture
def drawing(tmp_path):
    """A process group that draws a dataset, and has just finished the first chunk."""
    script = tmp_path / "draw.py"
    script.write_text(DRAW)
    process = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout.readline() == "chunk\n"
    yield process
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


posix = pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")


@posix
def test_ctrl_c_ends_every_process_without_a_word(drawing):
    os.killpg(drawing.pid, signal.SIGINT)
    # This returns when the last process that holds the pipes has ended.
    _, errors = drawing.communicate(timeout=60)
    assert (drawing.returncode, errors) == (130, "")


@posix
def test_killing_the_parent_leaves_no_orphans(drawing):
    drawing.kill()
    # This returns when the last process that holds the pipes has ended.
    _, errors = drawing.communicate(timeout=60)
    assert "Traceback" not in errors
