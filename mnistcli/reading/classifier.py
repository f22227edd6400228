"""A run's network, ready to classify: run in, probabilities out."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mnistcli.errors import ModelError
from mnistcli.runs.run import KERAS_MODEL, LITERT_MODEL, Run

BATCH = 256  # images per LiteRT call: the working set of either network stays in the cache

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


class Classifier:
    """Images (n, 28, 28) uint8 0..255, digit bright on dark, to probabilities (n, 10)."""

    def __init__(self, predict: Predict) -> None:
        self._predict = predict

    @classmethod
    def load(cls, run: Run | Path | str, engine: str = "auto", threads: int | None = None) -> Self:
        """Return the classifier of a complete run, on LiteRT ("auto", "litert") or Keras.

        LiteRT computes on `threads` threads, by default as many as there are cores.

        Raises RunError when the run is not complete or its files are not what training wrote,
        ModelError when the model cannot be opened all the same.
        """
        if not isinstance(run, Run):
            run = Run.read(Path(run))
        if engine == "keras":
            return cls(_keras(run))
        return cls.on_litert(run.verified(LITERT_MODEL), threads)

    @classmethod
    def on_litert(cls, model: bytes, threads: int | None = None) -> Self:
        """Return the classifier of a LiteRT flatbuffer; raise ModelError if it is none."""
        return cls(_litert(model, threads or os.cpu_count()))

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return probabilities (n, 10) float32, each row summing to 1, of images (n, 28, 28)."""
        if len(images) == 0:
            return np.empty((0, 10), np.float32)
        return self._predict(images)

    def judge(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities (n, 10), and the probability (n,) that an image is no digit."""
        return self.predict(images), np.zeros(len(images), np.float32)


def _litert(model: bytes, threads: int | None) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=model, num_threads=threads)
        # Tensors have names, which may be damaged, too.
        entries, exits = interpreter.get_input_details(), interpreter.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise _unusable(error) from error
    shapes = [tuple(each["shape"][1:]) for each in (*entries, *exits)]
    if shapes != [(28, 28), (10,)]:
        raise _unusable(f"expected (n, 28, 28) in and (n, 10) out, got {shapes}")
    entry, exit_ = entries[0]["index"], exits[0]["index"]

    def predict(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities = np.empty((len(images), 10), np.float32)
        size = 0
        for start in range(0, len(images), BATCH):
            batch = images[start : start + BATCH].astype(np.float32)
            if len(batch) != size:
                size = len(batch)
                interpreter.resize_tensor_input(entry, batch.shape, strict=True)
                interpreter.allocate_tensors()
            interpreter.set_tensor(entry, batch)
            interpreter.invoke()
            probabilities[start : start + size] = interpreter.get_tensor(exit_)
        return probabilities

    def guarded(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            return predict(images)
        except (ValueError, RuntimeError) as error:
            raise _unusable(error) from error

    return guarded


def _unusable(reason: object) -> ModelError:
    what = " ".join(str(reason).split())
    return ModelError(f"LiteRT cannot use the model: {what}. Train the run again.")


def _keras(run: Run) -> Predict:
    from mnistcli.networks import model

    network = model.load(run.verified(KERAS_MODEL))
    return lambda images: np.asarray(network.predict(images, batch_size=BATCH, verbose=0))
