"""Signs of one's own, from a folder to an answer: fetched, trained, evaluated, read, taught."""

import csv
import json
import re
import shutil
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from common.loopback import request, serving

from mnistcli.runs.run import Run

CLASSES = ("minus", "plus", "slash", "two bars")
EACH = 12
STROKES = {
    "minus": [((15, 45), (75, 45))],
    "plus": [((15, 45), (75, 45)), ((45, 15), (45, 75))],
    "slash": [((20, 75), (70, 15))],
    "two bars": [((15, 30), (75, 30)), ((15, 62), (75, 62))],
}


def sign(name, rng):
    picture = np.full((90, 90), 250, np.uint8)
    moved = rng.integers(-8, 9, 2)
    for start, end in STROKES[name]:
        a, b = (
            tuple(int(v) for v in np.add(at, moved) + rng.integers(-3, 4, 2)) for at in (start, end)
        )
        cv2.line(picture, a, b, 20, int(rng.integers(4, 8)), cv2.LINE_AA)
    return picture


@pytest.fixture(scope="session")
def signs(filled_once, mnistcli_here):
    """A folder with `pictures` in folders, a `data` folder with them stored, and `runs` of `signs`."""

    def fill(folder):
        rng = np.random.default_rng(0)
        for name in CLASSES:
            (folder / "pictures" / name).mkdir(parents=True)
            for k in range(EACH):
                cv2.imwrite(str(folder / "pictures" / name / f"{k}.png"), sign(name, rng))
        data, runs = ("--data-dir", folder / "data"), ("--runs-dir", folder / "runs")
        for command in (
            ("fetch", "--dataset", "signs", "--source", folder / "pictures", *data),
            *[("train", "--dataset", "signs", "--epochs", 30, "--name", "signs", *data, *runs)],
        ):
            result = mnistcli_here(*command, "--quiet")
            assert result.returncode == 0, result.stderr
        (folder / "said").write_text(result.stdout)

    return filled_once("signs", fill)


@pytest.fixture
def ask(signs, mnistcli_here):
    def run(command, *arguments):
        folders = {"runs": ("--runs-dir", signs / "runs"), "data": ("--data-dir", signs / "data")}
        wanted = {"predict": ("runs",), "fetch": ("data",), "datasets": ("data",)}
        given = wanted.get(command, ("data", "runs"))
        options = (each for name in given for each in folders[name])
        # First, because of an option that is given twice, the last one holds.
        return mnistcli_here(command, *options, *arguments)

    return run


def test_the_run_knows_its_classes(signs):
    run = Run.read(signs / "runs" / "signs")
    assert run.classes == CLASSES
    assert json.loads((run.path / "run.json").read_text())["classes"] == list(CLASSES)
    assert "signs test accuracy 1.0000" in (signs / "said").read_text()


def test_answers_are_names_of_classes(ask, signs):
    paths = [str(signs / "pictures" / name / "3.png") for name in CLASSES]
    lines = ask("predict", *paths).stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        [path, name] for path, name in zip(paths, CLASSES, strict=True)
    ]


def test_the_json_has_label_and_classes_and_no_digit(ask, signs):
    answer = json.loads(ask("predict", "--json", signs / "pictures" / "two bars" / "0.png").stdout)
    assert answer["classes"] == list(CLASSES)
    (prediction,) = answer["predictions"]
    assert prediction["label"] == prediction["text"] == "two bars"
    assert prediction["digit"] is prediction["digits"][0]["digit"] is None
    assert len(prediction["probabilities"]) == len(CLASSES)
    _, _, width, height = prediction["digits"][0]["box"]
    assert (width > 50, height > 25) == (True, True)  # both bars in one box


def test_all_answers_of_a_picture_can_be_had(ask, signs):
    picture = signs / "pictures" / "plus" / "0.png"
    _, *answers = ask("predict", "--top", 4, picture).stdout.strip().split("\t")
    assert set(answers[::2]) == set(CLASSES)
    assert "run signs has 4 answers" in ask("predict", "--top", 5, picture).stderr


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_digits_goes_with_digits_only_and_says_so(command, ask, signs):
    subject = ("--pictures", signs / "pictures") if command == "evaluate" else (signs / "pictures",)
    result = ask(command, "--digits", 2, *subject)
    assert result.returncode == 2
    assert (
        "goes with digits only: run signs tells apart minus, plus, slash, two bars" in result.stderr
    )


def test_evaluate_names_classes(ask):
    said = ask("evaluate").stdout
    assert re.search(r"^class +precision", said, re.MULTILINE)
    for name in CLASSES:
        assert re.search(rf"^{name} +1\.0000", said, re.MULTILINE)
    report = json.loads(ask("evaluate", "--json").stdout)
    assert report["classes"] == [each["name"] for each in report["per_class"]] == list(CLASSES)


