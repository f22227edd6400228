"""What the documentation shows is what the program prints."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[1]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_line_reference_is_up_to_date():
    assert (ROOT / "docs" / "cli.md").read_text() == generator().reference(), "run `make docs`"


def test_the_help_text_in_the_readme_is_up_to_date():
    text = (ROOT / "README.md").read_text()
    assert "<!-- help: begin -->" in text
    assert text == generator().readme(text), "run `make docs`"
