"""The command line as a stranger starts it, and the same within this process."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from mnistcli import cli

Mnistcli = Callable[..., subprocess.CompletedProcess[str]]


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


def run_mnistcli_here(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `mnistcli` in this process, for tests of what it says and leaves.

    A process of its own would import TensorFlow anew.
    """
    command = ["mnistcli", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", command)
        patch.chdir(cwd or Path.cwd())
        for name, value in environment.items():
            patch.setenv(name, value)
        code = cli._run()
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
