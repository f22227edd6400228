"""The network that comes with mnistcli: what `make model` does after its training.

    python benchmarks/pretrained.py RUN

What reading needs of a run, its run.json and its LiteRT network, becomes mnistcli/runs/pretrained/.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from mnistcli.runs.run import LITERT_MODEL, PRETRAINED, Run


def ship(run: Run, folder: Path = PRETRAINED) -> Run:
    """Copy a complete run's LiteRT network, and a run.json of it alone, into a folder."""
    run.verified(LITERT_MODEL)
    folder.mkdir(exist_ok=True)
    shutil.copy(run.path / LITERT_MODEL, folder)
    shipped = replace(run, path=folder, artifacts={LITERT_MODEL: run.artifacts[LITERT_MODEL]})
    shipped.write()
    return shipped


def main() -> None:
    """Ship, and say what."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    shipped = ship(Run.read(parser.parse_args().run))
    artifact = shipped.artifacts[LITERT_MODEL]
    print(f"{shipped.path}: {artifact.size:,} bytes, sha256 {artifact.sha256}")


if __name__ == "__main__":
    main()
