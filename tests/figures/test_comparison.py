"""A sweep drawn: figures and page of made-up runs."""

import io
import random
from dataclasses import replace

import pytest
from PIL import Image
from test_report import Page

from mnistcli.errors import RunError
from mnistcli.figures import comparison, headlines, strips
from mnistcli.runs.history import EpochRecord
from mnistcli.sweeps import table as tables
from mnistcli.sweeps.members import Member

MEANS = {"adam": 0.98, "<b>rmsprop</b>": 0.9799, "sgd": 0.93}


def table(means=MEANS, seeds=5, epochs=3, by=None):
    draw = random.Random(0)
    members = []
    for name, mean in means.items():
        for seed in range(seeds):
            accuracy = mean + draw.gauss(0, 0.001)
            history = tuple(
                EpochRecord(k, 0.1, 0.9, 0.3 / k, accuracy - 0.1 / k, 1.0)
                for k in range(1, epochs + 1 - seed % 2)
            )
            pairs = (("optimizer", name),)
            member = Member(pairs, seed, "complete", accuracy, 0.1, 0.5, 2.0, 100.0)
            members.append(replace(member, history=history))
    return tables.table("a", members, by)


def text(page):
    return " ".join(" ".join(Page(page).text).split())


TABLES = {
    "several settings": table(),
    "one": table({"adam": 0.98}),
    "one seed": table(seeds=1),
    "many": table({str(k): 0.9 + k / 1000 for k in range(50)}),
    "by": table(by="optimizer"),
}


@pytest.mark.parametrize("given", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("draw", [strips.strips, strips.bands])
@pytest.mark.filterwarnings("error")
def test_a_figure_is_a_png_1600_pixels_wide(given, draw):
    if given.by and draw is strips.bands:
        pytest.skip("what is averaged over has no curve of its own")
    with Image.open(io.BytesIO(draw(given, "a sweep"))) as image:
        assert image.size[0] == 1600


def test_the_headline_says_which_is_best_and_how_sure_that_is():
    assert headlines.sweep(table({"adam": 0.98, "sgd": 0.9})) == "adam is best: the other is worse"
    assert headlines.sweep(table()).endswith("comes first; another may be as good")
    assert headlines.sweep(table({"adam": 0.98})).endswith("with 5 seeds")


def test_the_page_holds_the_table_and_both_figures():
    page = comparison.html(table())
    assert page.count("<svg") == 2
    said = text(page)
    assert "cannot tell with 5 seeds" in said
    assert "worse" in said
    assert "test accuracy of the best: 0.5000" in said


def test_a_name_on_the_page_is_text():
    page = comparison.html(table())
    assert "<b>" not in page
    assert "&lt;b&gt;rmsprop" in page


def test_what_is_written_lies_beside_the_runs(tmp_path):
    written = [
        *comparison.write_plots(table(), tmp_path),
        comparison.write_report(table(), tmp_path),
    ]
    assert [str(path.relative_to(tmp_path)) for path in written] == [
        "a.sweep/plots/accuracy.png",
        "a.sweep/plots/curves.png",
        "a.sweep/report.html",
    ]
    by = TABLES["by"]
    assert comparison.write_report(by, tmp_path).name == "report-by-optimizer.html"


def test_a_sweep_without_a_complete_run_has_nothing_to_draw(tmp_path):
    with pytest.raises(RunError, match="nothing to draw"):
        comparison.write_plots(tables.table("a", [Member((), 0, "interrupted")]), tmp_path)
