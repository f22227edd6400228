"""Several workers on loopback train what one trains alone, to the bit.

What becomes of them when one dies: `tests/faults/test_workers_faults.py`.
"""

import json
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from common import worker, workers

from mnistcli.errors import TrainingError
from mnistcli.networks.catalogue import configure
from mnistcli.runs import computing
from mnistcli.runs.run import Run
from mnistcli.terminal.views.train import _sentence
from mnistcli.training import session, task
from mnistcli.training.fitting import distribution, groups
from mnistcli.training.fitting.distribution import Place, Workers
from mnistcli.training.pool import open_pool

# 1,500 images to train on: eight batches of three groups, and a smaller one of one: two workers
# can share out neither evenly, and one of them gets none of the last.
OPTIONS = (
    *("--dataset", "synthetic", "--validation-split", 0.25),
    *("--epochs", 2, "--batch-size", 180),
)


def train(folder, n, *options):
    """Let n workers train a run in a folder of their own, and return what they leave."""
    codes = workers.train(folder, n, *options, "--name", "run", "--runs-dir", folder)
    assert codes == [0] * n, [(folder / f"{k}.err").read_text() for k in range(n)]
    return left(folder, n)


def left(folder, n):
    text = {
        kind: [(folder / f"{k}.{kind}").read_text() for k in range(n)]
        for kind in ("weights", "out", "err")
    }
    return SimpleNamespace(run=Run.read(folder / "run"), **text)


def history(run):
    """Return a run's history but for its seconds."""
    records = json.loads((run.path / "metrics.json").read_bytes())["history"]
    return [{key: value for key, value in each.items() if key != "seconds"} for each in records]


NETWORKS = {
    "mlp": ("--hidden", 32, "--dropout", 0.5, "--metric", "f1_score"),
    "cnn": ("--model", "cnn"),
}
CNN_IF_LONG = ["mlp", pytest.param("cnn", marks=pytest.mark.long)]


@pytest.fixture(scope="module", params=CNN_IF_LONG)
def pair(request, filled_once, data_dir, mnistcli_here):
    """What one alone leaves, and what two workers leave of the same."""
    options = (*OPTIONS, *NETWORKS[request.param], "--data-dir", data_dir)

    def alone_here(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(task.Task, "fit", worker.telling(task.Task.fit))
            where = ("--name", "run", "--runs-dir", folder)
            result = mnistcli_here("train", *options, *where, WEIGHTS=str(folder / "0.weights"))
        assert result.returncode == 0, result.stderr

    def fill(folder):
        train(folder / "2", 2, *options)
        if groups.uses_threads_for(request.param):
            (folder / "1").mkdir()
            alone_here(folder / "1")
        else:
            train(folder / "1", 1, *options)

    folder = filled_once(f"workers-{request.param}", fill)
    (weights,) = (path.read_text() for path in (folder / "1").glob("*.weights"))
    alone = SimpleNamespace(run=Run.read(folder / "1" / "run"), weights=weights, options=options)
    return SimpleNamespace(alone=alone, together=left(folder / "2", 2))


def test_all_end_with_the_weights_of_one_alone_to_the_bit(pair):
    assert len(pair.alone.weights) == 64
    assert pair.together.weights == [pair.alone.weights] * 2


def test_losses_and_accuracies_are_those_of_one_alone(pair):
    assert history(pair.together.run) == history(pair.alone.run)


@pytest.mark.long
@pytest.mark.parametrize("n", [3, 4])
def test_so_it_is_with_more_of_them(n, pair, tmp_path):
    together = train(tmp_path / "runs", n, *pair.alone.options)
    assert together.weights == [pair.alone.weights] * n
    assert history(together.run) == history(pair.alone.run)


def test_the_configuration_does_not_tell_how_many_workers_there_were(pair):
    assert pair.together.run.config == pair.alone.run.config


def test_the_run_is_complete_and_like_any_other(pair, mnistcli_here, data_dir):
    path = pair.together.run.path
    names = {file.name for file in path.iterdir()}
    kept = {"checkpoint"} if Run.read(path).config.schedule == "constant" else set()
    assert names == {"metrics.json", "model.keras", "model.tflite", "run.json"} | kept
    options = ("--dataset", "synthetic", "--engine", "keras", "--json")
    result = mnistcli_here("evaluate", path, *options, "--data-dir", data_dir)
    assert result.returncode == 0, result.stderr
    metrics = json.loads((path / "metrics.json").read_bytes())
    assert json.loads(result.stdout)["accuracy"] == metrics["test"]["accuracy"]


def test_only_the_chief_reports(pair):
    assert "test accuracy" in pair.together.out[0]
    assert pair.together.out[1] == ""
    assert pair.together.err[0].count("epoch") == 2


def test_another_logs_a_line_at_start_and_end(pair):
    first, last = pair.together.err[1].splitlines()
    assert first.startswith("worker 1 of 2 (127.0.0.1:")
    assert first.endswith("looking for the others")
    assert last.endswith("done")


def test_workers_for_which_there_are_no_images_are_told_of(monkeypatch, tiny_data_dir, tmp_path):
    # That they change nothing is seen above, where one has no image of the last batch.
    config = configure(dataset="synthetic", epochs=1, hidden=(), batch_size=50)
    three = Workers(Place("single"), SimpleNamespace(num_replicas_in_sync=3))
    monkeypatch.setattr(distribution, "join", lambda _: nullcontext(three))
    started = next(session.train_run(config, tiny_data_dir, tmp_path))
    assert "a batch of 50 leaves 2 of the workers without images" in _sentence(started)
    assert "without images" not in _sentence(replace(started, idle=0))


def shared(config, data_dir):
    """Return what a chief tells the others of a training."""
    pool = open_pool(data_dir, config.datasets)
    return {"config": config.to_json(), "digest": pool.digest, "classes": pool.classes}


def test_a_worker_whose_cores_were_set_for_another_network_refuses(tiny_data_dir):
    (name,) = [each for each in NETWORKS if not groups.uses_threads_for(each)]
    config = configure(model=name, dataset="synthetic")
    common = shared(config, tiny_data_dir)
    chief = SimpleNamespace(share=lambda: json.dumps(common).encode())
    with pytest.raises(TrainingError, match=f"with --model {name}"):
        task.receive(tiny_data_dir, chief, None)


def test_a_worker_that_would_round_otherwise_refuses(tiny_data_dir, monkeypatch):
    config = configure(dataset="synthetic", hidden=())
    groups.use_threads_for(config.model)
    common = shared(config, tiny_data_dir) | {"computing": computing.here()}
    chief = SimpleNamespace(share=lambda: json.dumps(common).encode())
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    with pytest.raises(TrainingError, match="TF_ENABLE_ONEDNN_OPTS is unset, here 0"):
        task.receive(tiny_data_dir, chief, None)


@pytest.mark.long
def test_a_worker_that_was_started_for_another_network_is_refused(tmp_path, tiny_data_dir):
    options = ("train", "--dataset", "synthetic", "--data-dir", tiny_data_dir, "--epochs", 1)
    addresses = workers.free_addresses(2)
    chief = workers.start(
        tmp_path, addresses, 0, *options, "--runs-dir", tmp_path, "--model", "cnn"
    )
    other = workers.start(tmp_path, addresses, 1, *options)
    assert [process.wait(200) for process in (chief, other)] == [1, 1]
    assert "with --model cnn." in workers.error(tmp_path, 1)
