"""Other programs' settings, in the environment and at home, and what users have at home."""

import json
import os
import shutil
import subprocess
import sys

import pytest


def python(code, **environment):
    """Run some Python in a process of its own; return what it printed, as JSON."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def home(tmp_path):
    """A home that holds nothing yet; what appears in it, somebody put there."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


KERAS = (
    "import json\n"
    "from mnistcli.networks.framework import keras\n"
    "config = keras.config\n"
    "print(json.dumps([config.backend(), config.floatx(), config.image_data_format(),\n"
    "    config.epsilon(), config.max_steps_per_epoch(), keras.src.backend.config.keras_home()]))"
)
AS_SHIPPED = ["tensorflow", "float32", "channels_last", 1e-7, None]


def test_settings_of_keras_change_nothing_and_are_not_changed(home):
    settings = {
        "backend": "torch",
        "floatx": "float16",
        "image_data_format": "channels_first",
        "epsilon": 0.5,
    }
    (home / ".keras").mkdir()
    (home / ".keras" / "keras.json").write_text(json.dumps(settings))
    *config, keras_home = python(
        KERAS, HOME=str(home), KERAS_BACKEND="jax", KERAS_MAX_STEPS_PER_EPOCH="1"
    )
    assert config == AS_SHIPPED
    assert keras_home == str(home / ".keras")  # where a user's own network still finds its files
    assert json.loads((home / ".keras" / "keras.json").read_text()) == settings


def test_keras_leaves_nothing_at_home(home):
    *config, keras_home = python(KERAS, HOME=str(home), KERAS_HOME=str(home / "own"))
    assert config == AS_SHIPPED
    assert keras_home == str(home / "own")
    assert everything_below(home) == []


@pytest.fixture
def own_run(runs_dir, tmp_path):
    """A runs folder of the test's own, to write into."""
    shutil.copytree(runs_dir, tmp_path / "runs")
    return tmp_path / "runs"


def test_figures_leave_nothing_at_home_and_know_no_settings_of_matplotlib(
    mnistcli, own_run, data_dir, home, tmp_path
):
    def drawn(**environment):
        folders = ("--runs-dir", own_run, "--data-dir", data_dir)
        ended = mnistcli("evaluate", *folders, "--plots", "-q", cwd=tmp_path, **environment)
        assert (ended.returncode, ended.stderr) == (0, "")
        plots = sorted((own_run / "first" / "plots").iterdir())
        return [(path.name, path.read_bytes()) for path in plots]

    before = drawn(HOME=str(home))
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 30\nlines.linewidth: 9\nnonsense: 1\n")
    assert drawn(HOME=str(home), MPLBACKEND="nonsense") == before
    assert everything_below(home) == []


NOBODY = """
import os, pwd, sys
from mnistcli.cli import main

def nobody(number):
    raise KeyError(number)

os.environ.pop("HOME", None)
pwd.getpwuid = nobody
main()
"""


