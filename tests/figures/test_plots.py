"""Figures: their bytes, what they say, and that they can be seen by anyone."""

import io
import json
import shutil
import string
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from mnistcli.classes import DIGITS
from mnistcli.evaluation.metrics import ConfidenceBin, measure
from mnistcli.evaluation.mistakes import Mistake
from mnistcli.figures import curves, headlines, plots
from mnistcli.runs.history import EpochRecord

RECORDS = tuple(
    EpochRecord(epoch, 1 / epoch, 1 - 0.3 / epoch, 0.2 + abs(epoch - 3) / 10, 0.9, 1.0)
    for epoch in range(1, 6)
)
UNHELD = tuple(EpochRecord(r.epoch, r.loss, r.accuracy, None, None, 1.0) for r in RECORDS)
BINS = (ConfidenceBin(0.4, 0.5, 2), ConfidenceBin(0.95, 0.9, 98))
MISTAKES = tuple(
    Mistake(f"#{k}", np.full((28, 28), 8 * k, np.uint8), str(k % 10), str((k + 1) % 10), 0.9)
    for k in range(30)
)


def matrix(mistakes=(), right=(10,) * 10, classes=DIGITS):
    """Return the metrics of a confusion matrix."""
    counts = np.diag(right)
    for true, read, count in mistakes:
        counts[true, read] = count
    labels, answers = (
        np.repeat(axis, counts.ravel()) for axis in np.indices(counts.shape).reshape(2, -1)
    )
    probabilities = np.eye(len(right), dtype=np.float32)[answers]
    return measure(probabilities, labels.astype(np.uint8), classes)


def size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert image.format == "PNG"
        return image.size


