"""mnistcli as a process of its own: how it ends, what it says, and the memory that it takes."""

import ctypes
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from common.peak import measured

DROP_FROM_BOUND, READ_ANYTHING = 24, (1, 2)  # prctl's PR_CAPBSET_DROP; capabilities(7)


def as_a_user() -> None:
    """Let root be refused where the folder's owner is."""
    for capability in READ_ANYTHING:
        ctypes.CDLL(None).prctl(DROP_FROM_BOUND, capability, 0, 0, 0)


@dataclass(frozen=True)
class Ended:
    code: int
    peak: int  # MB, of the process or the largest of its workers
    out: bytes
    err: bytes

    @property
    def lines(self):
        return os.fsdecode(self.err).removesuffix("\n").split("\n")


def run(folder, output, arguments, stdin=os.devnull):
    """Run mnistcli in a folder, with its streams in files; return how it ended."""
    outputs = [Path(f"{output}.{name}") for name in ("out", "err")]
    with (
        Path(stdin).open("rb") as source,
        outputs[0].open("wb") as out,
        outputs[1].open("wb") as err,
    ):
        process = subprocess.Popen(
            measured(outputs[0].with_suffix(".peak"), *arguments),
            cwd=folder,
            env={**os.environ, "COLUMNS": "1000"},
            stdin=source,
            stdout=out,
            stderr=err,
            preexec_fn=as_a_user,  # noqa: PLW1509 - it calls the kernel alone
        )
        process.wait()
    peak = int(outputs[0].with_suffix(".peak").read_text()) // 1_000_000
    return Ended(process.returncode, peak, *(path.read_bytes() for path in outputs))
