"""Several workers on loopback, each a process of its own."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

WORKER = Path(__file__).parent / "worker.py"


def free_addresses(n: int, host: str = "127.0.0.1") -> list[str]:
    """Return addresses on which nothing listens now, of ports that no system gives away itself."""
    found: list[int] = []
    chance = random.SystemRandom()  # the usual one may be seeded alike in tests that run at once
    while len(found) < n:
        port = chance.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server((host, port)):
            found += [port] * (port not in found)
    return [f"{host}:{port}" for port in found]


def tf_config(addresses: Sequence[str], index: int) -> str:
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": list(addresses)}, "task": task})


def start(
    folder: Path,
    addresses: Sequence[str],
    index: int,
    *arguments: object,
    prefix: str = "",
    patience: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `mnistcli ARGUMENTS` as the worker at one of the addresses.

    It writes INDEX.out, INDEX.err and, at the end of training, INDEX.weights into the folder.
    `patience` is in seconds, for the others to come.
    """
    environment = {
        **os.environ,
        "TF_CONFIG": tf_config(addresses, index),
        "WEIGHTS": str(folder / f"{index}.weights"),
        **({"PATIENCE": str(patience)} if patience else {}),
    }
    out, err = (folder / f"{index}.{name}" for name in ("out", "err"))
    with out.open("wb") as stdout, err.open("wb") as stderr:
        return subprocess.Popen(
            [*prefix.split(), sys.executable, str(WORKER), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment,
        )


@contextmanager
def started(
    folder: Path, addresses: Sequence[str], *arguments: object, prefixes: Sequence[str] = ()
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start a worker at each address, and kill what is left of them at the end."""
    processes = [
        start(folder, addresses, index, *arguments, prefix=prefixes[index] if prefixes else "")
        for index in range(len(addresses))
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def train(folder: Path, n: int, *arguments: object) -> list[int]:
    """Let n workers do `mnistcli train ARGUMENTS` to the end, and return their exit codes."""
    folder.mkdir(parents=True, exist_ok=True)
    with started(folder, free_addresses(n), "train", *arguments) as processes:
        return [process.wait(300) for process in processes]


def wait_for(file: Path, text: str, seconds: float = 200) -> None:
    """Wait until a file has a text."""
    end = time.monotonic() + seconds
    while text not in file.read_text():
        assert time.monotonic() < end, file.read_text()
        time.sleep(0.05)


def error(folder: Path, worker: int) -> str:
    """Return what `mnistcli` said as its error; TensorFlow says things of its own around it."""
    text = (folder / f"{worker}.err").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("Error: ")] or [text]
    return line
