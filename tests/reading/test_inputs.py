"""Which files of a folder are read, in what order, and what is said of the others."""

import os
from collections import Counter
from pathlib import Path

import pytest

from mnistcli.errors import PictureError
from mnistcli.reading import inputs
from mnistcli.reading.inputs import expand, read_file, said


@pytest.fixture
def names(tmp_path):
    """Make files of these names, and return which are read, in order, and what was passed over."""

    def make(*files):
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        passed_over = Counter()
        read = [path.removeprefix(f"{tmp_path}/") for path in expand([str(tmp_path)], passed_over)]
        return read, passed_over

    return make


def test_numbers_in_names_are_in_their_natural_order(names):
    read, _ = names("img10.png", "img2.png", "img1.png", "10/a.png", "9/a.png")
    assert read == ["img1.png", "img2.png", "img10.png", "9/a.png", "10/a.png"]


@pytest.mark.parametrize("suffix", [".heic", ".HEIC", ".heif", ".jfif", ".png", ".JPG"])
def test_the_files_that_people_have_are_read(names, suffix):
    assert names(f"a{suffix}")[0] == [f"a{suffix}"]


def test_hidden_files_and_folders_are_no_news(names):
    assert names("._3.png", ".hidden.png", ".DS_Store", ".cache/3.png", "3.png") == (["3.png"], {})


def test_other_files_are_counted(names):
    _, passed_over = names("a.txt", "b.TXT", "c/d.mov", "e.png")
    assert said(passed_over) == "3 files passed over: .txt 2, .mov 1"


def test_a_file_without_a_suffix_is_counted_as_such(names):
    _, passed_over = names("README")
    assert said(passed_over) == "1 file passed over: without a suffix 1"


def test_where_none_was_passed_over_nothing_is_said():
    assert said(Counter()) == ""


def test_predict_says_it_in_one_line_on_stderr(predict, pictures, tmp_path):
    (tmp_path / "3.png").write_bytes((pictures / "3.png").read_bytes())
    for name in ("a.txt", "b.txt", "c.mov"):
        (tmp_path / name).write_bytes(b"")
    result = predict(tmp_path)
    assert result.returncode == 0
    assert result.stderr == b"3 files passed over: .txt 2, .mov 1\n"
    assert predict("--quiet", tmp_path).stderr == b""


def test_predict_says_it_also_where_no_picture_is_left(predict, tmp_path):
    (tmp_path / "c.mov").write_bytes(b"")
    result = predict(tmp_path)
    assert result.returncode == 1
    first, second = result.stderr.decode().splitlines()
    assert first == "1 file passed over: .mov 1"
    assert second.startswith("Error: no picture found")


SIZELESS = Path("/proc/version")


@pytest.mark.skipif(
    not SIZELESS.is_file() or SIZELESS.stat().st_size > 0, reason="only Linux has such files"
)
def test_a_file_that_states_no_size_is_read_whole():
    assert read_file(str(SIZELESS)) == SIZELESS.read_bytes()


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "sparse.png"
    path.touch()
    os.truncate(path, inputs.MAX_BYTES + 1)
    monkeypatch.delattr(inputs, "_read")
    with pytest.raises(PictureError, match="larger than 330 MB"):
        read_file(str(path))
