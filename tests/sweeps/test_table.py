"""What a sweep's table says of made-up runs."""

import json
import math
import random

import pytest

from mnistcli.choices import COMPLETE, DIVERGED, INTERRUPTED
from mnistcli.errors import ChoiceError, RunError
from mnistcli.networks.catalogue import configure
from mnistcli.runs import folders, run
from mnistcli.runs.history import EpochRecord
from mnistcli.runs.layers import Layer
from mnistcli.sweeps import table as tables
from mnistcli.sweeps.members import Member, kept_epoch

SPREAD = (0.0, 0.001, -0.001, 0.002, -0.002)


def members(accuracy, spread=SPREAD, *, status=COMPLETE, loss=0.1, test=0.5, **setting):
    """A run for each seed, whose accuracy differs from the mean by its spread."""
    pairs = tuple(setting.items())
    return [
        Member(pairs, seed, status, accuracy + each, loss, test, 2.0, 100.0)
        for seed, each in enumerate(spread)
    ]


def unended(status, seed=0, **setting):
    return Member(tuple(setting.items()), seed, status)


def table(*groups, by=None):
    return tables.table("a", [each for group in groups for each in group], by)


def test_the_best_setting_comes_first_with_mean_and_deviation():
    found = table(members(0.97, optimizer="sgd"), members(0.98, optimizer="adam"))
    assert [row.setting["optimizer"] for row in found.rows] == ["adam", "sgd"]
    assert found.rows[0].accuracy.mean == pytest.approx(0.98)
    assert found.rows[0].accuracy.deviation == pytest.approx(math.sqrt(10e-6 / 4))


def test_of_equal_settings_the_one_with_less_loss_comes_first():
    found = table(members(0.97, loss=0.2, optimizer="sgd"), members(0.97, optimizer="adam"))
    assert found.rows[0].setting == {"optimizer": "adam"}


def test_pairs_of_equal_seeds_tell_what_the_spread_would_hide():
    """Every seed is 0.0005 better with adam, far less than seeds differ by."""
    worse = [
        each - 0.0005 + tiny for each, tiny in zip(SPREAD, (0, 1e-5, 0, -1e-5, 0), strict=True)
    ]
    found = table(members(0.98, optimizer="adam"), members(0.98, worse, optimizer="sgd"))
    assert (found.rows[1].verdict, found.rows[1].words) == ("worse", "worse")
    assert found.rows[1].difference.mean == pytest.approx(-0.0005)


def test_what_five_seeds_cannot_tell_they_do_not_and_say_how_many_would():
    other = (0.001, -0.002, 0.0, 0.0, 0.0)
    found = table(members(0.98, optimizer="adam"), members(0.979, other, optimizer="sgd"))
    assert found.rows[1].verdict == "cannot tell"
    assert found.rows[1].words == "cannot tell with 5 seeds; about 30 would do"
    assert 25 < found.rows[1].difference.needed <= 30


def test_one_seed_compares_nothing():
    found = table(members(0.98, (0,), optimizer="adam"), members(0.9, (0,), optimizer="sgd"))
    assert found.rows[1].words == "cannot tell with 1 seed; 5 might do"
    assert found.to_json()["settings"][1]["confidence_interval"] is None


def test_settings_that_do_the_same_are_said_to():
    found = table(members(0.98, optimizer="adam"), members(0.98, optimizer="sgd"))
    assert found.rows[1].words == "the same with every seed"


def test_only_the_best_settings_test_accuracy_is_told():
    found = table(members(0.98, test=0.7, optimizer="adam"), members(0.9, optimizer="sgd"))
    assert found.to_json()["best"]["test_accuracy"] == pytest.approx(0.7)
    assert "test" not in json.dumps(found.to_json()["settings"])


def test_a_setting_that_diverged_is_no_winner_and_says_so():
    lucky = [*members(0.99, optimizer="adam")[1:], unended(DIVERGED, optimizer="adam")]
    found = table(members(0.9, optimizer="sgd"), lucky)
    assert found.rows[1].setting == {"optimizer": "adam"}
    assert "diverged with 1 seed" in found.rows[1].words


def test_a_setting_of_which_nothing_is_known_is_last():
    gone = [unended(INTERRUPTED, optimizer="adam")]
    found = table(gone, members(0.9, optimizer="sgd"))
    assert found.rows[1].words == "unfinished with 1 seed"
    assert found.unfinished == 1
    json.dumps(found.to_json(), allow_nan=False)


def test_where_nothing_is_complete_there_is_a_table_all_the_same():
    found = table([unended(INTERRUPTED, optimizer="adam")])
    json.dumps(found.to_json(), allow_nan=False)


