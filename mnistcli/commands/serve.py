"""`mnistcli serve`."""

import os
import re
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from mnistcli.commands import options
from mnistcli.terminal import chatter


class HostName(click.ParamType[str]):
    """The name of a host, as in the address of a page."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as browsers send it; fail where it is none."""
        try:
            found = urlsplit(f"//{value}").hostname or ""
            name = found if found.isascii() else found.encode("idna").decode()
        except ValueError:
            name = ""
        if not name or not re.fullmatch(r"[a-z0-9_.:-]+", name) or re.search("[/?#@]", value):
            self.fail(f"{value!r} is no name of a host, such as digits.example.org.", param, ctx)
        return name


def _root(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return the path without the slash at its end; fail where it is none."""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", value) or re.search(r"/\.\.?(/|$)", value):
        raise click.BadParameter(f"{value!r} is no path that begins with a slash, such as /digits.")
    return value.rstrip("/")


@click.command()
@options.run_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address or name to listen on; 0.0.0.0 lets other devices of the network in.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 is any free one.",
)
@click.option(
    "--allow-host",
    "allowed",
    type=HostName(),
    multiple=True,
    metavar="NAME",
    help="Answer to this name, too, and to its pages: a reverse proxy's, a tunnel's, a container's. "
    "May be repeated.",
)
@click.option(
    "--root-path",
    "root",
    default="",
    callback=_root,
    metavar="PATH",
    help="Path under which a reverse proxy has this server, such as /digits.",
)
@click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
@options.runs_dir
@options.quiet
def serve(
    run: str | None,
    host: str,
    port: int,
    allowed: tuple[str, ...],
    root: str,
    open_: bool,
    runs_dir: Path,
    quiet: bool,
) -> None:
    """Serve a page to draw numbers on, and an HTTP API.

    Prints the page's URL on standard output and serves until Ctrl-C. The API: POST the bytes of
    a picture to /predict, and the answer is the JSON of `mnistcli predict --json`.
    """
    chatter.silence()
    from mnistcli.reading.classifier import Classifier
    from mnistcli.terminal import console
    from mnistcli.web import app, server

    found = options.run_to_read_with(runs_dir, run, quiet=quiet)
    Classifier.load(found, threads=1)  # whatever is wrong with it is said now
    with server.bind(host, port) as listening:
        url = server.url(listening, root)
        click.echo(url)
        console.note(f"run {found.name}; Ctrl-C ends", quiet=quiet)
        if open_:
            import webbrowser

            # In a thread: some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        application = app.create_app(found, hosts={host, *allowed}, root=root, report=_report)
        server.Server(application).run([listening])


def _report(error: Exception) -> None:
    """Say what went wrong in answering a request; the server goes on."""
    from mnistcli.terminal import console

    if os.environ.get("MNISTCLI_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    console.show_error(f"a request failed: {type(error).__name__}: {error}")
