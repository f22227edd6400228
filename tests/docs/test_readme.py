"""Every line of README and docs that a reader may type is one that can be typed."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from mnistcli.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("experiments", "scaling", "serving", "your-own-data")),
)


def lines(page):
    """Return the command lines of a page, in order, without prompts and comments."""
    blocks = re.findall(r"```(console|bash)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    typed = [
        line.removeprefix("$ ")
        for kind, block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if kind == "bash" or line.startswith("$ ")
    ]
    return [line for each in typed if (line := re.sub(r"(^|\s+)#.*", "", each).strip())]


def calls(line):
    """Return the arguments of each mnistcli in a line of shell."""
    for part in re.split(r"&&|\|\||[|;>]|\bthen\b|\belse\b", line):
        words = shlex.split(part.partition(" <")[0]) if part.strip().startswith("mnistcli ") else []
        if words:
            yield words[1:]


CALLS = [
    pytest.param(arguments, id=f"{page}: {' '.join(arguments)}")
    for page in PAGES
    for line in lines(page)
    if line.startswith("mnistcli ")
    for arguments in calls(line)
]


@pytest.mark.parametrize("arguments", CALLS)
def test_the_options_of_a_line_are_those_of_the_program(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, context = cli, click.Context(cli)
    while arguments and isinstance(command, click.Group):
        found = command.get_command(context, arguments[0])
        if found is None:
            break
        command, arguments = found, arguments[1:]
    assert command is not cli
    parser = command.make_parser(click.Context(command))
    parser.parse_args([re.sub(r'"?\$.*', "0/1", each) for each in arguments])


# All of README's lines, in a fresh environment, as a reader would type them.

LEFT_OUT = ("make ", "pipx ", "uv ", "mnistcli serve --open")  # what needs more than a shell
ASSUMED = ("img.png", "number.png", "meter.jpg", "scans/1.png", "sign.jpg")


@pytest.fixture
def reader(mnist_dir, small_pictures, tmp_path):
    """A folder with what the lines name, a home with Keras's MNIST, and mnistcli installed."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [python, "-m", "pip", "install", "--quiet", f"{ROOT}[tensorboard]"]
    if subprocess.run(install, check=False).returncode:
        pytest.skip("packages are out of reach")
    raw = tmp_path / "home" / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in mnist_dir.iterdir():
        (raw / path.name).symlink_to(path)
    work = tmp_path / "work"
    (work / "scans").mkdir(parents=True)
    row = np.hstack([np.array(Image.open(small_pictures / f"{digit}.png")) for digit in range(4)])
    for name in ASSUMED:
        Image.fromarray(255 - row).resize((448, 112)).save(work / name)
    for number, name in enumerate(("letters/A", "letters/B", "my-digits/0", "my-digits/1")):
        (work / name).mkdir(parents=True)
        for k in range(4):  # whatever they show
            shutil.copy(small_pictures / f"{(number % 2) * 4 + k}.png", work / name)
    text = (ROOT / "README.md").read_text()
    (work / "net.py").write_text(re.search(r"```python\n(from keras.*?)```", text, re.DOTALL)[1])
    (work / "settings.csv").write_text("optimizer,epochs\nadam,1\nsgd,1\n")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    path = f"{python.parent}:{os.environ['PATH']}"
    return work, environment | {"HOME": str(tmp_path / "home"), "PATH": path}


def shorter(line):
    """Return a line with names that its neighbours only assume, and no more epochs than needed."""
    line = line.replace("train --resume RUN --epochs 10", "train --resume book --epochs 3")
    line = line.replace("--seeds 5", "--seeds 3 --epochs 1")
    whole = "--resume" in line or "--json" in line  # whose accuracy the next line asks for
    if line.startswith("mnistcli train") and not whole:
        line = line.replace("mnistcli train", "mnistcli train --epochs 2", 1)
    return line


@pytest.mark.long
def test_readme_s_lines_work_in_order_in_a_fresh_environment(reader):
    work, environment = reader

    def run(line):
        command = ["bash", "-c", f"set -o pipefail; {line}"]
        ended = subprocess.run(
            command, cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"

    for line in lines("README.md"):
        if line.startswith(LEFT_OUT) or line == "pip install .":
            continue
        if line == "mnistcli runs compare book sgd":  # two runs that a reader would have
            run("mnistcli train --epochs 2 --name book")
            run("mnistcli train --epochs 1 --optimizer sgd --name sgd")
        first, _, server = shorter(line).partition(" && tensorboard ")
        run(first)
        if server:
            looking = ["tensorboard", *server.split(), "--port", "0"]
            tensorboard = shutil.which(looking[0], path=environment["PATH"])
            with subprocess.Popen(
                [tensorboard, *looking[1:]], cwd=work, env=environment, stderr=subprocess.PIPE
            ) as process:
                said = ""
                while "http://" not in said and process.poll() is None:
                    said += process.stderr.readline().decode()
                process.send_signal(signal.SIGTERM)
            assert "http://" in said
