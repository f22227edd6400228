"""Which run is meant: by name, by path, or the newest; or the one that comes with mnistcli."""

from collections.abc import Iterator
from pathlib import Path

from mnistcli.errors import RunError
from mnistcli.runs.run import MANIFEST, PRETRAINED, Run


def runs(runs_dir: Path) -> Iterator[Run]:
    """Yield the runs under a folder that can be read, newest first."""
    found = []
    for path in runs_dir.iterdir() if runs_dir.is_dir() else ():
        if (path / MANIFEST).is_file():
            try:
                found.append(Run.read(path))
            except RunError:
                continue
    yield from sorted(found, key=lambda run: run.created, reverse=True)


def find(runs_dir: Path, reference: str | None) -> Run:
    """Return the run of this name or path; without one, the newest complete run.

    Where there is none yet, that is the network that comes with mnistcli, which is also a run's
    that is called `pretrained`. Raises RunError when there is no run of the name.
    """
    if reference is None:
        complete = (run for run in runs(runs_dir) if run.complete)
        return next(complete, None) or Run.read(PRETRAINED)
    if reference == PRETRAINED.name and not (runs_dir / reference / MANIFEST).is_file():
        return Run.read(PRETRAINED)
    return Run.read(locate(runs_dir, reference))


def locate(runs_dir: Path, reference: str) -> Path:
    """Return the folder of the run of this name or path, readable or not; raise RunError."""
    for path in (runs_dir / reference, Path(reference)):
        if (path / MANIFEST).is_file():
            return path
    import difflib  # here: who finds his run should not wait for it

    names = [run.name for run in runs(runs_dir)]
    close = difflib.get_close_matches(reference, names, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`mnistcli runs` lists the runs there are."
    raise RunError(f"there is no run {reference}, neither in {runs_dir} nor as a path. {hint}")
