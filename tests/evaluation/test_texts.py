"""Texts against labels: read whole or not, character errors, by length."""

import csv
import json

import numpy as np
import pytest
from common.written import written
from PIL import Image

from mnistcli.evaluation.texts import ReadPicture, bare, edit_distance, measure_texts
from mnistcli.figures.boxes import COLOUR, boxed


def read(label, text, probability=0.9):
    return ReadPicture("a.png", label, text, probability, (), (28, 28))


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("1455", "1455", 0),
        ("1455", "145", 1),
        ("1455", "14455", 1),
        ("1455", "1465", 1),
        ("1455", "", 4),
        ("12\n34", "1234", 1),
        ("1234", "2345", 2),
    ],
)
def test_the_edit_distance_counts_insertions_deletions_and_substitutions(one, other, edits):
    assert edit_distance(one, other) == edit_distance(other, one) == edits


def test_spaces_do_not_count_and_a_bar_is_a_newline():
    assert bare("12 34 | 56") == bare("1234\n56") == "1234\n56"


def test_accuracy_is_the_share_of_pictures_read_whole():
    texts = measure_texts([read("12", "12"), read("34", "3"), read("5", "5"), read("6", "66")])
    assert (texts.n, texts.accuracy) == (4, 0.5)
    low, high = texts.confidence_interval
    assert low < 0.5 < high


def test_the_character_error_rate_is_edits_by_characters_of_all_labels():
    texts = measure_texts([read("1234", "1235"), read("56", "5"), read("7777", "7777")])
    assert texts.character_error_rate == pytest.approx(2 / 10)


def test_both_are_given_for_each_number_of_digits():
    texts = measure_texts([read("12", "12"), read("3\n4", "34"), read("567", "567")])
    two, three = texts.by_length
    assert (two.length, two.n, two.accuracy) == (2, 2, 0.5)
    assert two.character_error_rate == pytest.approx(1 / 5)
    assert (three.length, three.n, three.accuracy, three.character_error_rate) == (3, 1, 1.0, 0.0)


def test_a_picture_on_which_nothing_is_read_counts_with_all_its_characters():
    texts = measure_texts([read("12", "", 0.0), read("34", "34")])
    assert (texts.n, texts.accuracy, texts.character_error_rate) == (2, 0.5, 0.5)


# The command


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """A list of pictures of numbers, the last of which says what is not on it."""
    folder = tmp_path_factory.mktemp("numbers")
    rows = [
        (written(folder, text).name, text.replace("\n", "|")) for text in ("1470", "7", "14\n70")
    ]
    rows.append((written(folder, "4171", "wrong.png").name, "4170"))
    with (folder / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *rows])
    return folder / "list.csv"


@pytest.fixture(scope="module")
def evaluated(mnist_run, mnistcli_here, numbers):
    return lambda *arguments: mnistcli_here(
        "evaluate", mnist_run, "--pictures", numbers, *arguments
    )


def test_the_json_has_the_error_rate_and_both_by_length(evaluated):
    report = json.loads(evaluated("--json", "--quiet").stdout)
    assert (report["n"], report["accuracy"]) == (4, 0.75)
    assert report["character_error_rate"] == pytest.approx(1 / 14)
    assert [(each["length"], each["n"]) for each in report["by_length"]] == [(1, 1), (4, 3)]
    assert report["per_class"] is report["confusion_matrix"] is report["loss"] is None


def test_where_all_pictures_show_one_digit_the_figures_of_each_digit_stay(
    mnist_run, mnistcli_here, pictures, tmp_path
):
    with (tmp_path / "list.csv").open("w", newline="") as file:
        rows = [(pictures / f"{digit}.png", digit) for digit in range(10)]
        csv.writer(file).writerows([("path", "label"), *rows])
    result = mnistcli_here(
        "evaluate", mnist_run, "--pictures", tmp_path / "list.csv", "--json", "--quiet"
    )
    report = json.loads(result.stdout)
    assert np.array(report["confusion_matrix"]).sum() == report["n"] == 10
    assert len(report["per_class"]) == 10
    assert report["loss"] > 0
    assert report["character_error_rate"] == pytest.approx(1 - report["accuracy"])


