"""The demo: the four steps in a row, each as the command that does it."""

import re
import shutil

import pytest

UNREACHABLE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
"""Port 9 discards: nothing listens there."""


@pytest.fixture(scope="module")
def demo(mnistcli_here, tiny_data_dir, tmp_path_factory):
    """A demo where MNIST is out of reach, and a small synthetic dataset is stored already."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {"MNISTCLI_DATA_DIR": str(tiny_data_dir), "HOME": str(folder), **UNREACHABLE}
    return mnistcli_here("demo", cwd=folder, **environment), folder


def test_it_ends_well(demo):
    result, _ = demo
    assert result.returncode == 0, result.stderr


def test_it_says_in_one_line_that_mnist_is_out_of_reach(demo):
    result, _ = demo
    assert sum("out of reach" in line for line in result.stderr.splitlines()) == 1


def test_it_prints_each_step_as_the_command_that_does_it(demo):
    result, _ = demo
    steps = re.findall(r"^\$ mnistcli (\w+)(.*)$", result.stderr, re.MULTILINE)
    assert [name for name, _ in steps] == ["fetch", "train", "evaluate", "predict"]
    assert steps[0][1] == " --dataset synthetic"


def test_it_reads_pictures_that_it_wrote_and_draws_them(demo):
    result, folder = demo
    pictures = sorted(folder.glob("runs/*/demo/*.png"))
    assert len(pictures) == 3
    for picture in pictures:
        assert str(picture.relative_to(folder)) in result.stdout
    assert "@" in result.stdout


def test_it_leaves_nothing_but_the_run(demo):
    _, folder = demo
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == ["runs"]


def test_folders_that_were_given_are_those_of_each_command(
    mnistcli_here, runs_dir, tiny_data_dir, tmp_path, monkeypatch
):
    from mnistcli.commands import demo

    runs, steps = shutil.copytree(runs_dir, tmp_path / "mine"), []
    monkeypatch.setattr(demo, "_step", lambda _, *arguments: steps.append(arguments))
    folders = ("--data-dir", str(tiny_data_dir), "--runs-dir", str(runs))
    result = mnistcli_here("demo", "--dataset", "synthetic", *folders)
    assert result.returncode == 0, result.stderr
    assert steps[:3] == [
        ("fetch", "--dataset", "synthetic", *folders[:2]),
        ("train", "--dataset", "synthetic", *folders),
        ("evaluate", *folders),
    ]
    assert steps[3][-2:] == folders[2:]
