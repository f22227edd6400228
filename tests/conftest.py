"""What tests share: data, a trained run, and the command line as a stranger starts it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from mnistcli import data
from mnistcli.synthetic import draw_digits

pytest.register_assert_rewrite("pages")  # which two test modules share

SHARED = Path(__file__).resolve().parents[2] / "shared"

Mnistcli = Callable[..., subprocess.CompletedProcess[str]]


FilledOnce = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> FilledOnce:
    """Make a folder of this name for the session; the first of xdist's workers fills it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = base / name
        with FileLock(base / f"{name}.lock"):
            if not folder.exists():
                filling = base / f"{name}.filling"
                shutil.rmtree(filling, ignore_errors=True)
                filling.mkdir()
                fill(filling)
                filling.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session", autouse=True)
def _loopback_without_proxy() -> Iterator[None]:
    """Reach the tests' own servers directly, whatever proxy this machine goes through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_has_its_effect() -> None:
    """Undo that a shell's background job, and whatever it starts, ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def store_synthetic(folder: Path, train: int, test: int) -> None:
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    images = draw_digits(labels, seed=1)
    parts = {
        "train/images": images[:train],
        "train/labels": labels[:train],
        "test/images": images[train:],
        "test/labels": labels[train:],
    }
    data.store(folder, "synthetic", parts, "drawn by the tests", "none")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="fault tests: as many tries as the claims name"
    )


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The four original MNIST files."""
    folder = SHARED / "mnist"
    if not folder.is_dir():
        pytest.skip("the MNIST files are not beside the checkout (../shared/mnist)")
    return folder


@pytest.fixture(scope="session")
def own_digits() -> Path:
    """The manifest of people's own digit pictures."""
    manifest = SHARED / "own-digits" / "MANIFEST.csv"
    if not manifest.is_file():
        pytest.skip("people's own pictures are not beside the checkout (../shared/own-digits)")
    return manifest


@pytest.fixture(scope="session")
def data_dir(filled_once: FilledOnce) -> Path:
    """A data folder with a small synthetic dataset: 2,000 training and 500 test images."""
    return filled_once("data", lambda folder: store_synthetic(folder, 2000, 500))


@pytest.fixture(scope="session")
def mnist_data_dir(mnist_dir: Path, filled_once: FilledOnce) -> Path:
    """A data folder with the real MNIST."""

    def fill(folder: Path) -> None:
        result = run_mnistcli("fetch", "--source", mnist_dir, "--data-dir", folder)
        assert result.returncode == 0, result.stderr

    return filled_once("mnist-data", fill)


@pytest.fixture(scope="session")
def tiny_data_dir(filled_once: FilledOnce) -> Path:
    """A data folder with a synthetic dataset of 64 training and 20 test images."""
    return filled_once("tiny", lambda folder: store_synthetic(folder, 64, 20))


def run_mnistcli(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `mnistcli` in a process of its own, as a script does: no terminal, streams apart."""
    return subprocess.run(
        [sys.executable, "-m", "mnistcli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="session")
def mnistcli() -> Mnistcli:
    """Run the command line in a process of its own."""
    return run_mnistcli


@pytest.fixture(scope="session")
def runs_dir(data_dir: Path, filled_once: FilledOnce) -> Path:
    """A runs folder with one complete run, `first`, of the book's network on `data_dir`."""

    def fill(folder: Path) -> None:
        options = ("--dataset", "synthetic", "--epochs", 5, "--name", "first", "--quiet")
        result = run_mnistcli("train", *options, "--data-dir", data_dir, "--runs-dir", folder)
        assert result.returncode == 0, result.stderr

    return filled_once("runs", fill)


@pytest.fixture(scope="session")
def mnist_run(mnist_data_dir: Path, filled_once: FilledOnce) -> Path:
    """A run of the book's network after one epoch on the real MNIST."""

    def fill(folder: Path) -> None:
        options = ("--epochs", 1, "--name", "book", "--quiet")
        result = run_mnistcli("train", *options, "--data-dir", mnist_data_dir, "--runs-dir", folder)
        assert result.returncode == 0, result.stderr

    return filled_once("mnist-runs", fill) / "book"


@pytest.fixture(scope="session")
def pictures(data_dir: Path, filled_once: FilledOnce) -> Path:
    """A folder with a picture of each digit, 0.png to 9.png, black on white, 100 by 100."""

    def fill(folder: Path) -> None:
        test = data.load(data_dir, "synthetic", "train")
        for digit in range(10):
            image = test.images[test.labels == digit][0]
            big = cv2.resize(255 - image, (100, 100), interpolation=cv2.INTER_CUBIC)
            Image.fromarray(big).save(folder / f"{digit}.png")

    return filled_once("pictures", fill)
