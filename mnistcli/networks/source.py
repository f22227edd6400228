"""A Python file that a network comes from: found and digested here, run in `own.py` alone."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mnistcli.errors import ChoiceError

SUFFIX = ".py"
FUNCTION = "build"


@dataclass(frozen=True)
class Source:
    """A file as it was when it was read, and the function in it that builds the network."""

    path: Path
    function: str
    text: bytes

    @property
    def name(self) -> str:
        """What a run calls its model: the file's name, and the function unless it is build."""
        return self.path.name + (f":{self.function}" if self.function != FUNCTION else "")

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text, in hexadecimal."""
        return hashlib.sha256(self.text).hexdigest()

    @classmethod
    def read(cls, reference: str) -> Self:
        """Return the source named by FILE.py[:FUNCTION]; raise ChoiceError if it isn't there."""
        file, _, function = reference.partition(":")
        function = function or FUNCTION
        if not function.isidentifier():
            raise ChoiceError(
                f"{function!r} cannot be a function's name. Give --model FILE.py:FUNCTION."
            )
        path = Path(os.path.expanduser(file))  # noqa: PTH111 - Path raises where there is no home
        try:
            return cls(path, function, path.read_bytes())
        except OSError as error:
            raise ChoiceError(
                f"{path}: {error.strerror}. Give --model the path of a Python file in which "
                f"{function}() returns a network."
            ) from error


def is_file(model: str | None) -> bool:
    """Return whether a model, as it is given or as a run has it, is a Python file's."""
    return model is not None and model.partition(":")[0].endswith(SUFFIX)