def as_nobody(folder, *arguments):
    """Run mnistcli for a user whom the system does not know, as containers have them."""
    environment = {name: value for name, value in os.environ.items() if "HOME" not in name}
    return subprocess.run(
        [sys.executable, "-c", NOBODY, *map(str, arguments)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_home_a_line_names_data_dir(tmp_path):
    ended = as_nobody(tmp_path, "fetch", "--dataset", "synthetic")
    assert ended.returncode == 2
    assert "name a folder by --data-dir, or by MNISTCLI_DATA_DIR" in ended.stderr
    assert everything_below(tmp_path) == []


def test_without_a_home_everything_works_in_folders_that_are_named(tmp_path, mnist_dir):
    ended = as_nobody(tmp_path, "fetch", "--source", mnist_dir, "--data-dir", "data")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "data" / "mnist.h5").is_file()


def test_a_tilde_is_the_home_wherever_a_path_is_asked_for(
    mnistcli_here, mnist_dir, runs_dir, small_pictures, home, tmp_path
):
    (home / "raw").symlink_to(mnist_dir)
    (home / "runs").symlink_to(runs_dir)
    environment = {"HOME": str(home), "cwd": tmp_path}
    fetched = mnistcli_here("fetch", "--data-dir=~/x", "--source=~/raw", **environment)
    assert fetched.returncode == 0, fetched.stderr
    assert (home / "x" / "mnist.h5").is_file()
    again = mnistcli_here("fetch", **environment, MNISTCLI_DATA_DIR="~/x")
    assert "already stored" in again.stdout
    picture = small_pictures / "0.png"
    images = ("--run=~/runs/first", "--save-images=~/images", picture)
    assert mnistcli_here("predict", *images, **environment).returncode == 0
    assert len(list((home / "images").iterdir())) == 1
    listed = mnistcli_here("runs", **environment, MNISTCLI_RUNS_DIR="~/runs")
    assert "first" in listed.stdout
    assert not (tmp_path / "~").exists()


def test_a_home_that_is_none_is_refused(mnistcli_here):
    refused = mnistcli_here("fetch", "--source=~nobody-has-this-name/x")
    assert refused.returncode == 2
    assert "~nobody-has-this-name/x: no home is known for it" in refused.stderr


def as_torchvision_has_them(mnist, folder):
    shutil.copytree(mnist, folder / "MNIST" / "raw")


def one_level_down(mnist, folder):
    shutil.copytree(mnist, folder / "mnist")


def beside_another_dataset(mnist, folder):
    shutil.copytree(mnist, folder / "mnist")
    shutil.copytree(mnist, folder / "fashion")
    for path in (folder / "fashion").iterdir():
        path.write_bytes(b"another")


def each_in_a_folder_of_its_name(mnist, folder):
    for path in mnist.glob("*.gz"):
        (folder / path.stem).mkdir(parents=True)
        shutil.copy(path, folder / path.stem)


@pytest.mark.parametrize(
    "lay_out",
    [
        as_torchvision_has_them,
        one_level_down,
        beside_another_dataset,
        each_in_a_folder_of_its_name,
    ],
    ids=lambda function: function.__name__,
)
def test_the_four_files_are_found_where_people_have_them(
    lay_out, mnistcli_here, mnist_dir, tmp_path
):
    lay_out(mnist_dir, tmp_path / "copy.npz")  # which is a folder, whatever it is called
    fetched = mnistcli_here("fetch", "--source", tmp_path / "copy.npz", "--data-dir", tmp_path)
    assert fetched.returncode == 0, fetched.stderr


def test_the_home_of_keras_is_looked_at(mnistcli_here, mnist_dir, tmp_path):
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    (tmp_path / "keras" / "datasets" / "mnist.npz").write_bytes(b"no archive")
    refused = mnistcli_here(
        "fetch",
        "--data-dir",
        tmp_path,
        KERAS_HOME=str(tmp_path / "keras"),
        HTTPS_PROXY="127.0.0.1:9",
    )
    assert f"{tmp_path}/keras/datasets/mnist.npz: not an mnist.npz" in refused.stderr


WRONG = {
    "a pipe": (os.mkfifo, "it is neither a file nor a folder"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG"), "not an mnist.npz"),
    "nothing": (lambda path: None, "there is no such file or folder"),
}


@pytest.mark.parametrize("suffix", ["", ".npz"])
@pytest.mark.parametrize("kind", WRONG)
def test_a_source_of_the_wrong_kind_is_called_what_it_is(kind, suffix, mnistcli_here, tmp_path):
    make, reason = WRONG[kind]
    make(tmp_path / f"source{suffix}")
    source = tmp_path / f"source{suffix}"
    refused = mnistcli_here("fetch", "--source", source, "--data-dir", tmp_path / "data")
    assert f"{source}: {reason}" in refused.stderr


def test_an_address_that_is_not_of_the_web_is_no_missing_folder(mnistcli_here, tmp_path):
    refused = mnistcli_here("fetch", "--source", "s3://a/b", "--data-dir", tmp_path)
    assert "s3://a/b: expected http:// or https://, a folder or a file" in refused.stderr
