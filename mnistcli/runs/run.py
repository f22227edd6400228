"""Run folders: made by `train`, read by everything else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from mnistcli import files
from mnistcli.choices import COMPLETE, DIVERGED, TRAINING
from mnistcli.classes import DIGITS
from mnistcli.errors import RunError
from mnistcli.runs import computing
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.layers import Layer

VERSION = 1
MANIFEST = "run.json"
METRICS = "metrics.json"
KERAS_MODEL = "model.keras"
LITERT_MODEL = "model.tflite"
SOURCE = "network.py"
"""A copy of the Python file that the network comes from: to read, never to run."""
ARTIFACTS = (KERAS_MODEL, LITERT_MODEL, METRICS, SOURCE)
NOT_ALWAYS = (LITERT_MODEL, SOURCE)
"""LiteRT may lack what a network computes; few networks come from a file."""
OF_THE_WEIGHTS = ("evaluation-*.json", "plots", "report.html", "history.csv")
"""What is measured and drawn of a run, for people."""

PRETRAINED = Path(__file__).parent / "pretrained"
"""The run that comes with mnistcli, to read with: `make model` trained it."""

CHECKPOINT = Path("checkpoint", "state.npz")
CHECKPOINT_LOCK = CHECKPOINT.with_name(".lock")
"""Held by the process that trains the run."""


@dataclass(frozen=True)
class Artifact:
    """Size in bytes and SHA-256 of a file of a run."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Membership:
    """Of a run in a sweep."""

    sweep: str
    setting: Mapping[str, str]
    """The options in which the sweep's settings differ, as on the command line, by name."""


