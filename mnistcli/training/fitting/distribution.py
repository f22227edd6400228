"""Where training runs: on one device, on the GPUs of a machine, or on several machines.

TensorFlow's own runtime does the work, and finds the other machines where its users name them: in
the environment variable TF_CONFIG.
"""

import os
import re
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import TrainingError
from mnistcli.networks.framework import CoordinatedJob, context, coordination_leader, tf

PATIENCE = 50  # seconds for all workers to be there
SILENCE = 20  # seconds without a heartbeat after which a worker counts as lost

LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)
"""What TensorFlow raises when other workers cannot be reached any more."""

EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
)


@dataclass(frozen=True)
class Place:
    """Where this process trains: alone, or as one worker among others."""

    strategy: str
    """single, mirrored, or multi-worker."""
    addresses: tuple[str, ...] = ()
    """host:port of every worker, the chief's first."""
    worker: int = 0

    @property
    def address(self) -> str:
        """The host:port of this worker."""
        return self.addresses[self.worker]

    @property
    def chief(self) -> bool:
        """Whether this process writes the run and reports."""
        return self.worker == 0


@dataclass(frozen=True)
class Workers:
    """The processes that train together, joined by a TensorFlow strategy."""

    place: Place
    strategy: tf.distribute.Strategy

    def share(self, data: bytes = b"") -> bytes:
        """Return the chief's data, on every worker; all must call it."""
        if not self.place.addresses:
            return data
        mine = data if self.place.chief else b""
        size = int(self._of_chief(np.array([len(mine)]))[0])
        if size == 0:  # of which TensorFlow's collectives would crash
            return b""
        content = np.frombuffer(mine.ljust(size, b"\0"), np.uint8)
        return self._of_chief(content.astype(np.int32)).astype(np.uint8).tobytes()

    def _of_chief(self, values: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return the first replica's integers: the sum over all, when the others' are zero."""

        def replica(values: tf.Tensor) -> tf.Tensor:
            here = tf.distribute.get_replica_context()
            first = tf.cast(here.replica_id_in_sync_group == 0, values.dtype)
            return here.all_reduce(tf.distribute.ReduceOp.SUM, values * first)

        def all_replicas(values: tf.Tensor) -> tf.Tensor:
            return self.strategy.run(replica, args=(values,))

        summed = tf.function(all_replicas, autograph=False)(tf.constant(values))
        return np.asarray(self.strategy.experimental_local_results(summed)[0])


def place(strategy: str) -> Place:
    """Return where this process trains; raise TrainingError where TF_CONFIG does not say it.

    `auto` means several workers where there is a TF_CONFIG, else all GPUs if there are several.
    """
    config = os.environ.get("TF_CONFIG")
    gpus = len(tf.config.list_physical_devices("GPU"))
    if strategy == "auto":
        strategy = "multi-worker" if config else "mirrored"
    if strategy == "mirrored":
        strategy = "mirrored" if gpus > 1 else "single"
    if strategy != "multi-worker":
        return Place(strategy)
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        cluster = resolver.cluster_spec().as_dict()
        chiefs, workers = cluster.get("chief", []), cluster.get("worker", [])
        before = {"chief": 0, "worker": len(chiefs)}
        worker = before[resolver.task_type] + int(resolver.task_id)
        addresses = (*chiefs, *workers)
        dict(enumerate(addresses))[worker]  # a worker that is not there is a KeyError
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"several workers need TF_CONFIG in the environment, such as {EXAMPLE}; "
            f"got {config!r}. Set it, or train with --strategy single."
        ) from error
    return Place(strategy, addresses, worker) if len(addresses) > 1 else Place("single")


@contextmanager
def join(place: Place) -> Iterator[Workers]:
    """Find the other workers, and hold on to them until the block ends.

    Raises TrainingError when one of them can't be found, or is lost on the way.
    """
    if place.strategy == "single":
        yield Workers(place, tf.distribute.get_strategy())
    elif place.strategy == "mirrored":
        yield Workers(place, tf.distribute.MirroredStrategy())
    else:
        strategy = _connect(place)
        try:
            yield Workers(place, strategy)
        except LOST as error:
            others = [*place.addresses[: place.worker], *place.addresses[place.worker + 1 :]]
            raise TrainingError(
                f"worker {place.worker} lost the others ({', '.join(others)}): "
                f"{_reason(error)}. Every whole epoch is saved: start all "
                f"workers again with --resume RUN."
            ) from error


def _connect(place: Place) -> tf.distribute.Strategy:
    """Return the strategy over all workers once every one of them is there."""
    if place.chief:
        _await_others(place)
    cluster = tf.distribute.cluster_resolver.TFConfigClusterResolver().cluster_spec()
    # Left alone, TensorFlow waits for an hour.
    context.context().configure_coordination_service(
        service_type="standalone",
        service_leader=coordination_leader(cluster),
        coordinated_jobs=[
            CoordinatedJob(name=job, num_tasks=cluster.num_tasks(job)) for job in cluster.jobs
        ],
        cluster_register_timeout_in_ms=1000 * PATIENCE,
        heartbeat_timeout_in_ms=1000 * SILENCE,
        shutdown_barrier_timeout_in_ms=1000 * SILENCE,
    )
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python could not handle it while it waits
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except LOST as error:
        raise _absent(place, place.addresses[:1]) from error
    finally:
        for number, handler in handlers.items():  # TensorFlow takes SIGTERM for itself
            signal.signal(number, handler)


def _await_others(place: Place) -> None:
    """Wait until all other workers listen: TensorFlow would wait for them without an end."""
    end = time.monotonic() + PATIENCE
    missing = list(place.addresses[1:])
    while missing:
        missing = [address for address in missing if not _listens(address)]
        if missing and time.monotonic() > end:
            raise _absent(place, missing)
        time.sleep(0.1 if missing else 0)


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _absent(place: Place, missing: Sequence[str]) -> TrainingError:
    return TrainingError(
        f"worker {place.worker} of {len(place.addresses)} waited {PATIENCE} s for "
        f"{', '.join(missing)}, and gave up. Start all workers within that time, and check that "
        f"TF_CONFIG is the same for all, but for the index, and that its addresses can be reached."
    )


def _reason(error: tf.errors.OpError) -> str:
    """Return what TensorFlow's long message says about the cause."""
    found = re.search("aborted by: (.+)", error.message)
    return (found[1] if found else error.message.partition("\n")[0]).rstrip(".:")
