"""`predict --shard`: the parts of a job, each a process that knows nothing of the others."""

import itertools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mnistcli.cli import cli
from mnistcli.datasets.synthetic.generator import draw_digits
from mnistcli.reading.inputs import share

PARTS = 7


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Nineteen pictures, one of them broken, in nested folders."""
    folder = tmp_path_factory.mktemp("pictures")
    labels = np.arange(18, dtype=np.uint8) % 10
    for number, image in enumerate(draw_digits(labels, seed=3)):
        path = folder / f"{number % 3}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
    (folder / "1" / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def answers(pictures, runs_dir):
    """What `predict` prints and exits with, for the options given."""

    def run(*options):
        arguments = ("predict", str(pictures), "--runs-dir", str(runs_dir), *options)
        result = CliRunner().invoke(cli, arguments)
        return result.stdout, result.exit_code

    return run


@pytest.mark.parametrize("first", [0, 1])
def test_the_parts_together_print_the_lines_of_one_process(answers, first):
    whole, code = answers("--format", "tsv")
    parts = [
        answers("--format", "tsv", "--shard", f"{k}/{PARTS}") for k in range(first, first + PARTS)
    ]
    assert code == 1  # the broken one
    assert sorted(code for _, code in parts) == [0] * (PARTS - 1) + [1]
    assert sorted(line for part, _ in parts for line in part.splitlines()) == sorted(
        whole.splitlines()
    )


def test_the_parts_together_have_the_predictions_of_one_process(answers):
    whole = json.loads(answers("--json")[0])
    parts = [json.loads(answers("--json", "--shard", f"{k}/{PARTS}")[0]) for k in range(PARTS)]
    assert all(part.keys() == whole.keys() for part in parts)
    together = [prediction for part in parts for prediction in part["predictions"]]
    assert sorted(together, key=lambda p: p["path"]) == sorted(
        whole["predictions"], key=lambda p: p["path"]
    )


def test_the_parts_together_have_the_rows_of_one_table(answers, pictures):
    def rows(text):
        return [" ".join(line.split()) for line in text.splitlines() if str(pictures) in line]

    whole = rows(answers("--format", "table")[0])
    parts = [
        row
        for k in range(PARTS)
        for row in rows(answers("--format", "table", "--shard", f"{k}/{PARTS}")[0])
    ]
    assert len(whole) == 18
    assert sorted(parts) == sorted(whole)


def test_a_part_keeps_the_order(answers):
    whole, part = (
        [
            prediction["path"]
            for prediction in json.loads(answers("--json", *shard)[0])["predictions"]
        ]
        for shard in ((), ("--shard", "2/7"))
    )
    assert len(whole) == 19
    assert part == whole[2::7]


def test_more_parts_than_pictures_leave_some_with_nothing(answers):
    assert answers("--format", "tsv", "--shard", "50/99") == ("", 0)
    assert json.loads(answers("--json", "--shard", "50/99")[0])["predictions"] == []


@pytest.mark.parametrize("shard", ["", "3", "0/0", "4/3", "-1/3", "1/-3", "a/b", "1/3/5", "1.5/3"])
def test_what_is_no_part_is_wrong_usage(answers, shard):
    assert answers("--shard", shard)[1] == 2


def test_each_input_belongs_to_one_part():
    for parts in (1, 2, 7, 30):
        found = [list(share(map(str, range(20)), k, parts)) for k in range(1, parts + 1)]
        assert sorted(itertools.chain(*found), key=int) == [str(k) for k in range(20)]
