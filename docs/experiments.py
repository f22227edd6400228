"""Run the sweeps of docs/experiments.md, and write what they print below their commands.

    python docs/experiments.py --data-dir DIR --runs-dir DIR [--only NAME]

What is complete in the runs folder is not trained again. A table stands between two comments that
name its sweep; the command is the last one before them that has this --name.
"""

import argparse
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGES = [Path(__file__).parents[1] / name for name in ("README.md", "docs/experiments.md")]
TABLE = re.compile(r"(<!-- sweep: (\S+) -->\n).*?(<!-- sweep: end -->)", re.DOTALL)


def command(text: str, name: str) -> list[str]:
    """Return the command line in a page that makes a sweep, without the program's name."""
    lines = re.findall(r"^\$ (mnistcli sweep (?!show).*)$", text, re.MULTILINE)
    (found,) = [line for line in map(shlex.split, lines) if found_name(line) == name]
    return found[1:]


def found_name(line: list[str]) -> str | None:
    """Return what follows --name."""
    return dict(itertools.pairwise(line)).get("--name")


def main() -> None:
    """Write the tables anew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--runs-dir", type=Path, required=True)
    parser.add_argument("--only")
    options = parser.parse_args()
    where = ["--data-dir", str(options.data_dir), "--runs-dir", str(options.runs_dir)]
    for page in PAGES:
        for name in [match[2] for match in TABLE.finditer(page.read_text())]:
            if options.only in (None, name):
                line = command(page.read_text(), name)
                program = [sys.executable, "-m", "mnistcli", *line, "--markdown", *where]
                printed = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True)
                written = TABLE.sub(
                    lambda match, name=name, table=printed.stdout: (
                        f"{match[1]}{table}{match[3]}" if match[2] == name else match[0]
                    ),
                    page.read_text(),
                )
                page.write_text(written)


if __name__ == "__main__":
    main()
