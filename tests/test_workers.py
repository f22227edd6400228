"""Two workers on loopback train what one would have trained alone."""

import json
import signal
from types import SimpleNamespace

import pytest
import workers

from mnistcli.run import Run

OPTIONS = (
    *("--dataset", "synthetic", "--epochs", 3, "--batch-size", 30, "--learning-rate", 0.05),
    *("--optimizer", "sgd", "--validation-split", 0.25),
)


def read_history(folder):
    return json.loads((folder / "metrics.json").read_bytes())["history"]


@pytest.fixture(scope="module", params=[pytest.param("mlp", marks=pytest.mark.long), "cnn"])
def pair(request, filled_once, tiny_data_dir, mnistcli_here):
    """The runs `alone` and `together`, and what the two workers of the second said."""
    options = (*OPTIONS, "--model", request.param, "--data-dir", tiny_data_dir)

    def fill(folder):
        result = mnistcli_here("train", *options, "--name", "alone", "--runs-dir", folder)
        assert result.returncode == 0, result.stderr
        codes = workers.train(folder, 2, *options, "--name", "together", "--runs-dir", folder)
        assert codes == [0, 0], [(folder / f"{k}.err").read_text() for k in range(2)]

    folder = filled_once(f"workers-{request.param}", fill)
    return SimpleNamespace(
        folder=folder,
        model=request.param,
        alone=Run.read(folder / "alone"),
        together=Run.read(folder / "together"),
        out=[(folder / f"{k}.out").read_text() for k in range(2)],
        err=[(folder / f"{k}.err").read_text() for k in range(2)],
    )


def test_both_end_with_the_same_weights_to_the_bit(pair):
    first, second = ((pair.folder / f"{k}.weights").read_text() for k in range(2))
    assert len(first) == 64
    assert first == second


def test_the_losses_are_those_of_one_process(pair):
    # 48 images in batches of 30: of the second batch, each worker gets 9.
    for alone, together in zip(
        read_history(pair.alone.path), read_history(pair.together.path), strict=True
    ):
        assert together["loss"] == pytest.approx(alone["loss"], rel=1e-3)
        assert together["val_loss"] == pytest.approx(alone["val_loss"], rel=1e-3)


def test_the_configuration_does_not_tell_how_many_workers_there_were(pair):
    assert pair.together.config == pair.alone.config


def test_the_run_is_complete_and_like_any_other(pair, mnistcli_here, tiny_data_dir):
    names = {path.name for path in pair.together.path.iterdir()}
    assert names == {"metrics.json", "model.keras", "model.tflite", "run.json"}
    options = ("--dataset", "synthetic", "--engine", "keras", "--json")
    result = mnistcli_here("evaluate", pair.together.path, *options, "--data-dir", tiny_data_dir)
    assert result.returncode == 0, result.stderr
    metrics = json.loads((pair.together.path / "metrics.json").read_bytes())
    assert json.loads(result.stdout)["accuracy"] == metrics["test"]["accuracy"]


def test_only_the_chief_reports(pair):
    assert "test accuracy" in pair.out[0]
    assert pair.out[1] == ""
    assert pair.err[0].count("epoch") == 3


def test_the_other_logs_a_line_at_start_and_end(pair):
    first, last = pair.err[1].splitlines()
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


def test_a_batch_with_fewer_images_than_workers_is_refused_by_all(tmp_path, tiny_data_dir):
    options = ("--dataset", "synthetic", "--data-dir", tiny_data_dir, "--runs-dir", tmp_path)
    codes = workers.train(tmp_path, 2, *options, "--batch-size", 21)  # 64 = 3 * 21 + 1
    assert codes == [1, 1]
    for worker in range(2):
        assert "Error: a batch of 1 images" in workers.error(tmp_path, worker)
