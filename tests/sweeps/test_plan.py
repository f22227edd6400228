"""A sweep's plan: which runs there are, and what they are called."""

import pytest

from mnistcli.errors import ChoiceError, RunError
from mnistcli.networks.catalogue import configure
from mnistcli.runs import folders, run
from mnistcli.sweeps import plan
from mnistcli.sweeps.plan import Plan, Setting

DIGESTS = {"synthetic": "0" * 64}


def setting(**options):
    config = configure(dataset="synthetic", validation_split=0.25, **options)
    return Setting({name: str(value) for name, value in options.items()}, config, None)


def planned(*, seeds=2, name="a"):
    settings = (setting(optimizer="sgd"), setting(optimizer="adam"))
    return Plan(name, settings, tuple(range(seeds)))


def begin(folder, this, **changes):
    """Make a run of a plan on disk, or one that differs."""
    path = folders.reserve(folder, this.name, this.config.model)
    dataset = {"name": "synthetic", "digest": changes.get("digest", "0" * 64)}
    return run.create(
        path, changes.get("config", this.config), [dataset], {}, membership=this.membership
    )


def test_every_setting_is_trained_with_every_seed():
    runs = planned(seeds=3).runs
    assert {(r.config.optimizer, r.config.seed) for r in runs} == {
        (optimizer, seed) for optimizer in ("sgd", "adam") for seed in range(3)
    }


def test_runs_are_called_after_the_sweep_and_numbered():
    assert [r.name for r in planned().runs] == ["a-000", "a-001", "a-002", "a-003"]


def test_with_more_seeds_it_begins_with_the_same_runs():
    assert planned(seeds=5).runs[:4] == planned(seeds=2).runs


@pytest.mark.parametrize("first", [0, 1])
def test_shards_share_all_runs_out(first):
    parts = [planned(seeds=5).shard(part, 3) for part in range(first, first + 3)]
    assert sorted(r.name for part in parts for r in part) == [r.name for r in planned(seeds=5).runs]


def test_two_settings_that_are_the_same_are_refused():
    with pytest.raises(ChoiceError, match="the same: optimizer sgd and the one setting"):
        Plan(
            "a",
            (setting(optimizer="sgd"), Setting({}, setting(optimizer="sgd").config, None)),
            (0,),
        )


def test_a_run_says_which_sweep_and_setting_it_belongs_to(tmp_path):
    begin(tmp_path, planned().runs[1])
    found = run.Run.read(tmp_path / "a-001")
    assert (found.sweep, found.membership.setting) == ("a", {"optimizer": "adam"})


def test_runs_that_are_there_are_kept(tmp_path):
    begin(tmp_path, planned().runs[1])
    plan.check(planned().runs, tmp_path, DIGESTS)


def test_a_run_with_other_options_is_in_the_way_and_the_difference_shown(tmp_path):
    begin(tmp_path, planned().runs[0])
    other = Plan("a", (setting(optimizer="lion"), setting(optimizer="adam")), (0, 1))
    with pytest.raises(RunError, match=r"a-000 .* optimizer is sgd, now lion.* another --name"):
        plan.check(other.runs, tmp_path, DIGESTS)


def test_a_run_on_other_images_of_that_name_is_in_the_way(tmp_path):
    begin(tmp_path, planned().runs[0], digest="1" * 64)
    with pytest.raises(RunError, match="dataset_digest is 111"):
        plan.check(planned().runs, tmp_path, DIGESTS)


def test_a_run_that_is_no_sweeps_is_in_the_way(tmp_path):
    path = folders.reserve(tmp_path, "a-000", "mlp")
    run.create(path, planned().runs[0].config, [{"name": "synthetic", "digest": "0" * 64}], {})
    with pytest.raises(RunError, match="sweep is None, now a"):
        plan.check(planned().runs, tmp_path, DIGESTS)


@pytest.mark.parametrize("name", ["", "a/b", ".a", "-a"])
def test_a_name_that_no_run_could_have_is_refused(name):
    with pytest.raises(RunError, match="cannot be a run's name"):
        plan.named(name)


def test_a_sweep_without_a_name_is_called_after_the_time():
    assert plan.named(None).startswith("sweep-2")
