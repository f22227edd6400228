"""What a metrics.json says, and the same as CSV."""

import csv
import json

import pytest

from mnistcli.errors import RunError
from mnistcli.runs.history import EpochRecord, Results, write_csv

RECORD = {
    "epoch": 1,
    "loss": 0.25,
    "accuracy": 0.5,
    "val_loss": None,
    "val_accuracy": None,
    "seconds": 2.0,
}
METRICS = {"history": [RECORD], "test": {"accuracy": 0.75, "loss": 0.5}, "seconds": 3.0}


def test_results_are_read_as_they_were_written():
    results = Results.from_json(json.dumps(METRICS).encode())
    assert results == Results((EpochRecord(**RECORD),), accuracy=0.75, loss=0.5, seconds=3.0)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", json.dumps(METRICS | {"history": []}), "[" * 100_000, "\xff"],
    ids=["empty", "a list", "null", "no keys", "no epochs", "deep", "no JSON"],
)
def test_what_is_no_metrics_json_is_refused(text):
    with pytest.raises(RunError, match="metrics.json is damaged"):
        Results.from_json(text.encode("latin-1"))


def test_the_csv_has_a_line_an_epoch_and_leaves_out_what_was_not_measured(tmp_path):
    first = EpochRecord(1, 0.5, 0.8, None, None, 1.25)
    second = EpochRecord(2, 0.1 + 0.2, 0.9, 0.4, 0.85, 1.0)
    path = write_csv(tmp_path, [first, second])
    assert path == tmp_path / "history.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds"]
    assert rows[0]["val_loss"] == rows[0]["val_accuracy"] == ""
    assert float(rows[1]["loss"]) == second.loss
