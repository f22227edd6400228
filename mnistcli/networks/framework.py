"""TensorFlow and Keras, imported lightly: a third of their import time is not theirs.

Import `keras` and `tf` from here. What was measured is printed by `benchmarks/imports.py`.
"""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

OPTIONAL = ("cv2", "matplotlib", "pandas", "scipy")


@contextmanager
def _as_shipped() -> Iterator[None]:
    """Import Keras with the settings that it comes with, and on TensorFlow.

    Its environment variables (KERAS_BACKEND, KERAS_MAX_EPOCHS ...) and its keras.json would make
    another training, or none, of the same command. A home that is no folder has no keras.json, and
    none is written there.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("KERAS_")}
    for name in before:
        del os.environ[name]
    os.environ.update(KERAS_BACKEND="tensorflow", KERAS_HOME=os.devnull)
    try:
        yield
    finally:
        del os.environ["KERAS_BACKEND"], os.environ["KERAS_HOME"]
        os.environ.update(before)


@contextmanager
def _lightly() -> Iterator[None]:
    """Import without what only costs time.

    Keras and TensorFlow's old Keras look for `OPTIONAL`, to use it if it is there: hidden, it isn't
    loaded. And Python's garbage collector would search a million new objects, again and again, for
    none that is garbage.
    """
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    collecting = gc.isenabled()
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: an import fails
    gc.disable()
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.freeze()  # modules stay: later collections need not look at them either
        if collecting:
            gc.enable()


with _as_shipped(), _lightly():
    import keras
    import tensorflow as tf
    from tensorflow.compiler.xla.tsl.protobuf.coordination_config_pb2 import CoordinatedJob
    from tensorflow.python.distribute.multi_worker_util import coordination_leader
    from tensorflow.python.eager import context
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    from tensorflow.python.ops import random_ops_util

# Where a user's own network looks for what Keras keeps: with `get_file`, say.
keras.src.backend.config._KERAS_DIR = os.environ.get(  # noqa: SLF001 - it has no setter
    "KERAS_HOME",
    os.path.join(os.path.expanduser("~"), ".keras"),  # noqa: PTH111, PTH118
)

__all__ = [
    "CoordinatedJob",
    "context",
    "convert_variables_to_constants_v2",
    "coordination_leader",
    "keras",
    "philox",
    "tf",
]


@contextmanager
def philox() -> Iterator[None]:
    """Let what is traced in this block draw its random numbers by Philox (Salmon et al. 2011).

    Left to choose, XLA on a CPU takes a generator that it compiles into a forty times slower one.
    """
    chosen = random_ops_util.get_key_counter_alg
    random_ops_util.get_key_counter_alg = lambda seed, _: chosen(seed, "philox")
    try:
        yield
    finally:
        random_ops_util.get_key_counter_alg = chosen
