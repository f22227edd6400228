"""train --tensorboard, --csv and --plots: what they leave in the run."""

import csv
import json

import numpy as np
import pytest

EPOCHS = 3


@pytest.fixture(scope="module")
def trained(tiny_data_dir, mnistcli_here, tmp_path_factory):
    """A run of a few epochs with all extras: its folder, and the JSON that train printed."""
    runs = tmp_path_factory.mktemp("runs")
    options = ("--dataset", "synthetic", "--hidden", 16, "--epochs", EPOCHS)
    options += ("--validation-split", 0.25)
    options += ("--schedule", "cosine", "--learning-rate", 0.01, "--name", "a")
    extras = ("--tensorboard", "--csv", "--plots", "--json")
    folders = ("--data-dir", tiny_data_dir, "--runs-dir", runs)
    result = mnistcli_here("train", *options, *extras, *folders)
    assert result.returncode == 0, result.stderr
    return runs / "a", json.loads(result.stdout), result.stderr


@pytest.fixture(scope="module")
def read():
    """TensorBoard's own reader: the scalars in a folder, as {tag: [(step, value)]}."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard"
    )
    from tensorboard.util import tensor_util

    def scalars(folder):
        events = accumulator.EventAccumulator(str(folder)).Reload()
        tags = events.Tags()["tensors"]
        assert all(events.SummaryMetadata(tag).plugin_data.plugin_name == "scalars" for tag in tags)
        return {
            tag: [
                (event.step, float(tensor_util.make_ndarray(event.tensor_proto)))
                for event in events.Tensors(tag)
            ]
            for tag in tags
        }

    return scalars


@pytest.mark.parametrize(("part", "prefix"), [("train", ""), ("validation", "val_")])
@pytest.mark.parametrize("name", ["loss", "accuracy"])
def test_tensorboard_finds_every_epoch(trained, read, part, prefix, name):
    folder, report, _ = trained
    found = read(folder / "tensorboard" / part)[f"epoch_{name}"]
    assert [step for step, _ in found] == [1, 2, 3]
    expected = [record[prefix + name] for record in report["history"]]
    assert np.allclose([value for _, value in found], expected)


def test_tensorboard_finds_the_learning_rate_falling_with_its_schedule(trained, read):
    folder, _, _ = trained
    rates = [rate for _, rate in read(folder / "tensorboard" / "train")["epoch_learning_rate"]]
    assert 0.01 > rates[0] > rates[1] > rates[2] >= 0


def test_event_files_are_written_without_tensorboard(trained):
    folder, _, _ = trained
    for part in ("train", "validation"):
        (file,) = (folder / "tensorboard" / part).iterdir()
        assert "tfevents" in file.name
        assert file.stat().st_size > 100


def test_the_csv_holds_what_the_json_says(trained):
    folder, report, _ = trained
    with (folder / "history.csv").open(newline="") as file:
        rows = [
            {name: json.loads(text) for name, text in row.items()} for row in csv.DictReader(file)
        ]
    assert rows == report["history"]


def test_the_learning_curves_are_drawn(trained):
    folder, _, _ = trained
    assert (folder / "plots" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_train_says_what_it_wrote_beside_the_model(trained):
    folder, _, stderr = trained
    for name in ("history.csv", "plots/curves.png"):
        assert f"wrote {folder / name}\n" in stderr
