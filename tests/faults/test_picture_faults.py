"""Every kind of picture is read or refused in a line, and no bytes get anything else out."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections import Counter

import kinds
import mutants
import numpy as np
import pictures as made
import pytest
from processes import Ended, run

from mnistcli.terminal.escaping import escape

MEGABYTES = 500
FORMATS = ("json", "tsv", "table")
SUMMARY = re.compile(r"(\d+) of (\d+) pictures could not be read\.")

FUZZED, FUZZED_LONG = 150, 20_000
BATCH = 500  # mutants a process


@pytest.fixture(scope="session")
def corpus(filled_once):
    """The folder with every kind, and [(kind, path, what must happen)]."""

    def fill(folder):
        (folder / "pictures").mkdir()
        placed = kinds.lay_out(folder / "pictures")
        (folder / "placed.json").write_text(json.dumps(placed))

    folder = filled_once("picture-corpus", fill)
    placed = [tuple(each) for each in json.loads((folder / "placed.json").read_text())]
    return folder / "pictures", placed


@pytest.fixture(scope="session")
def predicted(corpus, runs_dir, filled_once):
    """Predict all kinds in one process, once a session for each format."""
    folder, placed = corpus

    def predict(form):
        def fill(results):
            options = ("--runs-dir", runs_dir, "--format", form, "--")
            ended = run(
                folder, results / "stream", ["predict", *options, *(p for _, p, _ in placed)]
            )
            (results / "ended").write_text(f"{ended.code} {ended.peak}")

        results = filled_once(f"picture-corpus-{form}", fill)
        code, peak = map(int, (results / "ended").read_text().split())
        streams = [(results / f"stream.{name}").read_bytes() for name in ("out", "err")]
        return Ended(code, peak, *streams)

    return predict


@pytest.fixture(scope="session")
def found(predicted):
    """What the JSON says, in the order of the pictures."""
    return json.loads(predicted("json").out)["predictions"]


def test_the_corpus_has_more_than_forty_kinds_each_under_a_name_of_its_own(corpus):
    _, placed = corpus
    assert len({kind for kind, _, _ in placed}) == len({path for _, path, _ in placed}) > 200


def test_each_kind_is_read_or_refused_as_it_must(corpus, found):
    _, placed = corpus
    wrong = [
        f"{kind}: {one['error'] or 'read'}"
        for (kind, _, must), one in zip(placed, found, strict=True)
        if must not in (kinds.EITHER, kinds.REFUSED if one["error"] else kinds.READ)
    ]
    assert not wrong


def test_the_json_has_one_entry_for_each_picture_in_order(corpus, found):
    _, placed = corpus
    assert [one["path"] for one in found] == [path for _, path, _ in placed]
    for one in found:
        answers = [one[key] is not None for key in ("text", "probability")] + [one["digits"] != []]
        assert all(answers) if one["error"] is None else not any(answers)


def test_all_formats_say_the_same_about_the_same_pictures(predicted):
    errors = {predicted(form).err for form in FORMATS}
    assert len(errors) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_1_when_any_is_refused(predicted, form):
    assert predicted(form).code == 1


@pytest.mark.parametrize("form", FORMATS)
def test_memory_stays_under_500_mb(predicted, form):
    assert predicted(form).peak < MEGABYTES


@pytest.mark.parametrize("form", FORMATS)
def test_each_refusal_is_one_printable_line_on_stderr(predicted, found, form):
    refused = [one for one in found if one["error"]]
    *lines, last = predicted(form).lines
    assert lines == [f"{escape(one['path'])}: {one['error']}" for one in refused]
    assert all(one["error"].isprintable() for one in refused)
    assert [int(n) for n in SUMMARY.search(last).groups()] == [len(refused), len(found)]


def cells(one):
    """Text and probability as TSV has them."""
    text = one["text"].replace("\n", "\\n") + ("?" if one["doubtful"] else "")
    return text, f"{one['probability']:.6f}"


def test_the_tsv_is_one_record_a_line(predicted, found):
    lines = predicted("tsv").out.split(b"\n")
    read = [one for one in found if not one["error"]]
    records = ["\t".join((escape(one["path"]), *cells(one))) for one in read]
    assert lines == [*map(os.fsencode, records), b""]


def test_the_table_names_each_picture_that_was_read(predicted, found):
    rows = os.fsdecode(predicted("table").out).split("\n")[1:-1]
    read = [one for one in found if not one["error"]]
    for one in read:
        text, probability = cells(one)
        (row, *others), rows = np.split(rows, [text.count("\\n") + 1])
        assert row.startswith(escape(one["path"]))
        assert row.split()[-1] == probability
        assert [line.split()[-1] for line in others] == text.split("\\n")[1:]
    assert len(rows) == 0


def test_however_the_camera_was_held_the_answer_is_the_same(corpus, found):
    _, placed = corpus
    answers = [
        one["probabilities"]
        for (kind, _, _), one in zip(placed, found, strict=True)
        if kind.startswith("EXIF") or kind == "whole PNG"
    ]
    assert len(answers) == 9
    assert all(answer == answers[0] for answer in answers)


def test_the_exit_code_is_0_when_all_are_read(corpus, runs_dir, tmp_path):
    folder, placed = corpus
    readable = [path for _, path, must in placed if must == kinds.READ]
    ended = run(folder, tmp_path / "stream", ["predict", "--runs-dir", runs_dir, "--", *readable])
    assert (ended.code, ended.err) == (0, b"")
    assert ended.out.count(b"\n") == len(readable)


def test_a_file_without_permission_leaves_the_others_read(corpus, runs_dir, tmp_path):
    arguments = ["predict", "--runs-dir", runs_dir, "secret.png", "whole.png"]
    ended = run(corpus[0], tmp_path / "stream", arguments)
    assert ended.code == 1
    assert ended.out.startswith(b"whole.png\t7\t")
    assert ended.lines[0] == "secret.png: cannot be opened: Permission denied."


def test_an_endless_standard_input_is_refused_in_a_line(corpus, runs_dir, tmp_path):
    arguments = ["predict", "--runs-dir", runs_dir, "-"]
    ended = run(corpus[0], tmp_path / "stream", arguments, stdin="/dev/zero")
    assert ended.code == 1
    assert ended.lines[0].startswith("-: larger than")
    assert len(ended.lines) == 2
    assert ended.peak < MEGABYTES


def test_a_folder_without_permission_below_a_folder_is_refused_and_the_rest_read(
    runs_dir, tmp_path
):
    for name in ("a", "b", "c"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "7.png").write_bytes(made.saved(made.seven(), "PNG"))
    (tmp_path / "in" / "b").chmod(0)
    ended = run(tmp_path, tmp_path / "stream", ["predict", "--runs-dir", runs_dir, "--json", "in"])
    (tmp_path / "in" / "b").chmod(0o700)
    found = {one["path"]: one["error"] for one in json.loads(ended.out)["predictions"]}
    assert ended.code == 1
    assert found == {
        "in/a/7.png": None,
        "in/b": "cannot be opened: Permission denied.",
        "in/c/7.png": None,
    }


NAMES = ["...png", "7" * 251 + ".png", f"{'a' * 200}/{'b' * 200}/7.png", "\udcff" * 250 + ".png",
         "two\nlines.png", "-7.png"]  # fmt: skip


def test_whatever_a_picture_is_called_its_image_is_saved(runs_dir, tmp_path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(made.saved(made.seven(), "PNG"))
    options = ("--runs-dir", runs_dir, "--save-images", tmp_path / "seen", "--")
    ended = run(tmp_path, tmp_path / "stream", ["predict", *options, *NAMES, NAMES[1]])
    assert (ended.code, ended.err) == (0, b"")
    assert len([*(tmp_path / "seen").iterdir()]) == len(NAMES) + 1


def fuzzed(first, count, log):
    """Read mutants in a process of their own; return [(number, what came of it)].

    A mutant that ends the process has its signal for a result, and the next one goes on.
    """
    results = []
    while len(results) < count:
        with log.open("w") as file:
            script = [sys.executable, mutants.__file__]
            rest = (first + len(results), count - len(results))
            process = subprocess.Popen(
                [*script, *map(str, rest)], stdout=file, stderr=subprocess.PIPE, text=True
            )
            noise = process.communicate()[1]
        results += [line.split(" ", 1) for line in log.read_text().splitlines()]
        code = process.returncode
        if code and (not results or results[-1][-1]):
            pytest.fail(f"the fuzzer itself ended with {code}: {noise}")
        if code:
            results[-1][-1] = f"{signal.Signals(-code).name if code < 0 else code}: {noise}"
        elif noise:
            results[-1][-1] += f", with noise on stderr: {noise}"
    return results


def test_whatever_the_bytes_a_picture_is_read_or_refused(request, tmp_path, record_property):
    count = FUZZED_LONG if request.config.getoption("--long") else FUZZED
    results = []
    for first in range(0, count, BATCH):
        results += fuzzed(first, min(BATCH, count - first), tmp_path / "log")
    wrong = [result for result in results if result[1] not in (kinds.READ, kinds.REFUSED)]
    assert not wrong
    assert len(results) == count
    tally = Counter(what for _, what in results)
    record_property("mutants", dict(tally))
    assert min(tally[kinds.READ], tally[kinds.REFUSED]) > count // 20  # neither path idles
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 // 1_000_000
    record_property("peak of a process in MB", peak)
