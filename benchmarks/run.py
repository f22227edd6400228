"""Everything that is timed, as one table: us and what people would run otherwise, in turn.

    python benchmarks/run.py [--pairs N] [--data-dir DIR]

Takes about half an hour. MNIST must be stored (`mnistcli fetch`). JAX, PyTorch and Tesseract join in
where they are installed.
"""

import argparse
import importlib.util
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import serve
import whole_numbers
from measure import Comparison, compare, heading, in_turn
from reading import HERE, MNISTCLI, PYTHON, rows

from mnistcli.commands.options.places import default_data_dir
from mnistcli.datasets import store

IMAGES = 60_000
NPZ = "mnist.npz"
SECONDS = 10  # that the server is loaded by each number of clients
# The first layer needs no gradient of its input: two products a step there, three in the second.
EPOCH = 2 * IMAGES * (2 * 784 * 512 + 3 * 512 * 10)  # floating-point operations


def training(data_dir: Path, folder: Path, pairs: int) -> list[Comparison]:
    """Compare `mnistcli train` with the scripts that train the same or the like.

    Each pair has a seed of its own; the scripts draw theirs themselves.
    """
    npz = folder / NPZ
    parts = {part: store.load(data_dir, "mnist", part) for part in ("train", "test")}
    arrays = {f"x_{part}": split.images for part, split in parts.items()}
    arrays |= {f"y_{part}": split.labels for part, split in parts.items()}
    np.savez(npz, **arrays, allow_pickle=False)
    train = (MNISTCLI, "train", "--json", "--quiet", "--data-dir", data_dir, "--runs-dir", folder)
    cnn = (*train, "--model", "cnn")
    peers = [
        ("train / the book's script", train, "book.py", pairs),
        ("train --model cnn / Keras's convnet", cnn, "keras_convnet.py", pairs),
        ("the same, --epochs 2", (*cnn, "--epochs", 2), "keras_convnet.py", 1),
    ]
    quickly = ("train --model cnn --epochs 1 / the book's script", (*cnn, "--epochs", 1))
    peers.append((*quickly, "book.py", pairs))
    optional = [
        ("jax", "train / the same in JAX", train, "book_jax.py", pairs),
        ("torch", "train / the same in PyTorch", train, "book_torch.py", 1),
        ("torch", "train --model cnn / PyTorch's example", cnn, "torch_mnist.py", 1),
    ]
    peers += [peer for library, *peer in optional if importlib.util.find_spec(library)]
    return [
        in_turn(
            name,
            [((*ours, "--seed", seed), (PYTHON, HERE / script, npz)) for seed in range(n)],
        )
        for name, ours, script, n in peers
    ]


def sgemm() -> float:
    """Return the rate at which this machine multiplies large float32 matrices, in FLOP/s.

    TensorFlow's, not NumPy's: OpenBLAS can be told to leave a processor's best instructions alone.
    """
    from mnistcli.networks.framework import tf

    a = tf.ones((4096, 4096))
    rates = []
    for _ in range(5):
        started = time.perf_counter()
        (a @ a).numpy()
        rates.append(2 * 4096**3 / (time.perf_counter() - started))
    return max(rates)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        trained = training(options.data_dir, folder, options.pairs)
        run = Path(json.loads(trained[0].ours[0].output)["run"])
        evaluated = compare(
            "evaluate / load_model and evaluate",
            (MNISTCLI, "evaluate", run, "--quiet", "--data-dir", options.data_dir),
            (PYTHON, HERE / "plain_evaluate.py", run / "model.keras", folder / NPZ),
            options.pairs,
        )
        table = [*trained, evaluated, *rows(run, 10_000, 2 * options.pairs + 1)]
        print(heading())
        for row in table:
            print(row.row())
        print_accuracy(trained)
        print_epochs(trained[0])
        serve.measure(str(run), serve.draw(), SECONDS)
        cnn = Path(json.loads(trained[1].ours[0].output)["run"])
        whole_numbers.measure(options.data_dir, {"cnn": cnn, "mlp": run})


def print_accuracy(trained: list[Comparison]) -> None:
    """Print the mean test accuracy of each side."""
    for row in trained:
        ours = statistics.mean(json.loads(each.output)["test"]["accuracy"] for each in row.ours)
        theirs = statistics.mean(json.loads(each.output)["accuracy"] for each in row.theirs)
        print(f"{row.name}: mean test accuracy {ours:.4f}, {theirs:.4f} (n = {len(row.ours)})")


def print_epochs(book: Comparison) -> None:
    """Print what epochs after the first take, beside the book's script and this machine's SGEMM."""
    ours = [
        statistics.median(record["seconds"] for record in json.loads(each.output)["history"][1:])
        for each in book.ours
    ]
    theirs = [statistics.median(json.loads(each.output)["epochs"][1:]) for each in book.theirs]
    ratio = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
    epoch, rate = statistics.median(ours), sgemm()
    print(
        f"an epoch of the book's network: {epoch:.2f} s, {EPOCH / epoch / 1e9:.0f} GFLOP/s, "
        f"{EPOCH / epoch / rate:.0%} of this machine's SGEMM ({rate / 1e9:.0f} GFLOP/s); "
        f"the script's: {statistics.median(theirs):.2f} s, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
