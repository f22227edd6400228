"""Folders that tests share, each filled once a session."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

FilledOnce = Callable[[str, Callable[[Path], object]], Path]


def filled_below(base: Path) -> FilledOnce:
    """Make folders below `base`; the first process that asks for one fills it."""

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = base / name
        with FileLock(base / f"{name}.lock"):
            if not folder.exists():
                filling = base / f"{name}.filling"
                shutil.rmtree(filling, ignore_errors=True)
                filling.mkdir()
                fill(filling)
                filling.rename(folder)
        return folder

    return make
