"""What trained a run, and whether it is the same here."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mnistcli import __version__
from mnistcli.networks.framework import keras, tf
from mnistcli.runs import computing
from mnistcli.runs.run import Run

LIBRARIES = ("tensorflow", "keras", "numpy")  # that compute weights


@dataclass(frozen=True)
class Elsewhere:
    """A run goes on where weights are rounded otherwise than where it began."""

    run: Run
    """With what it is computed with from here on written down, too."""
    changed: Mapping[str, tuple[str, str]]
    """What is another, by name: as it was, and as it is."""


def versions() -> dict[str, str]:
    """Return the versions of what trains here, by name."""
    return {
        "mnistcli": __version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def elsewhere(run: Run) -> Elsewhere | None:
    """Return what decides the last bits of a run's weights and is another here, if anything is."""
    libraries = {name: now for name, now in versions().items() if name in LIBRARIES}
    before = {name: version for name, version in run.versions.items() if name in LIBRARIES}
    changed = computing.changes(before, libraries)
    changed |= computing.changes(run.computing, computing.here())
    if not changed:
        return None
    return Elsewhere(replace(run, computing=computing.joined(run.computing, changed)), changed)
