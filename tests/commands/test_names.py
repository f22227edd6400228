"""Pictures under whatever names a file system can hold."""

import json
import os
import shutil

import pytest


def test_a_long_path_stands_whole_in_a_table(predict, pictures, tmp_path):
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    shutil.copy(pictures / "3.png", folder)
    assert str(folder / "3.png") in predict("--format", "table", folder).stdout.decode()


def test_escape_codes_in_a_name_do_not_reach_the_reader(predict, tmp_path):
    result = predict(tmp_path / "\x1b[31mred\x07.png")
    assert b"\x1b" not in result.stderr
    assert rb"\x1b[31mred\x07.png: " in result.stderr


NAMES = [b"tab\there.png", b"line\nend.png", b"return\r.png", b"back\\slash.png", b"\xff\xfe.png"]


@pytest.fixture
def oddly_named(small_pictures, tmp_path):
    """The same picture, a 3, under each of the names."""
    paths = [os.fsencode(tmp_path) + b"/" + name for name in NAMES]
    for path in paths:
        shutil.copy(os.fsencode(small_pictures / "3.png"), path)
    return paths


def test_whatever_a_picture_is_called_it_stays_one_tsv_record(predict, oddly_named):
    records = predict(*oddly_named).stdout.splitlines()
    assert [len(record.split(b"\t")) for record in records] == [3] * len(NAMES)
    assert [record.split(b"\t")[1] for record in records] == [b"3"] * len(NAMES)


def test_a_name_that_is_not_utf_8_comes_out_as_it_is(predict, oddly_named):
    assert predict(oddly_named[-1], LC_ALL="C.UTF-8").stdout.split(b"\t")[0] == oddly_named[-1]


def test_whatever_a_picture_is_called_the_json_names_it(predict, oddly_named):
    predictions = json.loads(predict("--json", *oddly_named).stdout)["predictions"]
    assert [os.fsencode(prediction["path"]) for prediction in predictions] == oddly_named


def test_whatever_a_bad_picture_is_called_its_error_stays_one_line(predict, tmp_path):
    paths = [os.fsencode(tmp_path) + b"/" + name for name in NAMES]
    result = predict(*paths)
    assert result.returncode == 1
    errors = result.stderr.splitlines()
    assert [error.partition(b"/")[0] for error in errors[:-1]] == [b""] * len(NAMES)
    assert f"{len(NAMES)} of {len(NAMES)}".encode() in errors[-1]


def test_whatever_a_picture_is_called_the_table_shows_it(predict, oddly_named):
    result = predict("--format", "table", *oddly_named)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == 1 + len(NAMES)


def test_a_name_with_markup_is_shown_as_it_is(predict, pictures, tmp_path):
    shutil.copy(pictures / "3.png", tmp_path / "[red]3[not a tag].png")
    result = predict("--format", "table", tmp_path)
    assert b"[red]3[not a tag].png" in result.stdout
