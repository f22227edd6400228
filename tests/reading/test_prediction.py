"""Pictures in, digits out."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from mnistcli.datasets import store

TSV = re.compile(r"[^\t\n]+\t\d\t[01]\.\d{6}")


@pytest.fixture
def predict_here(runs_dir, mnistcli_here):
    """Run `mnistcli predict` in this process."""
    return lambda *arguments: mnistcli_here("predict", "--runs-dir", runs_dir, *arguments)


@pytest.fixture
def mixed(small_pictures, tmp_path):
    """A picture, a text file under a picture's name, and another picture."""
    shutil.copy(small_pictures / "3.png", tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no picture at all")
    shutil.copy(small_pictures / "7.png", tmp_path / "c.png")
    return tmp_path


def lines(result):
    out = result.stdout
    return (out if isinstance(out, str) else out.decode()).splitlines()


def test_every_digit_is_read(predict_here, pictures):
    cells = [line.split("\t") for line in lines(predict_here(pictures))]
    assert [cell[1] for cell in cells] == list("0123456789")


def test_in_a_pipe_each_picture_is_a_line_of_path_digit_and_probability(predict, pictures):
    (line,) = lines(predict(pictures / "3.png"))
    path, digit, probability = line.split("\t")
    assert (path, digit) == (str(pictures / "3.png"), "3")
    assert 0 < float(probability) <= 1


def test_tsv_is_what_auto_gives_in_a_pipe(predict_here, pictures):
    picture = pictures / "3.png"
    assert predict_here("--format", "tsv", picture).stdout == predict_here(picture).stdout


def test_several_pictures_are_read_in_the_order_given(predict_here, pictures):
    paths = [str(pictures / name) for name in ("7.png", "1.png", "7.png")]
    assert [line.split("\t")[0] for line in lines(predict_here(*paths))] == paths


def test_a_folder_is_the_pictures_below_it_in_the_order_of_their_paths(
    predict_here, pictures, tmp_path
):
    (tmp_path / "b").mkdir()
    for name in ("c.PNG", "b/1.png", "a.png"):
        shutil.copy(pictures / "1.png", tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture, and not meant as one")
    result = predict_here(tmp_path)
    assert result.returncode == 0
    paths = [line.split("\t")[0] for line in lines(result)]
    assert sorted(paths) == sorted(str(tmp_path / name) for name in ("a.png", "b/1.png", "c.PNG"))


def test_a_named_file_is_read_whatever_its_suffix(predict_here, pictures, tmp_path):
    shutil.copy(pictures / "3.png", tmp_path / "scan.dat")
    (line,) = lines(predict_here(tmp_path / "scan.dat"))
    assert line.split("\t")[1] == "3"


def test_a_dash_is_standard_input(predict, pictures):
    (line,) = lines(predict("-", stdin=(pictures / "3.png").read_bytes()))
    assert line.split("\t")[:2] == ["-", "3"]


def test_a_name_that_begins_with_a_dash_is_read_after_two_dashes(runs_dir, pictures, tmp_path):
    shutil.copy(pictures / "3.png", tmp_path / "-v.png")
    command = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir, "--", "-v.png"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.stdout.startswith("-v.png\t3\t")


def test_top_gives_as_many_answers_the_most_probable_first(predict_here, pictures):
    (line,) = lines(predict_here("--top", "3", pictures / "3.png"))
    _, *answers = line.split("\t")
    assert len(answers) == 6
    assert answers[0] == "3"
    assert sorted(map(float, answers[1::2]), reverse=True) == [float(p) for p in answers[1::2]]


def test_all_ten_answers_sum_to_one(predict_here, pictures):
    (line,) = lines(predict_here("--top", "10", pictures / "3.png"))
    _, *answers = line.split("\t")
    assert sorted(answers[::2]) == list("0123456789")
    assert sum(map(float, answers[1::2])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("top", ["0", "11", "many"])
def test_fewer_than_one_or_more_than_ten_answers_are_wrong_usage(predict_here, top):
    assert predict_here("--top", top, "x.png").returncode == 2


def test_the_json_has_the_keys_of_the_contract(predict_here, pictures, runs_dir):
    answer = json.loads(predict_here("--json", pictures / "3.png").stdout)
    assert answer["version"] == 1
    assert answer["run"] == str(runs_dir / "first")
    (prediction,) = answer["predictions"]
    assert {"path", "digit", "probability", "probabilities", "error"} <= prediction.keys()


def test_the_json_holds_all_probabilities_unrounded(predict_here, pictures):
    (prediction,) = json.loads(predict_here("--json", pictures / "3.png").stdout)["predictions"]
    probabilities = prediction["probabilities"]
    assert len(probabilities) == 10
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert prediction["probability"] == max(probabilities)
    assert prediction["digit"] == probabilities.index(max(probabilities)) == 3
    assert prediction["error"] is None
    assert len(repr(min(probabilities))) > 8


def test_the_format_json_is_what_the_option_json_gives(predict_here, pictures):
    picture = pictures / "3.png"
    assert (
        predict_here("--format", "json", picture).stdout == predict_here("--json", picture).stdout
    )


def test_a_table_names_each_picture_with_digit_and_probability(predict_here, small_pictures):
    result = predict_here("--format", "table", small_pictures)
    head, *rows = lines(result)
    assert head.split() == ["picture", "digit", "probability"]
    assert [row.split()[:2] for row in rows] == [
        [str(small_pictures / f"{k}.png"), str(k)] for k in range(10)
    ]


def test_a_picture_that_cannot_be_read_leaves_the_others_read(predict_here, mixed):
    result = predict_here(mixed)
    assert [line.split("\t")[:2] for line in lines(result)] == [
        [str(mixed / "a.png"), "3"],
        [str(mixed / "c.png"), "7"],
    ]


def test_a_picture_that_cannot_be_read_is_named_on_stderr_with_the_reason(predict, mixed):
    result = predict(mixed)
    assert result.returncode == 1
    first, last = result.stderr.decode().splitlines()
    assert re.match(rf"{re.escape(str(mixed / 'b.png'))}: \w.*", first)
    assert "1 of 3 pictures could not be read" in last


def test_a_picture_that_cannot_be_read_stands_in_the_json_with_its_error(predict_here, mixed):
    result = predict_here("--json", mixed)
    first, second, third = json.loads(result.stdout)["predictions"]
    assert (first["digit"], first["error"]) == (3, None)
    assert (second["digit"], second["probability"], second["probabilities"]) == (None, None, None)
    assert second["error"]
    assert (third["digit"], third["error"]) == (7, None)
    assert result.returncode == 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.touch(), "picture"),
        (lambda path: Image.new("L", (50, 50), 255).save(path), "no digit"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
        (os.mkfifo, "regular file"),
    ],
    ids=["missing", "empty", "blank", "symlink loop", "fifo"],
)
def test_a_file_without_a_digit_is_an_error_of_one_line(predict_here, tmp_path, make, reason):
    make(tmp_path / "a.png")
    result = predict_here(tmp_path / "a.png")
    assert (result.returncode, result.stdout) == (1, "")
    first, last = result.stderr.splitlines()
    assert reason in first
    assert "1 of 1" in last


def test_an_empty_standard_input_is_an_error_of_one_line(predict):
    result = predict("-")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 2


def test_a_folder_without_pictures_is_an_error_of_one_line(predict_here, tmp_path):
    result = predict_here(tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.match(r"Error: no picture.*\n\Z", result.stderr)


def test_many_pictures_are_read_in_order(predict, small_pictures):
    digits = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3] * 10
    result = predict(*(small_pictures / f"{digit}.png" for digit in digits))
    assert [int(line.split("\t")[1]) for line in lines(result)] == digits


def test_a_picture_among_many_gets_the_answer_that_it_gets_alone(predict_here, small_pictures):
    def answers(times):
        return json.loads(predict_here("--json", *[small_pictures] * times).stdout)["predictions"]

    assert answers(5) == 5 * answers(1)


def test_pictures_among_many_that_cannot_be_read_leave_the_others_read(predict, mixed):
    result = predict(*[mixed] * 30)
    assert [line.split("\t")[1] for line in lines(result)] == ["3", "7"] * 30
    errors = result.stderr.decode().splitlines()
    assert all(error.startswith(f"{mixed / 'b.png'}: ") for error in errors[:-1])
    assert errors[-1] == "Error: 30 of 90 pictures could not be read."


def test_without_a_picture_the_usage_is_wrong(predict_here):
    assert predict_here().returncode == 2


def test_200_mnist_images_written_as_pngs_are_read_as_evaluate_reads_them(
    mnist_data_dir, mnist_run, mnistcli, tmp_path
):
    from mnistcli.reading.classifier import Classifier

    images = store.load(mnist_data_dir, "mnist", "test").images[:200]
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number:03}.png")
    result = mnistcli("predict", "--run", mnist_run, tmp_path)
    # One in some hundred is doubtful; a doubtful answer is the same one.
    answers = [line.split("\t")[1] for line in result.stdout.splitlines()]
    assert sum(answer.endswith("?") for answer in answers) <= 1
    read = [int(answer.rstrip("?")) for answer in answers]
    assert read == Classifier.load(mnist_run).predict(images).argmax(axis=1).tolist()
