"""Several workers on loopback train what one trains alone, to the bit."""

import json
import signal
from types import SimpleNamespace

import pytest
from common import workers

from mnistcli.runs.run import Run

# 1,500 images to train on: seven batches of four groups, and a smaller one of two.
OPTIONS = (
    *("--dataset", "synthetic", "--validation-split", 0.25),
    *("--epochs", 2, "--batch-size", 200),
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
    "mlp": ("--model", "mlp", "--dropout", 0.5, "--metric", "f1_score"),
    "cnn": ("--model", "cnn"),
}


@pytest.fixture(scope="module", params=list(NETWORKS))
def pair(request, filled_once, data_dir):
    """What one worker leaves, and what two leave of the same."""
    options = (*OPTIONS, *NETWORKS[request.param], "--data-dir", data_dir)

    def fill(folder):
        for n in (1, 2):
            train(folder / str(n), n, *options)

    folder = filled_once(f"workers-{request.param}", fill)
    return SimpleNamespace(alone=left(folder / "1", 1), together=left(folder / "2", 2))


def test_all_end_with_the_weights_of_one_alone_to_the_bit(pair):
    first, second = pair.together.weights
    assert len(first) == 64
    assert first == second == pair.alone.weights[0]


def test_losses_and_accuracies_are_those_of_one_alone(pair):
    assert history(pair.together.run) == history(pair.alone.run)


@pytest.mark.parametrize("n", [3, pytest.param(4, marks=pytest.mark.long)])
def test_so_it_is_with_groups_that_cannot_be_shared_out_evenly(n, pair, tmp_path, data_dir):
    options = (*OPTIONS, *NETWORKS[pair.alone.run.config.model], "--data-dir", data_dir)
    together = train(tmp_path / "runs", n, *options)
    assert set(together.weights) == set(pair.alone.weights)
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


def test_the_other_logs_a_line_at_start_and_end(pair):
    first, last = pair.together.err[1].splitlines()
    assert first.startswith("worker 1 of 2 (127.0.0.1:")
    assert first.endswith("looking for the others")
    assert last.endswith("done")


def test_when_a_worker_dies_the_other_stops_and_the_run_goes_on(
    tmp_path, tiny_data_dir, mnistcli_here
):
    options = ("--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    training = ("train", "--dataset", "synthetic", "--epochs", 2000, "--name", "a", *options)
    addresses = workers.free_addresses(2)
    with workers.started(tmp_path, addresses, *training) as processes:
        workers.wait_for(tmp_path / "0.err", "epoch 2 ")
        processes[1].send_signal(signal.SIGKILL)
        assert processes[0].wait(60) == 1
    assert f"Error: worker 0 lost the others ({addresses[1]})" in workers.error(tmp_path, 0)
    # Whoever is left goes on where both were; two thousand epochs are too many to wait for.
    manifest = tmp_path / "a" / "run.json"
    epochs = json.loads(manifest.read_text())
    assert epochs["status"] == "training"
    manifest.write_text(manifest.read_text().replace('"epochs": 2000', '"epochs": 1'))
    result = mnistcli_here("train", "--resume", "a", *options)
    assert result.returncode == 0, result.stderr
    assert "going on after epoch" in result.stderr


def test_workers_for_which_there_are_no_images_are_told_of_and_change_nothing(tmp_path, data_dir):
    options = ("--dataset", "synthetic", "--epochs", 1, "--batch-size", 50, "--data-dir", data_dir)
    alone, together = (train(tmp_path / str(n), n, *options) for n in (1, 2))
    assert "leaves 1 of the workers without images" in together.err[0]
    assert "without images" not in alone.err[0]
    assert set(together.weights) == set(alone.weights)


def test_a_worker_that_was_started_for_another_network_is_refused(tmp_path, tiny_data_dir):
    options = ("train", "--dataset", "synthetic", "--data-dir", tiny_data_dir, "--epochs", 1)
    addresses = workers.free_addresses(2)
    chief = workers.start(
        tmp_path, addresses, 0, *options, "--runs-dir", tmp_path, "--model", "cnn"
    )
    other = workers.start(tmp_path, addresses, 1, *options)
    assert [process.wait(60) for process in (chief, other)] == [1, 1]
    assert "with --model cnn." in workers.error(tmp_path, 1)
