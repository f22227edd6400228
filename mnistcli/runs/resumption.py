"""Whether a run can go on, and as what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mnistcli.choices import DIVERGED
from mnistcli.errors import RunError
from mnistcli.runs.run import CHECKPOINT, Run


def resumed(
    run: Run,
    choices: Mapping[str, Any],
    *,
    source: str | None,
    digests: Sequence[str],
    closes: bool = False,
) -> Run:
    """Return the run with the configuration that it goes on with: its own, or with more epochs.

    `choices` are those of the command line (None: not made), `source` is the SHA-256 of the Python
    file given for the network, `digests` are those of the datasets stored now, and `closes` says
    that the last epochs of a training on these are others than those before. Raises RunError
    where what is given differs from what the run began with, or there is nothing left to do.
    """
    if run.members:
        raise RunError(f"run {run.name} is an ensemble, which is not trained. Make another one.")
    if run.status == DIVERGED:
        raise RunError(
            f"run {run.name} diverged, and would again. Train a new run, with a lower "
            f"--learning-rate."
        )
    _check_same(run, choices, source, digests)
    epochs = choices.get("epochs") or run.config.epochs
    if epochs == run.config.epochs:
        if run.complete:
            raise RunError(
                f"run {run.name} is complete: there is nothing to resume. For more epochs than "
                f"its {epochs}, add --epochs."
            )
        return run
    if run.config.schedule != "constant":
        raise RunError(
            f"run {run.name} cannot go on to {epochs} epochs: the {run.config.schedule} schedule "
            f"of its learning rate was laid out over {run.config.epochs}, and every step would "
            f"have had another. Train a new run with --epochs {epochs}."
        )
    if closes:
        raise RunError(
            f"run {run.name} cannot go on to {epochs} epochs: the last of its {run.config.epochs} "
            f"were laid out to be of {run.config.datasets[0]}'s images alone. Train a new run with "
            f"--epochs {epochs}."
        )
    if epochs < run.config.epochs:
        raise RunError(
            f"run {run.name} was begun with {run.config.epochs} epochs, and {epochs} are fewer. "
            f"Give more, or train a new run."
        )
    if run.complete and not (run.path / CHECKPOINT).exists() and keeps_state(run):
        raise RunError(
            f"run {run.name} cannot go on: its {CHECKPOINT} is not there, as in runs of an earlier "
            f"version. Train a new run with --epochs {epochs}."
        )
    return replace(run, config=replace(run.config, epochs=epochs))


def keeps_state(run: Run) -> bool:
    """Return whether a complete run needs its last checkpoint to go on to more epochs.

    Else its model says it all: no logits were scaled since, and no earlier weights put back.
    """
    config = run.config
    scaled = run.temperature != 1 or config.early_stopping is not None
    return config.schedule == "constant" and scaled


def _check_same(
    run: Run, choices: Mapping[str, Any], source: str | None, digests: Sequence[str]
) -> None:
    config = run.config
    if config.source is not None and choices.get("model") is None:
        raise RunError(
            f"run {run.name} has its network from {config.model}, and no program is run out of a "
            f"run folder. Name the file again: --model {config.model}."
        )
    differences = [
        f"{name} was {_said(getattr(config, name))}, now {_said(choice)}"
        for name, choice in choices.items()
        if name != "epochs" and choice is not None and choice != getattr(config, name)
    ]
    if source != config.source and choices.get("model") == config.model:
        differences.append(
            f"{config.model} was sha256 {_short(config.source)}, now {_short(source)}"
        )
    for dataset, digest in zip(run.datasets, digests, strict=True):
        if digest != dataset["digest"]:
            differences.append(
                f"dataset {dataset['name']} was {_short(dataset['digest'])}, now {_short(digest)}"
            )
    if differences:
        raise RunError(
            f"run {run.name} cannot go on with other options than it began with: "
            f"{'; '.join(differences)}. Leave them out, or train a new run."
        )


def _short(digest: str | None) -> str:
    return f"{digest[:8]}…" if digest else "none"


def _said(value: Any) -> str:
    return " ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