def test_seeds_that_only_one_setting_has_are_no_pairs():
    found = table(members(0.98, optimizer="adam"), members(0.9, SPREAD[:3], optimizer="sgd"))
    assert found.rows[1].difference.n == 3


def test_by_an_option_all_others_are_averaged_over():
    groups = [
        members(accuracy, optimizer=optimizer, hidden=hidden)
        for (optimizer, hidden), accuracy in {
            ("adam", "64"): 0.96,
            ("adam", "512"): 0.98,
            ("sgd", "64"): 0.90,
            ("sgd", "512"): 0.94,
        }.items()
    ]
    found = table(*groups, by="optimizer")
    assert [(row.setting, round(row.accuracy.mean, 9)) for row in found.rows] == [
        ({"optimizer": "adam"}, 0.97),
        ({"optimizer": "sgd"}, 0.92),
    ]
    assert [len(row.seeds) for row in found.rows] == [5, 5]


def test_by_an_option_only_like_is_compared_with_like():
    """What sgd was not tried with does not count for adam either."""
    groups = [
        members(0.99, optimizer="adam", hidden="512"),
        members(0.90, optimizer="adam", hidden="64"),
        members(0.91, optimizer="sgd", hidden="64"),
    ]
    found = table(*groups, by="--optimizer")
    assert found.rows[0].setting == {"optimizer": "sgd"}


def test_by_an_option_that_does_not_vary_is_refused():
    with pytest.raises(ChoiceError, match="does not vary it. It varies optimizer, learning-rate"):
        table(members(0.9, optimizer="adam", learning_rate="0.1"), by="hidden")


def test_of_two_equal_settings_five_sweeps_in_a_hundred_call_one_worse():
    draw = random.Random(1)

    def sweep(settings):
        groups = [
            members(0.98, [draw.gauss(0, 0.0015) for _ in range(5)], optimizer=str(number))
            for number in range(settings)
        ]
        return table(*groups).rows

    called = sum(row.verdict == "worse" for _ in range(4000) for row in sweep(2))
    assert 160 <= called <= 240  # 4 to 6 %; of a thousand, chance alone makes it 36 to 64


def test_of_many_equal_settings_hardly_any_is_called_worse_without_a_warning():
    draw = random.Random(2)
    called = warned = 0
    for _ in range(200):
        groups = [
            members(0.98, [draw.gauss(0, 0.0015) for _ in range(5)], optimizer=str(number))
            for number in range(6)
        ]
        rows = table(*groups).rows
        called += any(row.words == "worse" for row in rows)
        warned += any("unlucky" in row.words for row in rows)
    assert called <= 14
    assert warned > 20


def epoch(number, loss, accuracy):
    return EpochRecord(number, 0.1, 0.9, loss, accuracy, 1.0)


def test_a_run_is_measured_after_the_epoch_whose_weights_it_kept():
    history = [epoch(1, 0.3, 0.8), epoch(2, 0.2, 0.9), epoch(3, 0.4, 0.95)]
    assert kept_epoch(history, early=False).epoch == 3
    assert kept_epoch(history, early=True).epoch == 2


@pytest.fixture
def folder(tmp_path):
    """A sweep of two runs on disk."""
    for number, accuracy in enumerate((0.9, 0.8)):
        config = configure(dataset="synthetic", validation_split=0.25, epochs=1, seed=number)
        path = folders.reserve(tmp_path, f"a-00{number}", "mlp")
        membership = run.Membership("a", {})
        dataset = {"name": "synthetic", "digest": "0"}
        this = run.create(path, config, [dataset], {}, membership=membership)
        metrics = {
            "history": [epoch(1, 0.3, accuracy).to_json()],
            "test": {"accuracy": 0.7, "loss": 0.3},
            "seconds": 3.0,
        }
        (path / run.METRICS).write_text(json.dumps(metrics))
        (path / run.KERAS_MODEL).touch()
        run.complete(this, 1.0, (Layer("dense", "Dense", (10,), 7850, 1),))
    return tmp_path


def test_a_table_is_read_from_the_runs_on_disk(folder):
    (row,) = tables.read(folder, "a").rows
    assert row.accuracy.mean == pytest.approx(0.85)
    assert (row.seeds, row.seconds, row.parameters) == ((0, 1), 3.0, 7850)


def test_a_sweep_that_is_not_there_is_told_which_are(folder):
    with pytest.raises(RunError, match="no sweep b in .* There are: a"):
        tables.read(folder, "b")
