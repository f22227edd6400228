"""Write docs/cli.md, and the help text in README.md, from the commands' own help.

Usage: generate.py. `tests/docs/test_docs.py` fails when they have drifted.
"""

import re
from pathlib import Path

import click

from mnistcli.cli import cli

ROOT = Path(__file__).parents[1]
README, REFERENCE = ROOT / "README.md", ROOT / "docs" / "cli.md"
MARKED = re.compile(r"(<!-- help: begin -->\n).*?(<!-- help: end -->)", re.DOTALL)
WIDTH = 80  # columns


def in_context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """Return the context in which a command prints its help, on a terminal of WIDTH columns."""
    return command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH
    )


def sections(command: click.Command, name: str, parent: click.Context | None) -> list[str]:
    """Return a section of Markdown for a command, and one for each below it."""
    context = in_context(command, name, parent)
    texts = [f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```"]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            assert below is not None
            texts += sections(below, child, context)
    return texts


def reference() -> str:
    """Return the whole of docs/cli.md."""
    head = "# Command line\n\nWritten by `make docs` from `mnistcli COMMAND --help`."
    return "\n\n".join([head, *sections(cli, "mnistcli", None)]) + "\n"


def readme(text: str) -> str:
    """Return README.md with the help text between its markers made anew."""
    block = f"```text\n{cli.get_help(in_context(cli, 'mnistcli', None))}\n```\n"
    return MARKED.sub(lambda match: match[1] + block + match[2], text)


if __name__ == "__main__":
    REFERENCE.write_text(reference())
    README.write_text(readme(README.read_text()))
