"""Every number that reading a picture depends on is needed: a picture fails with half or twice it.

The pictures are in `needed/`, by what they show.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from needed.drawing import CASES

import mnistcli.decoding.light
import mnistcli.picture
from mnistcli.errors import PictureError

for file in Path(__file__).with_name("needed").glob("*.py"):
    importlib.import_module(f"needed.{file.stem}")

MODULES = {
    name.rpartition(".")[2]: importlib.import_module(name)
    for _, name, _ in pkgutil.walk_packages(mnistcli.picture.__path__, "mnistcli.picture.")
} | {"light": mnistcli.decoding.light}


def numbers() -> list[str]:
    """The constants of all modules, `module.NAME`, those of a tuple with their place behind."""
    found = []
    for module, loaded in MODULES.items():
        for node in ast.parse(inspect.getsource(loaded)).body:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (
                each.id for t in targets for each in ast.walk(t) if isinstance(each, ast.Name)
            ):
                value = getattr(loaded, name)
                if isinstance(value, int | float):
                    found.append(f"{module}.{name}")
                elif isinstance(value, tuple) and all(isinstance(v, int | float) for v in value):
                    found += [f"{module}.{name}.{place}" for place in range(len(value))]
    return found


def scaled(value, place: str, factor: float):
    if place:
        k = int(place)
        return (*value[:k], scaled(value[k], "", factor), *value[k + 1 :])
    return type(value)(value * factor)


def test_every_number_has_a_picture():
    assert set(CASES) == set(numbers())


@pytest.mark.parametrize("name", sorted(numbers()))
def test_a_number_is_needed_as_it_is(name, monkeypatch):
    module, constant, place = (*name.split("."), "")[:3]
    check = CASES[name]
    assert passes(check)
    value = getattr(MODULES[module], constant)

    def passes_with(factor: float) -> bool:
        with monkeypatch.context() as patch:
            for each in MODULES.values():  # also where it was imported
                if vars(each).get(constant) is value:
                    patch.setattr(each, constant, scaled(value, place, factor))
            return passes(check)

    assert not (passes_with(2) and passes_with(0.5))


def passes(check: Callable[[], bool]) -> bool:
    try:
        return bool(check())
    except (PictureError, ArithmeticError, IndexError, ValueError, cv2.error):
        return False
