"""A run's network, ready to classify: run in, probabilities out."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mnistcli.classes import DIGITS
from mnistcli.cores import cores
from mnistcli.errors import ModelError
from mnistcli.runs.run import KERAS_MODEL, LITERT_MODEL, Run

BATCH = 256  # images per LiteRT call: the working set of either network stays in the cache

Judgement = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Probabilities of the classes (n, k), each row summing to 1, and that an image is none, (n,)."""

Judge = Callable[[NDArray[np.uint8]], Judgement]


class Classifier:
    """Images (n, 28, 28) uint8 0..255, ink bright on dark, to probabilities (n, k) of k classes."""

    def __init__(
        self,
        judge: Judge,
        classes: Sequence[str] = DIGITS,
        again: "Callable[[], Classifier] | None" = None,
    ) -> None:
        self._judge = judge
        self.classes = tuple(classes)
        """Their names, in the order of the probabilities."""
        self.again = again
        """What makes the same for one core, in any process; None on Keras, which is too heavy."""

    @classmethod
    def load(cls, run: Run | Path | str, engine: str = "auto", threads: int | None = None) -> Self:
        """Return the classifier of a complete run, on LiteRT ("auto", "litert") or Keras.

        LiteRT computes on `threads` threads, by default as many as there are cores for it.

        Raises RunError when the run is not complete or its files are not what training wrote,
        ModelError when the model cannot be opened all the same.
        """
        if not isinstance(run, Run):
            run = Run.read(Path(run))
        if engine == "keras":
            return cls(_keras(run), run.classes)
        if run.complete and LITERT_MODEL not in run.artifacts:
            raise ModelError(
                f"LiteRT lacks what the network of run {run.name} computes: training said so. "
                f"Use --engine keras."
            )
        return cls.on_litert(run.verified(LITERT_MODEL), threads, run.classes)

    @classmethod
    def on_litert(
        cls, model: bytes, threads: int | None = None, classes: Sequence[str] = DIGITS
    ) -> Self:
        """Return the classifier of a LiteRT flatbuffer; raise ModelError if it is none."""
        again = partial(cls.on_litert, model, 1, tuple(classes))
        return cls(_litert(model, threads or cores(), len(classes)), classes, again)

    def judge(self, images: NDArray[np.uint8]) -> Judgement:
        """Return the probabilities of the classes (n, k), and that an image is none, (n,).

        The latter is 0 on Keras, and where training had no way to tell.
        """
        if len(images) == 0:
            return np.empty((0, len(self.classes)), np.float32), np.empty(0, np.float32)
        return self._judge(images)

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return probabilities (n, k) float32, each row summing to 1, of images (n, 28, 28)."""
        return self.judge(images)[0]


def _litert(model: bytes, threads: int | None, classes: int) -> Judge:
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=model, num_threads=threads)
        # Tensors have names, which may be damaged, too.
        entries, exits = interpreter.get_input_details(), interpreter.get_output_details()
    except (ValueError, RuntimeError) as error:
        raise _unusable(error) from error
    shapes = [tuple(each["shape"][1:]) for each in (*entries, *exits)]
    entry_, *exit_shapes = shapes
    if entry_ != (28, 28) or sorted(exit_shapes) not in ([(classes,)], [(), (classes,)]):
        raise _unusable(f"expected (n, 28, 28) in and (n, {classes}) out, got {shapes}")
    entry = entries[0]["index"]
    exit_, *strange = (each["index"] for each in sorted(exits, key=lambda e: -len(e["shape"])))

    def judge(images: NDArray[np.uint8]) -> Judgement:
        probabilities = np.empty((len(images), classes), np.float32)
        strangeness = np.zeros(len(images), np.float32)
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
            for index in strange:
                strangeness[start : start + size] = interpreter.get_tensor(index)
        return probabilities, strangeness

    def guarded(images: NDArray[np.uint8]) -> Judgement:
        try:
            return judge(images)
        except (ValueError, RuntimeError) as error:
            raise _unusable(error) from error

    return guarded


def _unusable(reason: object) -> ModelError:
    what = " ".join(str(reason).split())
    return ModelError(f"LiteRT cannot use the model: {what}. Train the run again.")


def _keras(run: Run) -> Judge:
    from mnistcli.networks import model

    network = model.load(run.verified(KERAS_MODEL))

    def judge(images: NDArray[np.uint8]) -> Judgement:
        probabilities = np.asarray(network.predict(images, batch_size=BATCH, verbose=0))
        return probabilities, np.zeros(len(images), np.float32)

    return judge
