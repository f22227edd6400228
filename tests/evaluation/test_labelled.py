"""People's own labelled pictures: which they are, and what a run scores on them."""

import csv
import json

import pytest

from mnistcli.errors import DatasetError
from mnistcli.evaluation.labelled import LabelledPicture, labelled_pictures


def write_csv(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_folder_names_its_digits_by_sub_folders(tmp_path):
    for digit in ("3", "7"):
        (tmp_path / digit).mkdir()
        (tmp_path / digit / "a.png").write_bytes(b"")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "b.png").write_bytes(b"")
    assert labelled_pictures(tmp_path) == [
        LabelledPicture(str(tmp_path / "3" / "a.png"), "3"),
        LabelledPicture(str(tmp_path / "7" / "a.png"), "7"),
    ]


def test_a_csv_names_paths_relative_to_itself_and_other_columns_are_ignored(tmp_path):
    source = write_csv(
        tmp_path / "list.csv", ("writer", "path", "label"), ("ann", "pictures/a.png", "5")
    )
    assert labelled_pictures(source) == [LabelledPicture(str(tmp_path / "pictures/a.png"), "5")]


@pytest.mark.parametrize("label", ["12 34|56", "1234\n56", "12 34 | 5 6"])
def test_in_a_label_a_bar_or_newline_separates_lines_and_spaces_do_not_count(tmp_path, label):
    source = write_csv(tmp_path / "list.csv", ("path", "label"), ("a.png", label))
    assert labelled_pictures(source) == [LabelledPicture(str(tmp_path / "a.png"), "1234\n56")]


def test_a_sub_folder_may_be_called_by_a_number(tmp_path):
    (tmp_path / "1455").mkdir()
    (tmp_path / "1455" / "a.png").write_bytes(b"")
    (picture,) = labelled_pictures(tmp_path)
    assert picture.label == "1455"


@pytest.mark.parametrize("label", ["x", "", "-1", "1 x", "|"])
def test_a_label_that_holds_anything_but_digits_is_refused_with_its_line(tmp_path, label):
    source = write_csv(tmp_path / "list.csv", ("path", "label"), ("a.png", "1"), ("b.png", label))
    with pytest.raises(DatasetError, match="line 3"):
        labelled_pictures(source)


def test_a_csv_without_the_columns_is_refused_with_those_it_has(tmp_path):
    source = write_csv(tmp_path / "list.csv", ("file", "digit"), ("a.png", "1"))
    with pytest.raises(DatasetError, match="got file, digit"):
        labelled_pictures(source)


@pytest.mark.parametrize("content", [b"", b"path,label\n", b"\xff\xfe\x00"])
def test_a_csv_without_pictures_is_refused(tmp_path, content):
    source = tmp_path / "list.csv"
    source.write_bytes(content)
    with pytest.raises(DatasetError):
        labelled_pictures(source)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="sub-folders 0 to 9"):
        labelled_pictures(tmp_path)


def test_the_report_lists_what_was_skipped_and_counts_the_rest(
    mnistcli_here, runs_dir, pictures, tmp_path
):
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    rows = [(pictures / f"{digit}.png", digit) for digit in range(10)]
    source = write_csv(tmp_path / "list.csv", ("path", "label"), *rows, ("broken.png", 4))
    result = mnistcli_here("evaluate", "--pictures", source, "--json", "--runs-dir", runs_dir)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["n"] == 10
    assert report["split"] == "pictures"
    assert [each["path"] for each in report["skipped"]] == [str(tmp_path / "broken.png")]
    assert sum(map(sum, report["confusion_matrix"])) == 10


def test_when_no_picture_can_be_read_it_fails_and_names_the_first(
    mnistcli_here, runs_dir, tmp_path
):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "broken.png").write_bytes(b"not a picture")
    result = mnistcli_here("evaluate", "--pictures", tmp_path, "--runs-dir", runs_dir)
    assert result.returncode == 1
    assert "broken.png" in result.stderr
