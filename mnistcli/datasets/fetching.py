"""Get a dataset: ask each source in turn, verify the content, store it."""

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnistcli import __version__, files
from mnistcli.datasets import copies, sources, store
from mnistcli.datasets.connection import FAILURES, Session
from mnistcli.datasets.download import Patience, Received, download, unpack_idx, unpack_npz
from mnistcli.datasets.sources import PARTS, Kind, Part, Source
from mnistcli.datasets.synthetic import generator
from mnistcli.errors import ChoiceError, DatasetError, DownloadError
from mnistcli.files import Unlocked


@dataclass(frozen=True)
class Waiting:
    """Another process fetches the same dataset; its result will do."""


@dataclass(frozen=True)
class Trying:
    """A source is asked."""

    location: str


@dataclass(frozen=True)
class Failed:
    """A source did not serve."""

    location: str
    reason: str


@dataclass(frozen=True)
class Fetched:
    """The dataset is stored."""

    info: store.DatasetInfo
    sha256: str
    """Of the stored file."""
    downloaded: bool
    """Whether this call brought it over the network."""
    fresh: bool
    """Whether this call stored it; False: it was there already."""


@dataclass(frozen=True)
class Counted:
    """Progress in images: drawn by code, or read from pictures."""

    done: int
    total: int


@dataclass(frozen=True)
class Unread:
    """A picture that could not be read."""

    path: str
    reason: str


@dataclass(frozen=True)
class PassedOver:
    """What else lies in a source, in a sentence."""

    files: str


Event = Waiting | Unlocked | Trying | Received | Failed | Counted | Unread | PassedOver | Fetched

Storing = Generator[Event, None, tuple[store.DatasetInfo, bool]]
"""Stores a dataset and yields what happens; returns what is stored, and if it was downloaded."""


