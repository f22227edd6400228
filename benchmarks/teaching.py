"""What a few pictures of one hand teach a network: errors on its other pictures, before and after.

    python benchmarks/teaching.py --data-dir DIR --runs-dir DIR --from RUN [--pictures FOLDER]

Hands are drawn by code (zeros with a slash, ones with long flags), and, of a folder with
MANIFEST.csv (path,label,writer), those writers who have two pictures or more of each digit. Half of
a writer's pictures teach, the others are read before and after; of drawn hands, 20 of the digit that
is written unlike MNIST's and 20 of the others teach, and 200 more of that digit are read. Each is `fetch --source`, then `train --from RUN --dataset hand --dataset mnist`.
"""

import argparse
import csv
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistcli.collection.collecting import collect
from mnistcli.datasets import store
from mnistcli.datasets.synthetic.handwriting import draw_style
from mnistcli.datasets.synthetic.strokes import styles
from mnistcli.networks.catalogue import configure
from mnistcli.picture.conversion import whole_picture
from mnistcli.reading.classifier import Classifier
from mnistcli.runs import finding
from mnistcli.terminal import chatter

TAUGHT, OTHERS, READ = 20, 20, 200  # of a drawn hand
HANDS = {"0": ("slashed",), "1": ("long-flagged", "flag as long as the stem", "long flag and foot")}

Images = NDArray[np.uint8]
Hand = tuple[str, Images, Images, Images, Images]
"""Name; images (n, 28, 28) and labels (n,) to teach by, and to read."""


def drawn() -> Iterator[Hand]:
    """Yield drawn hands: each writes one digit unlike MNIST, and the others in any way."""
    for digit, names in HANDS.items():
        rng = np.random.default_rng(1)
        others = [label for label in range(10) if str(label) != digit]
        labels = np.array(
            [int(digit)] * TAUGHT + [others[k % 9] for k in range(OTHERS)] + [int(digit)] * READ,
            np.uint8,
        )
        images = np.zeros((len(labels), 28, 28), np.uint8)
        for label in range(10):
            ways = [way for way in styles(label) if str(label) != digit or way.name in names]
            for place in np.flatnonzero(labels == label):
                (images[place],) = draw_style(ways[rng.integers(len(ways))], 1, rng)
        yield (
            f"drawn: {names[0]} {digit}",
            images[:-READ],
            labels[:-READ],
            images[-READ:],
            labels[-READ:],
        )


def written(folder: Path) -> Iterator[Hand]:
    """Yield people's hands: every second picture of each digit teaches."""
    writers: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    with (folder / "MANIFEST.csv").open() as file:
        for row in csv.DictReader(file):
            writer = row.get("writer") or row["path"].partition("/")[0]
            writers[writer].append((row["label"], folder / row["path"]))
    for writer, pictures in writers.items():
        counts = Counter(label for label, _ in pictures)
        if len(counts) < 10 or min(counts.values()) < 2:  # noqa: PLR2004 - digits, pictures
            continue
        halves: tuple[list[Images], list[Images]] = ([], [])
        labels: tuple[list[int], list[int]] = ([], [])
        seen: Counter[str] = Counter()
        for label, path in pictures:
            half = seen[label] % 2
            seen[label] += 1
            halves[half].append(whole_picture(path.read_bytes()).candidates[0].image)
            labels[half].append(int(label))
        yield (
            f"written: {writer}",
            *(
                np.array(each, np.uint8)
                for pair in zip(halves, labels, strict=True)
                for each in pair
            ),
        )


def main() -> None:
    """Print a row a hand."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs-dir", type=Path, required=True)
    parser.add_argument("--from", dest="parent", required=True)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    chatter.silence()
    from mnistcli.training.session import train_run

    parent = finding.find(options.runs_dir, options.parent)
    before = Classifier.load(parent)
    test = store.load(options.data_dir, "mnist", "test")

    def right(classifier: Classifier, images: Images, labels: Images) -> int:
        return int((classifier.predict(images).argmax(axis=1) == labels).sum())

    print("| hand | taught by | errors before | after | of | MNIST test before | after | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    hands = [*drawn(), *(written(options.pictures) if options.pictures else ())]
    for name, images, labels, others, answers in hands:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "hand.npz"
            arrays = {"x_train": images, "y_train": labels, "x_test": others, "y_test": answers}
            np.savez(source, **arrays)
            list(collect(options.data_dir, "hand", source, force=True))
            started = time.monotonic()
            config = configure(None, parent, dataset="hand", added=("mnist",))
            *_, trained = train_run(config, options.data_dir, Path(folder), parent=parent)
            seconds = time.monotonic() - started
            after = Classifier.load(trained.run)
        wrong = [len(answers) - right(each, others, answers) for each in (before, after)]
        mnist = [
            right(each, test.images, test.labels) / len(test.labels) for each in (before, after)
        ]
        print(
            f"| {name} | {len(labels)} | {wrong[0]} | {wrong[1]} | {len(answers)} "
            f"| {mnist[0]:.4f} | {mnist[1]:.4f} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
