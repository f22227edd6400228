"""Write requirements-predict.txt anew: what reading needs, pinned, and TensorFlow is not in it.

Run it in the environment of the lowest Python that pyproject.toml allows (`make pins`).
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
TRAINING = {"tensorflow"}
READING = {
    "ai-edge-litert",
    "click",
    "numpy",
    "opencv-python-headless",
    "pi-heif",
    "pillow",
    "rich",
    "starlette",
    "uvicorn",
}
"""What predict and serve import; all others are for evaluate, fetch and figures."""

HEAD = """\
# Everything of mnistcli but training, pinned, without TensorFlow: `make pins` writes it.
#   pip install -r requirements-predict.txt && pip install --no-deps mnistcli
"""
REST = "# From here on: for evaluate, fetch and figures. predict and serve do without.\n"


def main() -> None:
    """Write the file."""
    wanted = [each for each in dependencies() if name(each) not in TRAINING]
    reading = resolved([each for each in wanted if name(each) in READING])
    rest = [pin for pin in resolved(wanted) if pin not in reading]
    lines = "\n".join(reading) + "\n" + REST + "\n".join(rest) + "\n"
    (ROOT / "requirements-predict.txt").write_text(HEAD + lines)


def dependencies() -> list[str]:
    """Return the requirements in pyproject.toml."""
    found: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "dependencies"
    ]
    return found


def name(requirement: str) -> str:
    """Return which package a requirement or a pin is of."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def resolved(requirements: list[str]) -> list[str]:
    """Return these and whatever they require, as pins in the order of the alphabet."""
    asked = ["install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    command = [sys.executable, "-m", "pip", *asked, *requirements]
    report = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = [each["metadata"] for each in report["install"]]
    return sorted(f"{name(each['name'])}=={each['version']}" for each in found)


if __name__ == "__main__":
    main()
