"""What all workers do alike: prepare a network and its data, and fit it.

The chief hands the others the configuration and the checkpoint, so that all begin alike; each reads
its own copy of the dataset.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnistcli.datasets.store import Split
from mnistcli.errors import TrainingError
from mnistcli.networks import model
from mnistcli.networks.framework import keras, tf
from mnistcli.networks.source import Source
from mnistcli.runs import computing
from mnistcli.runs.config import TrainingConfig
from mnistcli.runs.history import EpochRecord
from mnistcli.training import checkpoint
from mnistcli.training.fitting import groups, loop
from mnistcli.training.fitting.distribution import Workers
from mnistcli.training.fitting.loop import Best, EpochEnd, Progress
from mnistcli.training.pool import Pool, open_pool


@dataclass(frozen=True)
class Task:
    """A network, the data to fit it to, and how far it has come."""

    config: TrainingConfig
    strategy: tf.distribute.Strategy
    network: keras.Model
    train: Split
    validation: Split | None
    closing: int | None
    """How many of the training images, from their beginning, the last epochs are of (None: all)."""
    history: tuple[EpochRecord, ...]
    best: Best | None

    def fit(
        self, callbacks: Sequence[keras.callbacks.Callback] = ()
    ) -> Iterator[Progress | EpochEnd]:
        """Train the network from where it stands; see `loop.fit`."""
        return loop.fit(
            self.network,
            self.train,
            self.config,
            strategy=self.strategy,
            validation=self.validation,
            closing=self.closing,
            first_epoch=len(self.history) + 1,
            best=self.best,
            callbacks=callbacks,
        )


def hand_out(
    config: TrainingConfig, pool: Pool, saved: bytes, workers: Workers, source: Source | None
) -> Task:
    """Give the other workers, if there are any, what they need, and return the chief's own task.

    `saved` are the bytes of the checkpoint, if there is one, `source` is the Python file that the
    network comes from, if it does.
    """
    common = {
        "config": config.to_json(),
        "digest": pool.digest,
        "classes": pool.classes,
        "computing": computing.here(),
    }
    workers.share(json.dumps(common).encode())
    return _prepare(config, pool, workers.share(saved), workers, source)


def receive(data_dir: Path, workers: Workers, source: Source | None) -> Task:
    """Return the task that the chief has handed out; raise TrainingError for another dataset.

    Or for another file of the network: each worker is given its own copy.
    """
    common = json.loads(workers.share())
    saved = workers.share()
    config = TrainingConfig.from_json(common["config"])
    pool = open_pool(data_dir, config.datasets, common["classes"])
    if pool.digest != common["digest"]:
        raise TrainingError(
            f"this worker's {' and '.join(config.datasets)} is not the chief's: expected the "
            f"digest {common['digest'][:8]}…, got {pool.digest[:8]}…. Fetch it anew on both."
        )
    if not groups.uses_threads_for(config.model):
        raise TrainingError(
            f"this worker was started for another network than the chief's, which is "
            f"{config.model}, and would use its cores otherwise. Start it with the chief's "
            f"options, and where it resumes a run that it cannot see, with --model {config.model}."
        )
    settings = computing.changes(common["computing"], computing.here())
    settings.pop(computing.PROCESSOR, None)  # others may do: like ones are the user's business
    if settings:
        named = "; ".join(
            f"{name} is {chief}, here {here}" for name, (chief, here) in settings.items()
        )
        raise TrainingError(
            f"this worker would compute otherwise than the chief, where {named}. Start all with "
            f"the same environment."
        )
    given = source.digest if source else None
    if given != config.source:
        raise TrainingError(
            f"this worker's network is not the chief's, which is {config.model} with sha256 "
            f"{config.source or 'none'}. Start it with the same --model."
        )
    return _prepare(config, pool, saved, workers, source)


def _prepare(
    config: TrainingConfig, pool: Pool, saved: bytes, workers: Workers, source: Source | None
) -> Task:
    train, validation = pool.train(config.validation_split, heard=config.weights is not None)
    held_out = len(validation.labels) if validation else 0
    closing = pool.datasets[0].train - held_out if pool.closes(config) else None
    network = model.build(config, len(train.labels), source, len(pool.classes))
    state = checkpoint.restore(saved, network)
    history, best = (state.history, state.best) if state else ((), None)
    return Task(config, workers.strategy, network, train, validation, closing, history, best)