FIGURES = {
    "confusion": lambda subject: plots.confusion(matrix([(4, 9, 3)]), subject),
    "confusion without a mistake": lambda subject: plots.confusion(matrix(), subject),
    "confusion of some digits only": lambda subject: plots.confusion(
        matrix(right=[3] + [0] * 9), subject
    ),
    "mistakes": lambda subject: plots.mistakes(MISTAKES, 30, subject),
    "one mistake": lambda subject: plots.mistakes(MISTAKES[:1], 1, subject),
    "no mistake": lambda subject: plots.mistakes((), 0, subject),
    "reliability": lambda subject: plots.reliability(BINS, subject),
    "curves": lambda subject: curves.curves(RECORDS, 0.9, subject),
    "curves without validation": lambda subject: curves.curves(UNHELD, 0.9, subject),
    "curves of one epoch": lambda subject: curves.curves(UNHELD[:1], None, subject),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
@pytest.mark.filterwarnings("error")
def test_a_figure_is_a_png_1600_pixels_wide(draw):
    assert size(draw("a run"))[0] == 1600


@pytest.mark.parametrize("subject", ["$1 and $x_{", "写真", "\x1b[31m", "<b>&amp;", "a" * 300])
@pytest.mark.filterwarnings("error")
def test_a_name_is_drawn_as_it_is(subject):
    size(curves.curves(RECORDS, 0.9, subject))


def test_the_same_data_give_the_same_bytes():
    for draw in (FIGURES["reliability"], FIGURES["curves"]):
        assert draw("a") == draw("a")


@pytest.mark.parametrize("name", ["reliability", "curves"])
def test_without_a_subject_it_is_an_svg_whose_text_is_text(name):
    svg = FIGURES[name](None).decode()
    assert "<svg" in svg
    assert "<text" in svg


def test_drawing_leaves_matplotlibs_settings_as_they_were():
    before = mpl.rcParams.copy()
    curves.curves(RECORDS, 0.9, "a run")
    assert mpl.rcParams.copy() == before


def test_the_heat_map_darkens_in_equal_steps():
    # CIE 1976 lightness of sRGB colours, so that it also holds on a grey printer.
    steps = 9
    rgb = plots.HEAT(np.linspace(0, 1, steps))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    change = -np.diff(lightness)
    assert change.min() > 0
    assert change.max() < 2 * change.min()


def test_the_confusion_headline_names_the_commonest_mistake():
    assert headlines.confusion(matrix([(4, 9, 3), (7, 1, 2)])) == (
        "4 is most often taken for 9: 3 of 13"
    )


def test_the_confusion_of_many_classes_is_drawn_larger_with_their_names():
    metrics = matrix([(0, 25, 1)], right=[2] * 26, classes=string.ascii_uppercase)
    assert size(plots.confusion(metrics, "letters"))[0] > 2000
    assert headlines.confusion(metrics) == "A is most often taken for Z: 1 of 3"


def test_the_confusion_headline_says_when_all_is_right():
    assert headlines.confusion(matrix()) == "No mistake in 100 images"


def test_the_reliability_headline_sets_claim_against_truth():
    assert headlines.reliability(BINS) == "Claims 93.9% on average, and is right in 89.2%"


def test_the_curves_headline_names_the_best_epoch():
    assert headlines.curves(RECORDS) == "Validation loss is lowest after epoch 3 of 5: 0.2"


def test_the_curves_headline_does_without_validation():
    assert headlines.curves(UNHELD) == "Training loss went from 1 to 0.2"


@pytest.mark.parametrize(
    ("shown", "errors", "text"),
    [
        (24, 186, "The 24 surest of 186 mistakes"),
        (5, 5, "All 5 mistakes, the surest first"),
        (1, 1, "The only mistake"),
        (0, 0, "No mistake to show"),
    ],
)
def test_the_mistakes_headline_says_how_many_there_are(shown, errors, text):
    assert headlines.mistakes(shown, errors) == text


def evaluate_apart(*arguments):
    """Evaluate in a process of its own, whose exit code is whether it has loaded matplotlib."""
    code = (
        "import sys\nfrom mnistcli.cli import main\nsys.argv = ['mnistcli', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end\n"
        "sys.exit(100 + ('matplotlib' in sys.modules))"
    )
    command = [sys.executable, "-c", code, "evaluate", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode in (100, 101), result.stderr
    return result


@pytest.fixture(scope="module")
def run(runs_dir, data_dir, tmp_path_factory):
    """A copy of the run `first`, measured with all pictures of it."""
    copy = shutil.copytree(runs_dir / "first", tmp_path_factory.mktemp("runs") / "first")
    result = evaluate_apart(copy, "--plots", "--json", "--data-dir", data_dir)
    assert json.loads(result.stdout)["version"] == 1
    return copy, result


def test_evaluate_writes_its_plots_into_the_run_and_says_so(run):
    folder, result = run
    names = ["curves", *(f"{n}-synthetic-test" for n in ("confusion", "mistakes", "reliability"))]
    assert sorted(path.stem for path in (folder / "plots").iterdir()) == sorted(names)
    for path in (folder / "plots").iterdir():
        assert size(path.read_bytes())[0] == 1600
        assert f"wrote {path}\n" in result.stderr


def test_plots_of_own_pictures_stand_beside_those_of_the_test_images(
    run, small_pictures, mnistcli_here
):
    folder, _ = run
    labelled = folder.parent / "mine"
    for picture in small_pictures.glob("*.png"):
        (labelled / picture.stem).mkdir(parents=True)
        shutil.copy(picture, labelled / picture.stem)
    result = mnistcli_here("evaluate", folder, "--pictures", labelled, "--plots", "--quiet")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert (folder / "plots" / "mistakes-mine-pictures.png").is_file()
    assert (folder / "plots" / "mistakes-synthetic-test.png").is_file()


def test_matplotlib_is_loaded_only_for_a_plot(run, data_dir):
    folder, plotted = run
    assert plotted.returncode == 101
    assert evaluate_apart(folder, "--data-dir", data_dir).returncode == 100
