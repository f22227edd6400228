"""`mnistcli` as one of several workers, which also writes down the weights that it ends with."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mnistcli import cli
from mnistcli.terminal import chatter

chatter.silence()

from mnistcli.training import task  # noqa: E402 - imports TensorFlow, which is to be silent

fit = task.Task.fit


def fit_and_tell(self: task.Task, *arguments: Any) -> Iterator[Any]:
    yield from fit(self, *arguments)
    variables = [*self.network.variables, *self.network.optimizer.variables]
    content = b"".join(np.asarray(variable).tobytes() for variable in variables)
    Path(os.environ["WEIGHTS"]).write_text(hashlib.sha256(content).hexdigest())


task.Task.fit = fit_and_tell
cli.main()
