"""The book's exercises on MNIST, as the tables of docs/experiments.md: mean and spread over seeds.

What is compared is measured on a sixth of the training images, held out; the test set stays unseen.

    python benchmarks/experiments.py --data-dir DIR [--seeds N] [--only SECTION]
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnistcli.terminal import chatter

HELD_OUT = 1 / 6
LONG = 20  # epochs: enough to see the validation loss turn

SECTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "depth": {
        "--hidden 0": {"hidden": ()},
        "--hidden 512": {},
        "--hidden 512 --hidden 512": {"hidden": (512, 512)},
        "--hidden 512 --hidden 512 --hidden 512": {"hidden": (512, 512, 512)},
    },
    "width": {f"--hidden {units}": {"hidden": (units,)} for units in (16, 64, 256, 512, 1024)},
    "choices": {
        "the book's": {},
        "--activation tanh": {"activation": "tanh"},
        "--loss mse": {"loss": "mean_squared_error"},
        "--activation tanh --loss mse": {"activation": "tanh", "loss": "mean_squared_error"},
    },
    "overfitting": {
        f"--epochs {LONG}": {"epochs": LONG},
        f"--epochs {LONG} --dropout 0.5": {"epochs": LONG, "dropout": 0.5},
        f"--epochs {LONG} --l2 1e-4": {"epochs": LONG, "l2": 1e-4},
        f"--epochs {LONG} --hidden 64": {"epochs": LONG, "hidden": (64,)},
    },
}


@dataclass(frozen=True)
class Outcome:
    """What one training ended with."""

    parameters: int
    training: float
    """Accuracy of the last epoch on the images trained on."""
    validation: float
    """Accuracy after the last epoch on those held out."""
    turn: int
    """Epoch after which the validation loss was lowest."""
    seconds: float


def outcome(choices: dict[str, Any], seed: int, data_dir: Path) -> Outcome:
    """Train once, in a folder that is thrown away."""
    from mnistcli.networks.catalogue import configure
    from mnistcli.training.finishing import Trained
    from mnistcli.training.session import Started, train_run

    config = configure(validation_split=HELD_OUT, seed=seed, **choices)
    with tempfile.TemporaryDirectory() as folder:
        events = list(train_run(config, data_dir, Path(folder)))
    started = next(event for event in events if isinstance(event, Started))
    trained = events[-1]
    assert isinstance(trained, Trained)
    held = [record.val_loss for record in trained.history if record.val_loss is not None]
    last = trained.history[-1]
    return Outcome(
        started.parameters,
        last.accuracy,
        last.val_accuracy or 0.0,
        held.index(min(held)) + 1,
        trained.seconds,
    )


def spread(values: Sequence[float], digits: int = 4) -> str:
    """Return mean and standard deviation, as a reader of a table wants them."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.{digits}f} ± {deviation:.{digits}f}"


def main() -> None:
    """Print a table a section."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=SECTIONS)
    options = parser.parse_args()
    chatter.silence()
    for section in [options.only] if options.only else SECTIONS:
        print(f"\n{section}, {options.seeds} seeds\n")
        print("| `mnistcli train ...` | parameters | training | validation | turns after | s |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name, choices in SECTIONS[section].items():
            runs = [outcome(choices, seed, options.data_dir) for seed in range(options.seeds)]
            print(
                f"| `{name}` | {runs[0].parameters:,} | {spread([r.training for r in runs])} | "
                f"{spread([r.validation for r in runs])} | "
                f"{statistics.median(r.turn for r in runs):g} | "
                f"{statistics.median(r.seconds for r in runs):.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
