"""What decides the last bits of weights: written down, and told where it changes."""

import platform

from mnistcli.runs import computing


def test_settings_that_change_weights_are_recorded_and_no_others(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    for name in ("TF_VAR_password", "TF_CONFIG", "TF_CPP_MIN_LOG_LEVEL", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "secret")
    here = computing.here()
    assert here["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert here["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=true"
    assert here[computing.PROCESSOR].startswith(platform.machine())
    assert "secret" not in here.values()


def test_what_was_not_recorded_has_not_changed():
    assert computing.changes({}, computing.here()) == {}


def test_changes_are_told_against_where_the_run_was_last():
    began = {"processor": "a"}
    changed = computing.changes(began, {"processor": "a", "XLA_FLAGS": "x"})
    assert changed == {"XLA_FLAGS": ("unset", "x")}
    later = computing.joined(began, changed)
    assert later == {"processor": "a", "XLA_FLAGS": "unset, then x"}
    assert computing.changes(later, {"processor": "a", "XLA_FLAGS": "x"}) == {}
    assert computing.changes(later, {"processor": "a"}) == {"XLA_FLAGS": ("x", "unset")}


def test_of_several_runs_what_is_not_the_same_in_all_is_told():
    recorded = [{"processor": "a"}, {"processor": "a", "XLA_FLAGS": "x"}, {}]
    assert computing.unlike(recorded) == {"XLA_FLAGS": ["unset", "x"]}
    assert computing.unlike(recorded[:1]) == computing.unlike([]) == {}
