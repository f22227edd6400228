"""The one place where a user's Python file is run: what it returns is a network, or an error.

It is run only where the user names it on the very command line, never out of a run folder.
"""

import contextlib
import signal
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mnistcli.errors import MnistcliError, NetworkError
from mnistcli.networks.framework import keras
from mnistcli.networks.source import Source

EXPECTED = "a function that returns an uncompiled Keras model, (28, 28) in, probabilities out"
SHAPES = ((28, 28), (28, 28, 1))
TRIED = 8  # images, to see what the network makes of them
TOLERANCE = 1e-3  # by which probabilities in half precision may miss a sum of 1
MODULE = "__network__"  # what the file is called while it runs; never __main__


def build(source: Source, classes: int = 10) -> keras.Model:
    """Return the network that a file builds: uncompiled, (n, 28, 28) in, (n, classes) out.

    Raises NetworkError, with the file and the line, where it builds none that can be trained.
    """
    with _built(source):
        model = _call(source)
    where = f"{source.path}: {source.function}()"
    if not isinstance(model, keras.Model):
        raise NetworkError(f"{where} returned {_described(model)}; expected {EXPECTED}.")
    if model.compiled:
        raise NetworkError(
            f"{where} returned a compiled model; expected an uncompiled one. Leave compile() out: "
            f"--loss, --optimizer and --metric say how it is trained."
        )
    with _built(source):
        model = _of_images(model, where, lambda: _call(source))
        _check_probabilities(model, where, classes)
    if not model.trainable_variables:
        raise NetworkError(f"{where} returned a model without a weight that can be trained.")
    return model


@contextlib.contextmanager
def watched(source: Source | None) -> Iterator[None]:
    """Hold on to what the code of a user's file, if there is one, does while it is in use.

    What it prints goes to stderr, and what it raises becomes a NetworkError.
    """
    if source is None:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        except Exception as error:
            if isinstance(error, MnistcliError) or not _lines(source, error):
                raise
            raise _error(source, error, _said(error)) from error


@contextlib.contextmanager
def _built(source: Source) -> Iterator[None]:
    """Hold on to it while it builds a network: then nothing that is raised comes from elsewhere."""
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield
        except NetworkError:
            raise
        except SystemExit as error:
            if error.code == 128 + signal.SIGTERM:  # not its doing: someone ends this process
                raise
            code = "" if error.code is None else f" with {error.code}"
            raise _error(source, error, f"it ends the program{code}") from error
        except Exception as error:
            raise _error(source, error, _said(error)) from error


def _call(source: Source) -> object:
    module = types.ModuleType(MODULE)
    module.__file__ = str(source.path)
    sys.modules[MODULE] = module  # where Keras, and dataclasses, look classes up
    folder = str(source.path.absolute().parent)
    sys.path.insert(0, folder)  # as `python FILE.py` has it: it may import its neighbours
    try:
        exec(compile(source.text, str(source.path), "exec"), module.__dict__)  # noqa: S102 - named by the user on this command line
        function = getattr(module, source.function, None)
        if not callable(function):
            functions = [name for name, value in vars(module).items() if _is_its_own(value)]
            raise NetworkError(
                f"{source.path} has no function {source.function}; expected {EXPECTED}. It has: "
                f"{', '.join(functions) or 'none'}. Name one: --model {source.path}:FUNCTION."
            )
        return function()
    finally:
        sys.path.remove(folder)


def _is_its_own(value: object) -> bool:
    return isinstance(value, types.FunctionType) and value.__module__ == MODULE


def _of_images(model: keras.Model, where: str, again: Callable[[], Any]) -> keras.Model:
    """Return the model with images (n, 28, 28) as its input, whatever it has to itself."""
    shape = getattr(model, "input_shape", None) if model.built else None
    if shape is None:  # subclassed, or a Sequential without an Input: it takes what fits
        return _fitted(model, again)
    shape = shape[0] if isinstance(shape, list) and len(shape) == 1 else shape
    if not isinstance(shape, tuple) or tuple(shape[1:]) not in SHAPES:
        raise NetworkError(
            f"{where} returned a model that takes {_shape(shape)}; expected images of shape "
            f"(28, 28), or (28, 28, 1)."
        )
    return model if tuple(shape[1:]) == SHAPES[0] else _with_channel(model)


def _fitted(model: keras.Model, again: Callable[[], Any]) -> keras.Model:
    """Return a model that says no shape of its own, for images: the first that it can take.

    Trying spoils it: for the second shape it is made again.
    """
    try:
        if isinstance(model, keras.Sequential):
            return keras.Sequential([keras.Input(SHAPES[0]), *model.layers], name=model.name)
        model(np.zeros((1, *SHAPES[0]), np.float32))
    except Exception:  # noqa: BLE001 - the second shape may be the one, and says what is wrong
        return _with_channel(again())
    return model


def _with_channel(model: keras.Model) -> keras.Model:
    """Return a model that takes (28, 28, 1) as one that takes (28, 28)."""
    if isinstance(model, keras.Sequential):  # its layers stay in sight
        layers = [keras.Input(SHAPES[0]), keras.layers.Reshape(SHAPES[1]), *model.layers]
        return keras.Sequential(layers, name=model.name)
    images = keras.Input(SHAPES[0])
    return keras.Model(images, model(keras.layers.Reshape(SHAPES[1])(images)), name=model.name)


def _check_probabilities(model: keras.Model, where: str, classes: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (TRIED, 28, 28)).astype(np.float32)
    found = model(images, training=False)
    shape = None if isinstance(found, list | tuple | dict) else tuple(found.shape)
    if shape != (TRIED, classes):
        got = "several outputs" if shape is None else f"{_shape((None, *shape[1:]))}"
        raise NetworkError(
            f"{where} returned a model that answers {got}; expected probabilities of {classes} "
            f"classes, ({classes}). End it with Dense({classes}, activation='softmax')."
        )
    values = np.asarray(keras.ops.cast(found, "float32"))
    if not (values >= 0).all() or not np.allclose(values.sum(axis=1), 1, atol=TOLERANCE):
        raise NetworkError(
            f"{where} returned a model whose answers are no probabilities: they add up to "
            f"{values[0].sum():.3g}, expected 1. End it with Dense({classes}, activation="
            f"'softmax'), or with a Softmax layer."
        )


def _error(source: Source, error: BaseException, what: str) -> NetworkError:
    """Return what went wrong, with the last line of the user's file that took part in it."""
    lines = _lines(source, error)
    if isinstance(error, SyntaxError) and error.filename == str(source.path):
        place = f"{source.path}, line {error.lineno}"
    elif lines:
        place = f"{source.path}, line {lines[-1].lineno}, in {lines[-1].name}"
    else:
        place = str(source.path)
    return NetworkError(f"{place}: {what}. Expected {EXPECTED}.")


def _lines(source: Source, error: BaseException) -> list[traceback.FrameSummary]:
    """Return the lines of the user's file that led to an error, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if frame.filename == str(source.path)]


def _said(error: Exception) -> str:
    """Return an error in a line: of Keras's long ones, the first paragraph."""
    paragraph = str(error).strip().partition("\n\n")[0]
    return f"{type(error).__name__}: {' '.join(paragraph.split())}"


def _described(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _shape(shape: object) -> str:
    return str(tuple(shape[1:])) if isinstance(shape, tuple) else f"several inputs, {shape}"