def test_a_person_reads_the_error_rate_the_lengths_and_the_mistakes(evaluated):
    said = evaluated("--quiet").stdout
    assert "accuracy 0.7500" in said
    assert "character error rate 0.0714" in said
    assert "digits  pictures  accuracy" in said
    (mistake,) = [line for line in said.splitlines() if "wrong.png" in line]
    assert mistake.split()[1:3] == ["4170", "4171"]


def test_plots_and_report_show_pictures_with_boxes(evaluated, mnist_run):
    result = evaluated("--plots", "--report")
    assert result.returncode == 0, result.stderr
    assert (mnist_run / "plots" / "mistakes-list.csv-pictures.png").stat().st_size > 10_000
    report = (mnist_run / "report.html").read_text("utf-8")
    assert "4170 read as 4171" in report
    assert "Pictures of 4 digits are the hardest: 33.3% misread" in report


def test_a_picture_without_a_digit_is_read_wrongly_and_one_that_cannot_be_opened_is_skipped(
    mnist_run, mnistcli_here, tmp_path
):
    written(tmp_path, "1470", "right.png")
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    source = tmp_path / "list.csv"
    source.write_text("path,label\nright.png,1470\nblank.png,17\nbroken.png,7\n")
    arguments = ("evaluate", mnist_run, "--pictures", source)
    report = json.loads(mnistcli_here(*arguments, "--json", "--quiet").stdout)
    assert (report["n"], report["accuracy"]) == (2, 0.5)
    assert report["character_error_rate"] == pytest.approx(2 / 6)
    assert [(each["length"], each["accuracy"]) for each in report["by_length"]] == [(2, 0), (4, 1)]
    assert [each["path"] for each in report["skipped"]] == [str(tmp_path / "broken.png")]
    said = mnistcli_here(*arguments, "--plots", "--report").stdout
    (mistake,) = [line for line in said.splitlines() if "blank.png" in line]
    assert mistake.split()[1:] == ["17", "nothing", "0.0000"]
    assert "17 read as nothing" in (mnist_run / "report.html").read_text("utf-8")


def test_beside_the_figures_of_each_digit_what_was_read_as_none_is_listed(
    mnist_run, mnistcli_here, pictures, tmp_path
):
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    source = tmp_path / "list.csv"
    source.write_text(f"path,label\n{pictures / '7.png'},7\nblank.png,1\n")
    said = mnistcli_here("evaluate", mnist_run, "--pictures", source, "--quiet").stdout
    assert "n = 2" in said
    assert "1 read as several digits, or none, are in neither table" in said
    assert any("blank.png" in line and "nothing" in line for line in said.splitlines())


def test_the_number_of_digits_goes_with_pictures_only(mnist_run, mnistcli_here):
    result = mnistcli_here("evaluate", mnist_run, "--digits", "4")
    assert result.returncode == 2
    assert "--pictures" in result.stderr


def test_what_is_no_picture_in_the_folders_is_counted(mnist_run, mnistcli_here, pictures, tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "a.png").write_bytes((pictures / "7.png").read_bytes())
    (tmp_path / "7" / "notes.txt").write_text("")
    result = mnistcli_here("evaluate", mnist_run, "--pictures", tmp_path)
    assert "1 file passed over: .txt 1" in result.stderr


# Boxes


def test_a_box_is_drawn_around_each_digit(tmp_path, mnist_run):
    from mnistcli.evaluation.pictures import evaluate_pictures
    from mnistcli.runs.run import Run

    folder = tmp_path / "1470"
    folder.mkdir()
    written(folder, "1470")
    (picture,) = evaluate_pictures(Run.read(mnist_run), tmp_path).pictures
    image = boxed(picture)
    coloured = (image == COLOUR).all(axis=2)
    starts = np.diff(coloured.any(axis=0).astype(int), prepend=0) == 1
    assert starts.sum() == 4


def test_where_the_file_has_gone_what_the_network_saw_is_shown(tmp_path, mnist_run):
    from mnistcli.evaluation.pictures import evaluate_pictures
    from mnistcli.runs.run import Run

    folder = tmp_path / "14"
    folder.mkdir()
    path = written(folder, "14")
    (picture,) = evaluate_pictures(Run.read(mnist_run), tmp_path).pictures
    path.unlink()
    assert boxed(picture).shape == (28, 56, 3)


def test_where_neither_the_file_nor_a_digit_is_there_an_empty_image_is_shown():
    assert (boxed(read("1", "")) == 255).all()
