"""The whole workflow, as a stranger's shell script."""

import os
import subprocess
import sys
from pathlib import Path

from common.fileserver import served

SCRIPT = Path(__file__).with_name("test_workflow.sh")


def test_a_strangers_shell_script_works_with_files_from_a_loopback_server(mnist_dir, tmp_path):
    python = Path(sys.executable)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    with served(mnist_dir) as server:
        result = subprocess.run(
            ["bash", SCRIPT, server.url, tmp_path],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": path, "PYTHON": sys.executable},
        )
    assert (result.returncode, result.stdout) == (0, "all as promised\n"), result.stderr
