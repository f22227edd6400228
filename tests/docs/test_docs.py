"""What the documentation shows is what the program prints."""

import subprocess
import sys
from pathlib import Path

import click

from mnistcli.cli import COMMANDS, STEPS, cli

ROOT = Path(__file__).parents[2]


def generated(expression):
    """What docs/generate.py makes, in an interpreter that nothing else has touched."""
    code = f"import sys, generate\nsys.stdout.write(generate.{expression})"
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT / "docs", capture_output=True, text=True, check=True
    ).stdout


def test_the_command_line_reference_is_up_to_date():
    assert (ROOT / "docs" / "cli.md").read_text() == generated("reference()"), "run `make docs`"


def test_the_help_text_in_the_readme_is_up_to_date():
    text = (ROOT / "README.md").read_text()
    assert "<!-- help: begin -->" in text
    assert text == generated("readme(generate.README.read_text())"), "run `make docs`"


def test_the_list_of_commands_has_each_commands_own_first_line():
    for name, text in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command.help.partition("\n")[0] == text


def test_the_four_steps_stand_under_a_heading_of_their_own():
    text = cli.get_help(click.Context(cli))
    steps, others = text.partition("The four steps:")[2].split("Around them:")
    assert [line.split()[0] for line in steps.splitlines() if line] == list(STEPS)
    listed = [line.split()[0] for line in others.splitlines() if line[:3].strip()]
    assert [*STEPS, *listed] == list(COMMANDS)