def fetch_mnist(
    data_dir: Path,
    candidates: Sequence[Source],
    *,
    force: bool = False,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> Iterator[Event]:
    """Store MNIST in `data_dir`, yielding what happens; the last event is Fetched.

    A stored copy that verifies is kept unless `force`. Raises DownloadError when no source
    serves; then nothing has changed on disk.
    """
    return unless_stored(
        data_dir, "mnist", _store_mnist(data_dir, candidates, patience), force=force
    )


def fetch_synthetic(data_dir: Path, *, force: bool = False) -> Iterator[Event]:
    """Draw the synthetic dataset and store it, yielding progress; the last event is Fetched.

    A stored copy is kept unless `force`.
    """
    return unless_stored(data_dir, "synthetic", _store_synthetic(data_dir), force=force)


def unless_stored(data_dir: Path, name: str, storing: Storing, *, force: bool) -> Iterator[Event]:
    """Yield what happens; one process at a time stores, and unless `force`, only what is not."""
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = data_dir / f".{name}.lock"
    try:
        taken = _taken(lock)
    except OSError as error:  # what is there can be used all the same
        if error.errno in files.READ_ONLY and not force and (found := stored(data_dir, name)):
            yield found
            return
        raise
    if taken:
        yield Waiting()
    with files.locked(lock) as unlocked:
        files.sweep(data_dir, f"{name}.h5")
        if not force and (found := stored(data_dir, name)):
            yield found
            return
        yield from unlocked
        info, downloaded = yield from storing
        yield Fetched(info, files.sha256(info.path), downloaded=downloaded, fresh=True)


def _store_mnist(data_dir: Path, candidates: Sequence[Source], patience: Patience) -> Storing:
    failures = []
    for source in candidates:
        yield Trying(source.location)
        try:
            parts = yield from _obtain(source, patience)
        except (DatasetError, DownloadError, OSError) as error:
            failures.append(Failed(source.location, _reason(error)))
            yield failures[-1]
            continue
        info = store.save(data_dir, "mnist", parts, source.location, sources.LICENCE)
        return info, source.remote
    raise DownloadError(_all_failed(failures, data_dir))


def _store_synthetic(data_dir: Path) -> Storing:
    parts = {name: np.empty(part.shape, np.uint8) for name, part in PARTS.items()}
    total = sum(len(parts[f"{split}/labels"]) for split in ("train", "test"))
    done = 0
    for chunk in generator.draw_dataset():
        rows = slice(chunk.offset, chunk.offset + len(chunk.labels))
        parts[f"{chunk.split}/images"][rows] = chunk.images
        parts[f"{chunk.split}/labels"][rows] = chunk.labels
        done += len(chunk.labels)
        yield Counted(done, total)
    source = f"drawn by mnistcli {__version__}, seed {generator.SEED}"
    return store.save(data_dir, "synthetic", parts, source, "CC0 1.0"), False


def answering(candidates: Sequence[Source], seconds: float) -> list[Source]:
    """Return the candidates that need no network, and the mirrors that answer in this time."""
    answered: set[Source] = {source for source in candidates if not source.remote}

    def ask(source: Source) -> None:
        part = PARTS["test/labels"].idx_name
        url = f"{source.location}{part}.gz" if source.kind is Kind.BASE_URL else source.location
        with suppress(*FAILURES), Session() as session:
            # A redirect will do: it has been reached.
            if session.head(url, timeout=seconds).ok:
                answered.add(source)

    # Daemon threads: a name server that is silent must not hold the process at its end.
    threads = [
        threading.Thread(target=ask, args=(source,), daemon=True)
        for source in candidates
        if source.remote
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [source for source in candidates if source in answered]


def _taken(lock: Path) -> bool:
    """Tell whether another process holds the lock."""
    try:
        with files.locked(lock, wait=False):
            return False
    except TimeoutError:
        return True


def stored(data_dir: Path, name: str) -> Fetched | None:
    """Return the stored copy if it is whole; None otherwise: it is then fetched anew."""
    try:
        for split in ("train", "test"):
            store.load(data_dir, name, split)
        info = store.info(data_dir, name)
    except (ChoiceError, DatasetError):
        return None
    return Fetched(info, files.sha256(info.path), downloaded=False, fresh=False)


def _obtain(
    source: Source, patience: Patience
) -> Generator[Received, None, Mapping[str, NDArray[np.uint8]]]:
    """Read the four arrays from a source and return them verified."""
    match source.kind:
        case Kind.NPZ_URL:
            parts = _verified(unpack_npz((yield from download(source.location, patience))))
        case Kind.NPZ:
            parts = _verified(unpack_npz(copies.read(Path(source.location))))
        case Kind.FOLDER:
            parts = copies.read_folder(Path(source.location))
        case Kind.BASE_URL:
            parts = {}
            for name, part in PARTS.items():
                body = yield from _download_part(source.location, part, patience)
                parts[name] = unpack_idx(body, part)
                # At once, so that no more is asked of a mirror that has something else.
                sources.verify(part, parts[name])
    return parts


def _verified(parts: Mapping[str, NDArray[np.uint8]]) -> Mapping[str, NDArray[np.uint8]]:
    for name, part in PARTS.items():
        sources.verify(part, parts[name])
    return parts


def _download_part(base: str, part: Part, patience: Patience) -> Generator[Received, None, bytes]:
    try:
        return (yield from download(f"{base}{part.idx_name}.gz", patience))
    except DownloadError as error:
        if not str(error).startswith("HTTP 404"):
            raise
        return (yield from download(f"{base}{part.idx_name}", patience))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"it cannot be read: {error.strerror}"
    return str(error).rstrip(".")


def _all_failed(failures: Sequence[Failed], data_dir: Path) -> str:
    reasons = "\n".join(f"  {failure.location}: {failure.reason}" for failure in failures)
    return (
        f"MNIST could not be fetched; {len(failures)} source(s) asked, none served:\n{reasons}\n"
        f"Bring mnist.npz, or a folder with {', '.join(p.idx_name for p in PARTS.values())} "
        f"(gzipped or not), to this machine, then run `mnistcli fetch --source PATH`; "
        f"it will be stored in {data_dir}. Without MNIST: `mnistcli fetch --dataset synthetic`."
    )
