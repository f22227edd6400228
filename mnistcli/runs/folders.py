"""What runs may be called, and the folders that they get."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mnistcli.errors import RunError


def check_name(name: str) -> None:
    """Raise RunError unless a run may be called this."""
    if not name or name != Path(name).name or name[0] in ".-":
        raise RunError(
            f"{name!r} cannot be a run's name: expected a plain folder name that begins "
            f"neither with a dot nor with a dash."
        )


def timestamped(stem: str) -> str:
    """Return `<stem>-<local time>`, to the second."""
    return f"{stem}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}"


def reserve(runs_dir: Path, name: str | None, model: str) -> Path:
    """Make a folder for a new run, by default `<model>-<local time>`, and return its path.

    It is no run before `create`. Raises RunError when the name is taken, or cannot be a folder's.
    """
    if name is not None:
        check_name(name)
    runs_dir.mkdir(parents=True, exist_ok=True)
    stamp = timestamped(_stem(model))
    candidates = [name] if name else [stamp, *(f"{stamp}-{k}" for k in range(2, 100))]
    for candidate in candidates:
        with suppress(FileExistsError):
            (runs_dir / candidate).mkdir()
            return runs_dir / candidate
    raise RunError(
        f"there is already a run {candidates[0]} in {runs_dir}. Choose another --name, or "
        f"remove it with `mnistcli runs rm {candidates[0]}`."
    )


def _stem(model: str) -> str:
    """Return a model's name as part of a folder's: without the suffix of a Python file."""
    return model.replace(".py", "").replace(":", "-").lstrip(".-")
