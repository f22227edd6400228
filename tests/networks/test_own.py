"""A network from a user's own file: what is taken, and what is said of the rest."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mnistcli.errors import ChoiceError, NetworkError
from mnistcli.networks import own
from mnistcli.networks.source import Source, is_file

HEAD = "import keras\nfrom keras import layers\n"
SOFTMAX = "layers.Flatten(), layers.Dense(10, activation='softmax')"


@pytest.fixture
def built(tmp_path):
    """Build the network in a text."""

    def build(text, function=""):
        path = tmp_path / "net.py"
        path.write_text(HEAD + text)
        return own.build(Source.read(f"{path}{function}"))

    return build


SUBCLASSED = f"""
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.all = keras.Sequential([SHAPE{SOFTMAX}])
    def call(self, x):
        return self.all(x)
def build():
    return Net()
"""
TAKEN = {
    "sequential": f"def build():\n    return keras.Sequential([keras.Input((28, 28)), {SOFTMAX}])",
    "without an input": f"def build():\n    return keras.Sequential([{SOFTMAX}])",
    "with a channel": f"def build():\n    return keras.Sequential([keras.Input((28, 28, 1)), {SOFTMAX}])",
    "functional": (
        "def build():\n    x = keras.Input((28, 28, 1))\n    y = layers.Flatten()(x)\n"
        "    return keras.Model(x, layers.Dense(10, activation='softmax')(y))"
    ),
    "subclassed": SUBCLASSED.replace("SHAPE", ""),
    "convolution without an input": (
        "def build():\n    return keras.Sequential([layers.Conv2D(2, 3), layers.Flatten(), "
        "layers.Dense(10), layers.Softmax()])"
    ),
    "subclassed with a channel": SUBCLASSED.replace("SHAPE", "layers.Conv2D(2, 3), "),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_it_takes_images_and_gives_probabilities(kind, built):
    network = built(TAKEN[kind])
    found = np.asarray(network(np.zeros((3, 28, 28), np.float32)))
    assert found.shape == (3, 10)
    assert found.sum(axis=1) == pytest.approx(np.ones(3))


RETURNED = "def build():\n    return "
REFUSED = {
    "returned None": ("def build():\n    pass", "returned None; expected a function"),
    "a number": (RETURNED + "3", "returned a int"),
    "compiled": (
        (
            f"def build():\n    m = keras.Sequential([keras.Input((28, 28)), {SOFTMAX}])\n"
            "    m.compile('sgd', 'mse')\n    return m"
        ),
        "compiled model.*--loss",
    ),
    "other images": (
        f"{RETURNED}keras.Sequential([keras.Input((32, 32)), {SOFTMAX}])",
        r"takes \(32, 32\)",
    ),
    "two inputs": (
        (
            "def build():\n    a, b = keras.Input((28, 28)), keras.Input((28, 28))\n"
            "    y = layers.Flatten()(layers.add([a, b]))\n"
            "    return keras.Model([a, b], layers.Dense(10, activation='softmax')(y))"
        ),
        "several inputs",
    ),
    "other classes": (
        RETURNED + "keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(7)])",
        r"answers \(7,\).*softmax",
    ),
    "two outputs": (
        (
            "def build():\n    a = keras.Input((28, 28))\n    y = layers.Flatten()(a)\n"
            "    return keras.Model(a, [layers.Dense(10)(y), layers.Dense(10)(y)])"
        ),
        "several outputs",
    ),
    "no softmax": (
        RETURNED + "keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(10)])",
        "no probabilities.*softmax",
    ),
    "nothing to train": (
        RETURNED + "keras.Sequential([keras.Input((28, 28)), layers.GlobalAveragePooling1D(), "
        "layers.ZeroPadding1D() if 0 else layers.Lambda(lambda x: x[:, :10]), layers.Softmax()])",
        "without a weight",
    ),
    "raises": ("def build():\n    return 1 / 0", "net.py, line 4, in build: ZeroDivisionError"),
    "raises on import": ("1 / 0", "net.py, line 3, in <module>: ZeroDivisionError"),
    "is no Python": ("def build(:", "net.py, line 3: SyntaxError"),
    "imports what is not there": ("import nowhere", "net.py, line 3.*No module named 'nowhere'"),
    "exits": ("raise SystemExit(3)", "net.py, line 3.*ends the program with 3"),
    "has no such function": ("def other():\n    pass", "no function build.*It has: other"),
    "raises in a layer": (
        (
            "class Bad(layers.Layer):\n    def call(self, x):\n        raise ValueError('no')\n"
            f"def build():\n    return keras.Sequential([keras.Input((28, 28)), Bad(), {SOFTMAX}])"
        ),
        "net.py, line .*ValueError",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_trained_is_refused_with_what_was_expected(kind, built):
    text, message = REFUSED[kind]
    with pytest.raises(NetworkError, match=f"(?s){message}"):
        built(text)


def test_what_it_prints_is_no_output(built, capsys):
    built("print('hello')\n" + TAKEN["sequential"])
    assert capsys.readouterr().out == ""


def test_it_may_import_its_neighbours(built, tmp_path):
    (tmp_path / "neighbour_of_net.py").write_text("units = 10")
    built("from neighbour_of_net import units\n" + TAKEN["sequential"])


def test_another_function_can_be_named(built):
    assert built(TAKEN["sequential"].replace("build", "small"), ":small").count_params() == 7850


@pytest.mark.parametrize(
    ("reference", "message"),
    [("nowhere.py", "nowhere.py: No such file"), ("net.py:a b", "cannot be a function's name")],
)
def test_a_file_that_is_not_there_is_wrong_usage(reference, message):
    with pytest.raises(ChoiceError, match=message):
        Source.read(reference)


def test_a_file_is_told_from_a_name():
    assert is_file("net.py")
    assert is_file("a/net.py:small")
    assert not is_file("cnn")
    assert not is_file(None)


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_file_that_hangs_is_ended_by_a_signal_as_any_command(name, tmp_path, tiny_data_dir):
    file, begun = tmp_path / "net.py", tmp_path / "begun"
    file.write_text(f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(600)\n")
    command = [sys.executable, "-m", "mnistcli", "train", "--dataset", "synthetic"]
    command += ["--model", file, "--data-dir", tiny_data_dir, "--runs-dir", tmp_path / "runs"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not begun.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(getattr(signal, name))
    assert process.wait(60) == 128 + getattr(signal, name)
    assert not (tmp_path / "runs").exists()
