"""A sweep's table as text: for people, for documents, for spreadsheets."""

import csv
import io

import pytest

from mnistcli.sweeps import table as tables
from mnistcli.sweeps.members import Member
from mnistcli.terminal.views import sweep as view

SPREAD = (0.0, 0.001, -0.001)


def members(accuracy, **setting):
    pairs = tuple(setting.items())
    return [
        Member(pairs, seed, "complete", accuracy + each, 0.1, 0.97, 2.0, 7850.0)
        for seed, each in enumerate(SPREAD)
    ]


@pytest.fixture
def table():
    """Three settings, of which one has not begun."""
    ended = [*members(0.98, learning_rate="0.1"), *members(0.9, learning_rate="a|b")]
    return tables.table("a", [*ended, Member((("learning_rate", "9"),), 0, "interrupted")])


def test_markdown_has_a_row_a_setting_and_the_winners_test_accuracy(table):
    lines = view.as_markdown(table).splitlines()
    assert lines[0].startswith("| learning-rate | seeds | accuracy | loss | seconds | parameters |")
    assert lines[2].startswith("| 0.1 | 3 | 0.9800 ± 0.0010 | 0.1000 ± 0.0000 | 2.0 | 7,850 |")
    assert lines[3].endswith("| -0.0800 | -0.0800 to -0.0800 | worse |")
    assert lines[-1] == "test accuracy of the best (learning-rate 0.1): 0.9700 ± 0.0000"


def test_what_is_no_cell_stays_in_its_cell(table):
    assert "| a\\|b |" in view.as_markdown(table)


def test_csv_is_unrounded_and_has_a_column_an_option(table):
    best, worse, missing = csv.DictReader(io.StringIO(view.as_csv(table)))
    assert (best["learning_rate"], best["seeds"], best["verdict"]) == ("0.1", "3", "best")
    assert float(best["val_accuracy_sd"]) == pytest.approx(0.001)
    assert float(worse["difference_low"]) == pytest.approx(-0.08)
    assert float(best["test_accuracy"]) == pytest.approx(0.97)
    assert worse["test_accuracy"] == ""
    assert (missing["val_accuracy"], missing["unfinished"]) == ("", "1")


def test_for_a_person_columns_stand_below_each_other(table, capsys):
    view.show(table, form=None, quiet=False)
    shown = capsys.readouterr()
    header, best, worse, missing = shown.out.splitlines()[:4]
    assert header.index("verdict") == best.index("best") == worse.index("worse")
    assert "unfinished with 1 seed" in missing


@pytest.mark.parametrize(
    ("seconds", "said"), [(12.4, "12 s"), (240, "4 min"), (9000, "2.5 h")], ids=str
)
def test_a_duration_is_said_in_the_unit_that_fits(seconds, said):
    assert view.duration(seconds) == said


def test_settings_that_are_measured_on_different_images_are_said_to_be(capsys):
    for names, said in ((("mnist", "mnist,mine"), False), (("mnist", "mine"), True)):
        found = [each for name in names for each in members(0.9, dataset=name)]
        view.show(tables.table("a", found), form=None, quiet=False)
        assert ("not of the same images" in capsys.readouterr().err) is said


def test_the_loss_that_is_chosen_and_the_one_that_is_measured_have_columns_of_their_own():
    both = [*members(0.98, loss="poisson"), *members(0.9, loss="hinge")]
    lines = view.as_markdown(tables.table("a", both)).splitlines()
    assert lines[0].startswith("| --loss | seeds | accuracy | loss |")
    assert lines[1].startswith("| --- | ---: | ---: | ---: |")
    assert lines[2].startswith("| poisson | 3 | 0.9800 ± 0.0010 | 0.1000 ± 0.0000 |")
