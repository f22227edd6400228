"""A source of labelled images, of whatever kind it is, into the store."""

from collections import Counter
from collections.abc import Generator, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from mnistcli.collection import arrays, parts, pictures, trees
from mnistcli.collection.parts import Part
from mnistcli.datasets import fetching, store
from mnistcli.datasets.fetching import Counted, Event, PassedOver, Storing, Unread
from mnistcli.errors import DatasetError
from mnistcli.reading.inputs import said

EXPECTED = (
    "a folder with a sub-folder for each class (or train and test above them), a CSV of path and "
    "label, a CSV of label and 784 pixels, an .npz with x_train and y_train, four IDX files, or a "
    "ZIP of one of these"
)
LICENCE = "not stated"


Reading = Generator[Event, None, tuple[dict[str, Part], int]]
"""Yields what happens; returns the parts, and how many pictures are in none."""


def collect(data_dir: Path, name: str, source: Path, *, force: bool = False) -> Iterator[Event]:
    """Store the labelled images of a source under a name, yielding what happens.

    The last event is Fetched. A stored dataset is kept unless `force`. Raises DatasetError where
    the source is none of the kinds that are read, or wrong in itself; then nothing is stored.
    """
    return fetching.unless_stored(data_dir, name, _store(data_dir, name, source), force=force)


def _store(data_dir: Path, name: str, source: Path) -> Storing:
    with trees.opened(source) as tree:
        found, unread = yield from _read(tree)
    for split, part in found.items():
        if not len(part.labels):
            raise DatasetError(f"{source}: there is no {split} image in it. Expected {EXPECTED}.")
    classes = parts.classes_of(found, str(source))
    arrays_ = parts.split(found, classes)
    info = store.save(data_dir, name, arrays_, str(source), LICENCE, classes=classes, unread=unread)
    return info, False


def _read(tree: Traversable) -> Reading:
    """Read a source of any kind: first it is found out which."""
    if tree.is_file():
        return (yield from _of_file(tree, tree))
    nodes = [node for node in tree.iterdir() if not node.name.startswith((".", "__MACOSX"))]
    names = {node.name.lower(): node for node in nodes}
    if any(arrays.is_idx(node.name) for node in nodes):
        return arrays.of_idx([node for node in nodes if arrays.is_idx(node.name)]), 0
    if {"train", "test"} & set(names):
        return (yield from _of_splits(names))
    folders = [node for node in nodes if node.is_dir()]
    files = [node for node in nodes if node.name.lower().endswith((".npz", ".csv"))]
    if files:
        return (yield from _of_files(files, tree))
    if len(folders) == len(nodes) == 1 and _holds_a_source(folders[0]):
        return (yield from _read(folders[0]))  # an archive with one folder around everything
    return (yield from _of_pictures({"train": tree}))


def _holds_a_source(folder: Traversable) -> bool:
    """Return whether a folder is one around a source, and not that of a class."""
    return any(
        node.is_dir() or arrays.is_idx(node.name) or node.name.lower().endswith((".npz", ".csv"))
        for node in folder.iterdir()
    )


def _of_splits(names: dict[str, Traversable]) -> Reading:
    """Read folders called train and test, each with a sub-folder for each class."""
    if "train" not in names:
        raise DatasetError(f"{names['test']}: beside it, there is no folder train.")
    return (yield from _of_pictures({s: names[s] for s in ("train", "test") if s in names}))


def _of_pictures(folders: dict[str, Traversable]) -> Reading:
    passed_over: Counter[str] = Counter()
    listed = {split: pictures.of_folders(folder, passed_over) for split, folder in folders.items()}
    if aside := said(passed_over):
        yield PassedOver(aside)
    return (yield from _images(listed))


def _of_files(files: list[Traversable], root: Traversable) -> Reading:
    """Read the .npz and CSV files of a folder: of two, one is the test images'.

    A CSV without labels, as competitions hand out, is passed over.
    """
    labelled = [
        node
        for node in sorted(files, key=lambda node: node.name)
        if not node.name.lower().endswith(".csv") or _has_labels(node)
    ]
    tests = [node for node in labelled if "test" in node.name.lower()]
    others = [node for node in labelled if node not in tests]
    if len(others) != 1 or len(tests) > 1:
        raise DatasetError(
            f"{root}: it holds {', '.join(node.name for node in files)}: expected one file of "
            f"labelled images, or two of which one is called test. Give --source the one meant."
        )
    found, unread = yield from _of_file(others[0], root)
    if tests:
        more, left = yield from _of_file(tests[0], root)
        found, unread = {**found, "test": more["train"]}, unread + left
    return found, unread


def _has_labels(node: Traversable) -> bool:
    _, row = next(arrays.rows(node), (0, []))
    header = [name.strip().lower() for name in row]
    return "label" in header or _is_pixels(row)


def _is_pixels(row: list[str]) -> bool:
    """Return whether the first row of a CSV is one of a label and pixels, without a header."""
    return len(row) == arrays.PIXELS + 1 and all(value.strip().isdecimal() for value in row[1:])


def _of_file(node: Traversable, root: Traversable) -> Reading:
    """Read an .npz, or a CSV, of which `root` is the folder or the file itself."""
    name = node.name.lower()
    if name.endswith(".npz"):
        return arrays.of_npz(node), 0
    if not name.endswith(".csv"):
        raise DatasetError(f"{node}: expected {EXPECTED}.")
    _, row = next(arrays.rows(node), (0, []))
    header = [value.strip().lower() for value in row]
    if _is_pixels(row):
        return {"train": arrays.of_pixels(node, None)}, 0
    if {"path", "label"} <= set(header):
        folder = node.parent if isinstance(node, Path) else root
        return (yield from _images({"train": pictures.of_csv(node, folder, header)}))
    if "label" in header:
        return {"train": arrays.of_pixels(node, row)}, 0
    got = ", ".join(row[:5]) + (" ..." if len(row) > 5 else "")  # noqa: PLR2004
    raise DatasetError(
        f"{node}, line 1: expected the columns path and label, or label and {arrays.PIXELS} "
        f"pixels, got {got or 'nothing'}."
    )


def _images(listed: dict[str, list[pictures.Labelled]]) -> Reading:
    """Read labelled pictures, by split."""
    total, done, unread = sum(map(len, listed.values())), 0, 0
    found = {}
    for split, labelled in listed.items():
        images, labels = [], []
        for each in pictures.read_all(labelled):
            done += 1
            if each.image is None:
                unread += 1
                yield Unread(each.picture.name, each.reason)
            else:
                images.append(each.image)
                labels.append(each.picture.label)
            yield Counted(done, total)
        lost = sorted({each.label for each in labelled} - set(labels))
        if lost:
            raise DatasetError(f"no picture of class {lost[0]} could be read.")
        found[split] = Part(np.array(images, np.uint8).reshape(-1, 28, 28), labels)
    return found, unread
