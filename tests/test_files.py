"""Files that appear whole or not at all."""

import hashlib
import json
import os

import pytest

from mnistcli import files


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_written_bytes_are_read_back(tmp_path):
    files.write_bytes(tmp_path / "a", b"content")
    assert (tmp_path / "a").read_bytes() == b"content"


def test_nothing_but_the_file_is_left_behind(tmp_path):
    files.write_bytes(tmp_path / "a", b"content")
    assert names(tmp_path) == ["a"]


def test_written_json_is_read_back(tmp_path):
    value = {"accuracy": 0.1 + 0.2, "list": [1, None, "ü"]}
    files.write_json(tmp_path / "a.json", value)
    assert json.loads((tmp_path / "a.json").read_bytes()) == value


def test_a_file_is_replaced_whole(tmp_path):
    files.write_bytes(tmp_path / "a", b"a long first content")
    files.write_bytes(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"second"


def test_until_the_end_of_writing_the_old_content_stands(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with files.atomic_path(target) as part:
        part.write_bytes(b"new")
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"


def test_the_temporary_file_stands_in_the_same_folder(tmp_path):
    with files.atomic_path(tmp_path / "a") as part:
        part.write_bytes(b"new")
        assert part.parent == tmp_path


def interrupted_write(target):
    with files.atomic_path(target) as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_the_old_content_and_no_litter(tmp_path):
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(target)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        interrupted_write(tmp_path / "a")
    assert names(tmp_path) == []


def test_a_writer_that_wrote_nothing_is_an_error_not_an_empty_file(tmp_path):
    with pytest.raises(FileNotFoundError), files.atomic_path(tmp_path / "a"):
        pass
    assert names(tmp_path) == []


def test_a_missing_folder_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.write_bytes(tmp_path / "missing" / "a", b"content")


def test_sha256_is_that_of_the_content(tmp_path):
    content = os.urandom(100_000)
    (tmp_path / "a").write_bytes(content)
    assert files.sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_sweep_removes_what_killed_writers_left(tmp_path):
    writer = files.atomic_path(tmp_path / "a.h5")
    part = writer.__enter__()
    part.write_bytes(b"half")  # and the process is gone
    (tmp_path / "other.h5").write_bytes(b"whole")
    files.sweep(tmp_path, "a.h5")
    assert names(tmp_path) == ["other.h5"]


def test_sweep_leaves_other_files_of_a_similar_name(tmp_path):
    kept = ["a.h5", "a.h5.part", ".b.h5.1.part"]
    for name in kept:
        (tmp_path / name).write_bytes(b"whole")
    files.sweep(tmp_path, "a.h5")
    assert names(tmp_path) == sorted(kept)