@dataclass(frozen=True)
class Run:
    """A run folder and what its run.json says."""

    path: Path
    status: str
    created: str
    """UTC, ISO 8601 with microseconds, so that it sorts."""
    config: TrainingConfig
    datasets: tuple[Mapping[str, str], ...]
    """name and digest of each dataset, in the order of the configuration."""
    versions: Mapping[str, str]
    artifacts: Mapping[str, Artifact]
    temperature: float | None
    """What the logits were divided by, so that probabilities mean what they say."""
    layers: tuple[Layer, ...] = ()
    """Of its network; none in a run that an earlier version trained."""
    classes: tuple[str, ...] = DIGITS
    """What it tells apart, in the order of its probabilities."""
    membership: Membership | None = None
    members: tuple[tuple[str, str], ...] = ()
    """Of an ensemble: each run's name, and the SHA-256 of its Keras model."""
    computing: Mapping[str, str] = field(default_factory=dict)
    """What decides the last bits of its weights, as in `computing.here`; none: not recorded."""

    @property
    def sweep(self) -> str | None:
        """The name of the sweep that it belongs to, if it does."""
        return self.membership.sweep if self.membership else None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def pretrained(self) -> bool:
        """Whether it is the one that comes with mnistcli: nothing is written into it."""
        return self.path == PRETRAINED

    @property
    def complete(self) -> bool:
        """Whether training ended and every file was written."""
        return self.status == COMPLETE

    def write(self) -> None:
        """Write run.json."""
        manifest = {
            "version": VERSION,
            "status": self.status,
            "name": self.name,
            "created": self.created,
            "config": self.config.to_json(),
            "dataset": dict(self.datasets[0]),
            "datasets": [dict(each) for each in self.datasets],
            "classes": list(self.classes),
            "seed": self.config.seed,
            "sweep": self.sweep,
            "setting": dict(self.membership.setting) if self.membership else None,
            "members": [{"name": name, "sha256": digest} for name, digest in self.members],
            "versions": dict(self.versions),
            "computing": dict(self.computing),
            "temperature": self.temperature,
            "layers": [layer.to_json() for layer in self.layers],
            "artifacts": {name: asdict(artifact) for name, artifact in self.artifacts.items()},
        }
        files.write_json(self.path / MANIFEST, manifest)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the run in a folder; raise RunError if there is none that this version knows."""
        try:
            manifest = json.loads((path / MANIFEST).read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(
                f"{path} is not a run: expected a folder made by `mnistcli train`, with a "
                f"{MANIFEST}. `mnistcli runs` lists the runs there are."
            ) from error
        except (ValueError, RecursionError) as error:
            raise RunError(
                f"{path / MANIFEST} is damaged: {error}. Train the run again."
            ) from error
        version = manifest.get("version") if isinstance(manifest, dict) else None
        if version != VERSION:
            other = "a newer" if isinstance(version, int) and version > VERSION else "another"
            raise RunError(
                f"{path} was written by {other} mnistcli: expected run version {VERSION}, got "
                f"{version!r}. Use the mnistcli that trained it, or train it again."
            )
        try:
            return cls(
                path=path,
                status=str(manifest["status"]),
                created=str(manifest["created"]),
                config=TrainingConfig.from_json(manifest["config"]),
                datasets=tuple(
                    {key: str(each[key]) for key in ("name", "digest")}
                    for each in (manifest["dataset"], *manifest.get("datasets", [])[1:])
                ),
                versions={key: str(value) for key, value in manifest["versions"].items()},
                artifacts={
                    name: Artifact(int(value["size"]), str(value["sha256"]))
                    for name, value in manifest["artifacts"].items()
                },
                temperature=manifest["temperature"],
                layers=tuple(map(Layer.from_json, manifest.get("layers", []))),
                classes=tuple(map(str, manifest.get("classes", DIGITS))),
                membership=_membership(manifest),
                members=tuple(
                    (str(each["name"]), str(each["sha256"])) for each in manifest.get("members", [])
                ),
                computing={k: str(value) for k, value in manifest.get("computing", {}).items()},
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise RunError(
                f"{path / MANIFEST} is damaged: {error!r} where a version {VERSION} run has "
                f"its data. Train the run again."
            ) from error

    def begun_again(self) -> Self:
        """Return the run as one in training, and write that down: its files are about to change.

        What was measured and drawn of it is removed: it would be another network's.
        """
        begun = replace(self, status=TRAINING, artifacts={})
        begun.write()
        for pattern in OF_THE_WEIGHTS:
            for path in self.path.glob(pattern):
                files.remove(path)
        return begun

    def diverged(self) -> Self:
        """Return the run as one whose training ended in numbers that are none; write that down."""
        ended = replace(self, status=DIVERGED)
        ended.write()
        return ended

    def verified(self, name: str) -> bytes:
        """Return an artifact's bytes, once size and SHA-256 are those in run.json.

        Raises RunError when the run is unfinished, or the file is not what training wrote.
        """
        if not self.complete:
            raise RunError(
                f"run {self.name} is not complete: its training was interrupted, or still goes on."
            )
        expected = self.artifacts.get(name)
        try:
            data = (self.path / name).read_bytes()
        except FileNotFoundError:
            data = b""
        found = Artifact(len(data), hashlib.sha256(data).hexdigest())
        if expected != found:
            raise RunError(
                f"{self.path / name} is not the file that training wrote: expected "
                f"{_describe(expected)}, got {_describe(found)}. Train the run again."
            )
        return data


def create(
    path: Path,
    config: TrainingConfig,
    datasets: Sequence[Mapping[str, str]],
    versions: Mapping[str, str],
    membership: Membership | None = None,
    *,
    classes: Sequence[str] = DIGITS,
    members: tuple[tuple[str, str], ...] = (),
) -> Run:
    """Make the folder of a new run one, and return it as `training`."""
    run = Run(
        path=path,
        status=TRAINING,
        created=datetime.now(UTC).isoformat(),
        config=config,
        datasets=tuple(datasets),
        versions=versions,
        artifacts={},
        temperature=None,
        classes=tuple(classes),
        membership=membership,
        members=members,
        computing=computing.here(),
    )
    run.write()
    return run


def _membership(manifest: Mapping[str, Any]) -> Membership | None:
    if manifest.get("sweep") is None:
        return None
    setting = {str(name): str(value) for name, value in manifest["setting"].items()}
    return Membership(str(manifest["sweep"]), setting)


def complete(run: Run, temperature: float, layers: tuple[Layer, ...] = ()) -> Run:
    """Record every artifact's size and digest, mark the run complete, and return it."""
    artifacts = {
        name: Artifact((run.path / name).stat().st_size, files.sha256(run.path / name))
        for name in ARTIFACTS
        if name not in NOT_ALWAYS or (run.path / name).exists()
    }
    done = replace(
        run, status=COMPLETE, artifacts=artifacts, temperature=temperature, layers=layers
    )
    done.write()
    return done


def forget_checkpoint(run: Run) -> None:
    """Remove what only a training that goes on would need."""
    files.remove(run.path / CHECKPOINT.parent)


def _describe(artifact: Artifact | None) -> str:
    if artifact is None:
        return "no such file"
    return f"{artifact.size:,} bytes with sha256 {artifact.sha256[:8]}…"
