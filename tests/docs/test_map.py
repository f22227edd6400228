"""CONTRIBUTING.md's map of the house is the house."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
ROWS = re.findall(r"^\| (?!to add|---)(.+?) \| (.+) \|$", TEXT, re.MULTILINE)
FLOORS = re.search(r"```text\n(.*?)```", TEXT, re.DOTALL)[1].splitlines()


@pytest.mark.parametrize(("change", "where"), ROWS, ids=[change for change, _ in ROWS])
def test_every_path_in_the_table_exists(change, where):
    paths = [name for name in re.findall(r"`(.+?)`", where) if "/" in name]
    assert paths, f"{change}: no path"
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_floors_are_those_that_the_linter_keeps():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    drawn = [re.split(" {2,}", line)[0] for line in FLOORS]
    assert drawn == contracts["contracts"][0]["layers"]


def test_a_room_is_on_one_floor_and_every_room_has_tests():
    rooms = {path.parent.name for path in (ROOT / "mnistcli").glob("*/__init__.py")}
    assert rooms <= set(re.findall(r"\w+", "\n".join(FLOORS)))
    assert [room for room in rooms if not list((ROOT / "tests" / room).glob("test_*.py"))] == []
