"""What decides the last bits of a weight beside configuration, data and versions.

The processor, and the settings that TensorFlow and the libraries below it read from the
environment: measured, most of them change some weights. Numbers of threads do not.
"""

import os
import platform
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

SETTINGS = re.compile(
    "TF_(ENABLE|DISABLE|DETERMINISTIC|XLA|ONEDNN|SET_ONEDNN|MKL|MLIR|CUDNN|USE_CUDNN|CUBLAS|GRAPPLER"
    "|AUTO_MIXED_PRECISION|FP16)_.*|(XLA|ONEDNN|DNNL|MKL)_.*|NVIDIA_TF32_OVERRIDE"
    "|CUDA_VISIBLE_DEVICES"
)
"""No more: of other names, many are another program's (Terraform's), and some are secret."""

THREADS = re.compile(".*_THREADS")
THEN = ", then "  # between what a run was computed with, and where it went on

UNSET = "unset"
PROCESSOR = "processor"
INSTRUCTIONS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
"""Those by which oneDNN, Eigen and XLA choose how to compute."""


def here() -> dict[str, str]:
    """Return the processor of this machine and the settings of this process, by name."""
    settings = {
        name: value
        for name, value in sorted(os.environ.items())
        if SETTINGS.fullmatch(name) and not THREADS.fullmatch(name)
    }
    return {PROCESSOR: _processor(), **settings}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what differs, before and now; nothing where it was not recorded before."""
    names = {**before, **now} if before else {}
    pairs = {
        name: (before.get(name, UNSET).rpartition(THEN)[2], now.get(name, UNSET)) for name in names
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def joined(before: Mapping[str, str], changed: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Return what a run was computed with that went on elsewhere: one after the other."""
    later = {name: f"{before.get(name, UNSET)}{THEN}{now}" for name, (_, now) in changed.items()}
    return {**before, **later}


def unlike(recorded: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return what is not the same in all that was recorded, by name, and as what it occurs."""
    known = [each for each in recorded if each]
    names = sorted({name for each in known for name in each})
    found = {name: sorted({each.get(name, UNSET) for each in known}) for name in names}
    return {name: values for name, values in found.items() if len(values) > 1}


def _processor() -> str:
    """Return its architecture, and of the instructions that matter those that it has."""
    flags: set[str] = set()
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(errors="replace")
        found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
        flags = set(found.group(1).split()) if found else set()
    return " ".join([platform.machine(), *(name for name in INSTRUCTIONS if name in flags)])