def test_pictures_are_measured_by_the_names_of_their_folders_or_labels(ask, signs, tmp_path):
    report = json.loads(ask("evaluate", "--json", "--pictures", signs / "pictures").stdout)
    assert (report["n"], report["accuracy"]) == (len(CLASSES) * EACH, 1.0)
    table = tmp_path / "labels.csv"
    with table.open("w", newline="") as file:
        rows = [(signs / "pictures" / "plus" / "1.png", label) for label in ("plus", "times")]
        csv.writer(file).writerows([("path", "label"), *rows])
    result = ask("evaluate", "--pictures", table)
    assert result.returncode == 1
    assert "line 3: expected a path and one of minus, plus" in result.stderr


def test_plots_and_report_name_classes(ask, signs, tmp_path):
    shutil.copytree(signs / "runs", tmp_path / "runs")
    options = ("--runs-dir", tmp_path / "runs", "--report", "--plots", "--quiet")
    assert ask("evaluate", *options).returncode == 0
    page = (tmp_path / "runs" / "signs" / "report.html").read_text()
    assert '<th scope="row">two bars</th>' in page
    assert (tmp_path / "runs" / "signs" / "plots" / "confusion-signs-test.png").exists()


def test_the_page_is_told_the_classes(signs):
    picture = (signs / "pictures" / "slash" / "2.png").read_bytes()
    with serving(signs / "runs") as process:
        url = urlsplit(process.stdout.readline())
        address = url.hostname, url.port
        assert request(address, "GET", "/health")[1]["classes"] == list(CLASSES)
        answer = request(address, "POST", "/predict", picture)[1]
        assert answer["predictions"][0]["label"] == "slash"
        refused, problem = request(address, "POST", "/predict?digits=1", picture)
        assert (refused.status, "digits only" in problem["error"]) == (400, True)


def test_a_dataset_of_other_classes_is_refused(ask, signs, data_dir, tmp_path):
    shutil.copy(data_dir / "synthetic.h5", tmp_path)
    shutil.copy(signs / "data" / "signs.h5", tmp_path)
    for command in (
        ("evaluate", "signs", "--dataset", "synthetic"),
        ("train", "--dataset", "synthetic", "--dataset", "signs"),
    ):
        result = ask(*command, "--data-dir", tmp_path)
        assert result.returncode == 1
        assert "0" in result.stderr
    assert "only synthetic has 0, 1, 2, 3, 4 and 5 more, only signs has minus" in result.stderr


def test_from_a_run_of_other_classes_the_last_layer_is_new(ask, signs, data_dir, tmp_path):
    shutil.copy(data_dir / "synthetic.h5", tmp_path)
    options = ("--dataset", "synthetic", "--epochs", 1, "--name", "digits", "--data-dir", tmp_path)
    folders = ("--runs-dir", tmp_path)
    shutil.copytree(signs / "runs" / "signs", tmp_path / "signs")
    result = ask("train", "--from", "signs", *options, *folders)
    assert result.returncode == 0, result.stderr
    run = Run.read(tmp_path / "digits")
    assert run.classes == tuple("0123456789")
    assert run.config.from_run == "signs"
    assert run.config.weights == Run.read(tmp_path / "signs").artifacts["model.keras"].sha256


def test_a_stored_dataset_is_listed_shown_and_removed(ask, signs, tmp_path):
    shutil.copy(signs / "data" / "signs.h5", tmp_path)
    folder = ("--data-dir", tmp_path)
    assert re.search(r"signs +minus plus slash two bars +43 +5 ", ask("datasets", *folder).stdout)
    (listed,) = json.loads(ask("datasets", "--json", *folder).stdout)["datasets"]
    assert (listed["name"], listed["classes"], listed["train"]) == ("signs", list(CLASSES), 43)
    assert listed["size"] == (tmp_path / "signs.h5").stat().st_size
    said = ask("fetch", "--dataset", "signs", *folder).stdout
    assert "43 training and 5 test images, already stored" in said
    assert "two bars" in ask("datasets", "show", "signs", *folder).stdout
    assert ask("datasets", "rm", "signs", *folder).returncode == 2
    assert ask("datasets", "rm", "signs", "--yes", *folder).returncode == 0
    assert not (tmp_path / "signs.h5").exists()


def test_a_name_that_is_not_known_is_answered_with_the_nearest(ask):
    result = ask("fetch", "--dataset", "fashon-mnist")
    assert result.returncode == 2
    assert "Or did you mean fashion-mnist?" in result.stderr
    assert "Did you mean signs?" in ask("train", "--dataset", "sings").stderr
