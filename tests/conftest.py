"""What tests share: data, a trained run, and the command line as a stranger starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from common.commandline import Mnistcli, run_mnistcli, run_mnistcli_here
from common.fileserver import served
from common.folders import FilledOnce, filled_below
from common.terminal import on_terminal
from PIL import Image

from mnistcli.datasets import store
from mnistcli.datasets.synthetic.generator import draw_digits

pytest.register_assert_rewrite("common.pages", "common.madeup")  # which test modules share

SHARED = Path(__file__).resolve().parents[2] / "shared"
WORKFLOW = Path(__file__).with_name("test_workflow.sh")


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> FilledOnce:
    """Make a folder of this name for the session; the first of xdist's workers fills it."""
    base = tmp_path_factory.getbasetemp()
    return filled_below(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(scope="session", autouse=True)
def _environment_of_their_own() -> Iterator[None]:
    """Reach the tests' own servers and folders, whatever proxy and folders this machine has set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        for name in [name for name in os.environ if name.startswith("MNISTCLI_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_has_its_effect() -> None:
    """Undo that a shell's background job, and whatever it starts, ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def store_synthetic(folder: Path, train: int, test: int) -> None:
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    images = draw_digits(labels, seed=3)  # of which the first ten are read right
    parts = {
        "train/images": images[:train],
        "train/labels": labels[:train],
        "test/images": images[train:],
        "test/labels": labels[train:],
    }
    store.save(folder, "synthetic", parts, "drawn by the tests", "none")


PAGES = ("test_page", "test_page_everywhere", "test_page_numbers")
TRAINING = ("test_loop", "test_groups", "test_resumption", "test_randomness")
FIRST = ("test_workflow", "test_workers", *PAGES, *TRAINING, "test_conversion", "test_fetching")
"""The dearest files, so that at the end no worker waits for the other."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="all cases, and in fault tests as many tries as the claims name",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `long`, unless asked for it; let the longest files begin."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else 99)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `--dist loadfile`, give files to workers, and those on the pages to the same one."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return (
                scope.replace("_everywhere", "").replace("_numbers.", ".")
                if "test_page" in scope
                else scope
            )

    return Together(config, log)


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
    return manifest("own-digits")


def manifest(folder: str) -> Path:
    """The manifest of labelled pictures beside the checkout."""
    found = SHARED / folder / "MANIFEST.csv"
    if not found.is_file():
        pytest.skip(f"people's own pictures are not beside the checkout (../shared/{folder})")
    return found


@pytest.fixture(scope="session")
def own_numbers() -> Path:
    """The manifest of people's own pictures of numbers."""
    return manifest("own-numbers")


@pytest.fixture(scope="session")
def paper() -> Path:
    """The manifest of digits on paper as it is; those without a label are none."""
    return manifest("paper")


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


@pytest.fixture(scope="session")
def mnistcli() -> Mnistcli:
    """Run the command line in a process of its own."""
    return run_mnistcli


@pytest.fixture(scope="session")
def mnistcli_here() -> Mnistcli:
    """Run the command line in this process."""
    return run_mnistcli_here


@pytest.fixture(scope="session")
def quiet_training(data_dir: Path, filled_once: FilledOnce) -> Path:
    """What a quiet training left: `stdout`, `stderr`, and `runs` with its run, `first`."""

    def fill(folder: Path) -> None:
        options = ("--dataset", "synthetic", "--epochs", 5, "--name", "first", "--quiet")
        folders = ("--data-dir", data_dir, "--runs-dir", folder / "runs")
        result = run_mnistcli("train", *options, *folders)
        assert result.returncode == 0, result.stderr
        (folder / "stdout").write_text(result.stdout)
        (folder / "stderr").write_text(result.stderr)

    return filled_once("quiet-training", fill)


@pytest.fixture(scope="session")
def runs_dir(quiet_training: Path) -> Path:
    """A runs folder with one complete run, `first`, of the book's network on `data_dir`."""
    return quiet_training / "runs"


@pytest.fixture(scope="session")
def workflow(mnist_dir: Path, filled_once: FilledOnce) -> Path:
    """What a stranger's shell script left: `returncode`, `stdout`, `stderr`, and the run `baseline`.

    It got MNIST from a server on loopback.
    """

    def fill(folder: Path) -> None:
        python = Path(sys.executable)
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        with served(mnist_dir) as server:
            result = subprocess.run(
                ["bash", WORKFLOW, server.url, folder],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PATH": path, "PYTHON": sys.executable},
            )
        for name in ("returncode", "stdout", "stderr"):
            (folder / name).write_text(str(getattr(result, name)))

    return filled_once("workflow", fill)


@pytest.fixture(scope="session")
def mnist_run(workflow: Path) -> Path:
    """A run of the book's network after one epoch on the real MNIST."""
    run = workflow / "runs" / "baseline"
    assert run.is_dir(), (workflow / "stderr").read_text()
    return run


@pytest.fixture(scope="session")
def pictures(data_dir: Path, filled_once: FilledOnce) -> Path:
    """A folder with a picture of each digit, 0.png to 9.png, black on white, 100 by 100."""

    def fill(folder: Path) -> None:
        test = store.load(data_dir, "synthetic", "train")
        for digit in range(10):
            image = test.images[test.labels == digit][0]
            big = cv2.resize(255 - image, (100, 100), interpolation=cv2.INTER_CUBIC)
            Image.fromarray(big).save(folder / f"{digit}.png")

    return filled_once("pictures", fill)


@pytest.fixture
def predict(runs_dir):
    """Run `mnistcli predict` with bytes as arguments, input and output."""

    def run(*arguments, stdin=b"", **environment):
        command = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir, *arguments]
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **environment},
        )

    return run


@pytest.fixture(scope="session")
def small_pictures(data_dir: Path, filled_once: FilledOnce) -> Path:
    """A folder with 0.png to 9.png as MNIST has them: read at once, in a hundredth of the time."""

    def fill(folder: Path) -> None:
        train = store.load(data_dir, "synthetic", "train")
        for digit in range(10):
            Image.fromarray(train.images[train.labels == digit][0]).save(folder / f"{digit}.png")

    return filled_once("small-pictures", fill)


@pytest.fixture(scope="session")
def watched_training(tiny_data_dir: Path, filled_once: FilledOnce) -> str:
    """What three epochs, a quarter held out, showed on a terminal."""

    def fill(folder: Path) -> None:
        options = ("--dataset", "synthetic", "--epochs", 3, "--validation-split", 0.25)
        options += ("--hidden", 16)
        folders = ("--data-dir", tiny_data_dir, "--runs-dir", folder)
        seen = on_terminal("train", *options, *folders)
        assert seen.returncode == 0, seen.text
        (folder / "seen").write_text(seen.text, newline="")

    return (filled_once("watched", fill) / "seen").read_bytes().decode()
