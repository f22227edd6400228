"""Pictures of several digits in, their text out."""

import json

import numpy as np
import pytest
from common.terminal import on_terminal, without_codes
from common.written import places, written
from PIL import Image

NUMBER = "1470"


@pytest.fixture
def ask(mnist_run, mnistcli_here):
    """Run `mnistcli predict` in this process, with a network that read the real MNIST."""
    return lambda *arguments: mnistcli_here("predict", "--run", mnist_run, *arguments)


@pytest.fixture
def answer(ask):
    """What the JSON says of one picture."""
    return lambda *arguments: json.loads(ask("--json", *arguments).stdout)["predictions"][0]


@pytest.fixture
def picture(tmp_path):
    return written(tmp_path, NUMBER)


def test_a_number_is_read(answer, picture):
    said = answer(picture)
    assert said["text"] == NUMBER
    assert [each["digit"] for each in said["digits"]] == [1, 4, 7, 0]


def test_of_several_digits_none_is_the_digit(answer, picture):
    said = answer(picture)
    assert (said["digit"], said["probabilities"], said["error"]) == (None, None, None)
    assert 0 < said["probability"] <= 1


def test_one_digit_is_also_the_digit(answer, pictures):
    said = answer(pictures / "7.png")
    (digit,) = said["digits"]
    assert said["text"] == str(said["digit"]) == str(digit["digit"])
    assert said["probabilities"] == digit["probabilities"]
    assert said["probability"] == digit["probability"] == max(said["probabilities"])


def test_each_digit_has_its_probabilities_and_its_box_in_pixels_of_the_picture(answer, picture):
    digits = answer(picture)["digits"]
    for digit, place in zip(digits, places(NUMBER), strict=True):
        assert digit.keys() == {"digit", "label", "probability", "probabilities", "box", "line"}
        assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert all(isinstance(each, int) for each in digit["box"])
        assert np.abs(np.subtract(digit["box"], place)).max() <= 8


def test_boxes_are_in_pixels_of_the_upright_picture_at_its_full_size(answer, tmp_path, picture):
    large = tmp_path / "large.jpg"
    with Image.open(picture) as image:
        turned = image.resize((5 * image.width, 5 * image.height)).rotate(90, expand=True)
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(large, exif=exif, quality=95)
    said = answer(large)
    assert said["text"] == NUMBER
    for digit, place in zip(said["digits"], places(NUMBER), strict=True):
        assert np.abs(np.subtract(digit["box"], 5 * np.array(place))).max() <= 40


def test_numbers_that_stand_apart_have_a_space_between_them_and_lines_a_newline(answer, tmp_path):
    said = answer(written(tmp_path, "14 70\n7 1"))
    assert said["text"] == "14 70\n7 1"
    assert [each["line"] for each in said["digits"]] == [0, 0, 0, 0, 1, 1]


def test_tsv_is_path_text_and_probability_and_a_newline_is_written_as_two_characters(ask, tmp_path):
    picture = written(tmp_path, "14\n70")
    path, text, probability = ask(picture).stdout.removesuffix("\n").split("\t")
    assert (path, text) == (str(picture), "14\\n70")
    assert 0 < float(probability) <= 1


def test_with_as_many_digits_as_there_are_the_answer_is_the_same(answer, picture):
    assert answer("--digits", "4", picture)["text"] == answer(picture)["text"]


@pytest.mark.parametrize("digits", ["0", "-1", "many", "", "1.5"])
def test_the_number_of_digits_is_any_or_a_number_from_1(ask, picture, digits):
    result = ask("--digits", digits, picture)
    assert result.returncode == 2
    assert "neither any nor a number" in result.stderr


def test_the_top_answers_are_whole_texts_the_most_probable_first(ask, picture):
    _, *cells = ask("--top", "5", picture).stdout.split("\t")
    texts, probabilities = cells[::2], [float(each) for each in cells[1::2]]
    assert texts[0] == NUMBER
    assert len(set(texts)) == 5
    assert {len(text) for text in texts} == {4}
    assert probabilities == sorted(probabilities, reverse=True)


def test_a_text_below_the_confidence_asked_for_is_doubtful(ask, answer, picture):
    assert ask("--min-confidence", "1", picture).stdout.split("\t")[1] == f"{NUMBER}?"
    said = answer("--min-confidence", "1", picture)
    assert said["doubtful"]
    assert said["text"] == NUMBER


def test_a_table_has_the_texts(ask, picture, pictures):
    head, first, second = ask("--format", "table", picture, pictures / "7.png").stdout.splitlines()
    assert head.split() == ["picture", "text", "probability"]
    assert first.split()[:2] == [str(picture), NUMBER]
    assert second.split()[1] == "7"


def test_show_draws_the_digits_side_by_side_each_with_its_answer(mnist_run, picture):
    arguments = ("predict", "--run", mnist_run, "--show", picture)
    seen = without_codes(on_terminal(*arguments, columns=120).text)
    answers = [line for line in seen.splitlines() if line.count("%") == 4]
    assert [cell[0] for cell in answers[0].split("  ") if cell.strip()][:1] == ["1"]
    assert NUMBER in seen
    assert "▀" in seen


def test_show_breaks_the_row_where_the_terminal_ends(mnist_run, picture):
    arguments = ("predict", "--run", mnist_run, "--show", picture)
    seen = without_codes(on_terminal(*arguments, columns=60).text)
    drawings = [line for line in seen.splitlines() if "▀" in line]
    assert drawings
    assert max(map(len, drawings)) <= 60


def test_one_image_a_digit_is_saved(ask, picture, pictures, tmp_path):
    folder = tmp_path / "seen"
    ask("--save-images", folder, picture, pictures / "7.png")
    names = sorted(path.name.rpartition("-")[2] for path in folder.iterdir())
    assert names == ["1.png", "2.png", "3.png", "4.png", "7.png"]
    with Image.open(next(folder.glob("*-1.png"))) as image:
        assert image.size == (28, 28)


def test_saved_images_of_pictures_of_the_same_name_are_numbered(tmp_path):
    from mnistcli.reading.prediction import Prediction
    from mnistcli.reading.saving import saved
    from mnistcli.reading.transcription import Digit, Transcription

    digit = Digit(1, 1.0, (0.0,) * 10, (0, 0, 9, 9), 0, np.zeros((28, 28), np.uint8))
    said = Transcription("11", 1.0, (digit, digit), doubtful=False, size=(9, 9))
    list(saved([Prediction("a/3.jpg", said), Prediction("a/3.png", said)], tmp_path))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a-3-1.png", "a-3-2-1.png", "a-3-2-2.png", "a-3-2.png"]


def test_many_pictures_of_numbers_are_read_in_order(ask, tmp_path):
    texts = ["1470", "7", "41", "0\n7"] * 10
    paths = [written(tmp_path, text, f"{k}.png") for k, text in enumerate(texts)]
    read = [line.split("\t")[1] for line in ask(*paths).stdout.splitlines()]
    assert read == [text.replace("\n", "\\n") for text in texts]
