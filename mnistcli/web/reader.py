"""Pictures read in processes of their own, by the network that each of them holds."""

import asyncio
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from functools import partial

from mnistcli import parallel
from mnistcli.cores import cores
from mnistcli.reading.classifier import Classifier
from mnistcli.reading.inputs import STDIN
from mnistcli.reading.prediction import Prediction, predict
from mnistcli.runs.run import LITERT_MODEL, Run


class Reader:
    """Reads pictures off the event loop, as many at once as there are cores.

    Processes do it, as threads of one wait for one another too long; and each does all of it, as
    to pass a picture on takes as long as the network does. It is the network that was there when
    the reader was made, whatever becomes of the run.
    """

    def __init__(self, run: Run) -> None:
        self._classifier = partial(Classifier.on_litert, run.verified(LITERT_MODEL), 1, run.classes)
        self._processes = self._started()

    def _started(self) -> Executor:
        return parallel.started(cores(), spawned=True, make=self._classifier)

    async def read(self, data: bytes, count: int | None = None) -> Prediction:
        """Return what is read in a picture's bytes: `count` digits, or any number.

        Raises BrokenProcessPool where a process was killed; others take its place.
        """
        loop = asyncio.get_running_loop()
        processes = self._processes
        try:
            return await loop.run_in_executor(processes, _read, data, count)
        except BrokenProcessPool:
            if processes is self._processes:  # which no other request has replaced yet
                self._processes = self._started()
            raise


def _read(data: bytes, count: int | None) -> Prediction:
    (prediction,) = predict([(STDIN, data)], parallel.own(), count=count)
    return prediction
