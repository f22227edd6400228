"""Where training runs, and how workers find each other; `test_workers.py` lets them train."""

import json
import subprocess
import sys
from pathlib import Path

import mirrored
import pytest
from common.workers import free_addresses, tf_config

from mnistcli.errors import TrainingError
from mnistcli.networks.framework import tf
from mnistcli.training.fitting import distribution
from mnistcli.training.fitting.distribution import Place, join, place

ADDRESSES = ("a:1", "b:2", "c:3")


@pytest.mark.parametrize("strategy", ["auto", "single", "mirrored"])
def test_without_workers_and_gpus_there_is_one_device(monkeypatch, strategy):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert place(strategy) == Place("single")


@pytest.mark.parametrize("strategy", ["auto", "multi-worker"])
def test_tf_config_names_the_workers(monkeypatch, strategy):
    monkeypatch.setenv("TF_CONFIG", tf_config(ADDRESSES, 2))
    here = place(strategy)
    assert here == Place("multi-worker", ADDRESSES, 2)
    assert here.address == "c:3"
    assert not here.chief


@pytest.mark.parametrize(("task", "index"), [("chief", 0), ("worker", 0), ("worker", 1)])
def test_a_chief_by_name_comes_first(monkeypatch, task, index):
    cluster = {"worker": ["b:2", "c:3"], "chief": ["a:1"]}
    value = {"cluster": cluster, "task": {"type": task, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(value))
    expected = index + (task == "worker")
    assert place("auto") == Place("multi-worker", ADDRESSES, expected)
    assert place("auto").chief == (task == "chief")


def test_a_job_of_one_worker_is_none_of_several(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config(ADDRESSES[:1], 0))
    assert place("auto") == Place("single")


def test_single_stays_alone_whatever_tf_config_says(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", tf_config(ADDRESSES, 1))
    assert place("single") == Place("single")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"cluster": {"worker": ["a:1", "b:2"]}}',
        tf_config(ADDRESSES, 3),
        '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": -1}}',
    ],
)
def test_a_tf_config_that_says_nothing_useful_is_refused_with_an_example(monkeypatch, value):
    monkeypatch.setenv("TF_CONFIG", value)
    with pytest.raises(TrainingError, match=r"TF_CONFIG .* such as \{.*host2.*index"):
        place("multi-worker")


def test_alone_what_is_shared_is_what_was_given():
    with join(Place("single")) as workers:
        assert workers.share(b"abc") == b"abc"
        assert workers.strategy is tf.distribute.get_strategy()


def test_a_chief_names_the_workers_that_did_not_come(monkeypatch):
    addresses = free_addresses(3)
    monkeypatch.setattr(distribution, "PATIENCE", 0.2)
    with pytest.raises(TrainingError, match=f"for {addresses[1]}, {addresses[2]}, and gave up"):
        join(Place("multi-worker", tuple(addresses), 0)).__enter__()


@pytest.mark.parametrize("network", [pytest.param("mlp", marks=pytest.mark.long), "cnn"])
def test_several_devices_of_a_machine_take_the_steps_of_one(network):
    script = Path(__file__).with_name("mirrored.py")
    two = subprocess.run(
        [sys.executable, script, network], check=True, capture_output=True, text=True
    )
    assert two.stdout.splitlines() == ["2", *mirrored.outcome(network)]


def test_losing_the_others_is_said_with_what_to_do(monkeypatch):
    monkeypatch.setattr(distribution, "_connect", lambda _: tf.distribute.get_strategy())
    message = "Graph execution error:\n\nat node\nCollective ops is aborted by: Socket closed\nmore"

    def lose():
        with join(Place("multi-worker", ADDRESSES, 1)):
            raise tf.errors.UnavailableError(None, None, message)

    with pytest.raises(TrainingError, match=r"worker 1 .*a:1, c:3.*Socket closed\. .*--resume"):
        lose()
