"""`mnistcli serve`."""

import os
import threading
from pathlib import Path

import click

from mnistcli.commands import options
from mnistcli.terminal import chatter


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
@click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
@options.runs_dir
@options.quiet
def serve(run: str | None, host: str, port: int, open_: bool, runs_dir: Path, quiet: bool) -> None:
    """Serve a page to draw numbers on, and an HTTP API.

    Prints the page's URL on standard output and serves until Ctrl-C. The API: POST the bytes of
    a picture to /predict, and the answer is the JSON of `mnistcli predict --json`.
    """
    chatter.silence()
    from mnistcli.reading.classifier import Classifier
    from mnistcli.runs.run import find
    from mnistcli.terminal import console
    from mnistcli.web import app, server

    found = find(runs_dir, run)
    # One image at a time is not worth a second thread: waking it takes longer than the image.
    classifier = Classifier.load(found, threads=1)
    with server.bind(host, port) as listening:
        url = server.url(listening)
        click.echo(url)
        console.note(f"run {found.name}; Ctrl-C ends", quiet=quiet)
        if open_:
            import webbrowser

            # In a thread: some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        application = app.create_app(classifier, found, host=host, report=_report)
        server.Server(application).run([listening])


def _report(error: Exception) -> None:
    """Say what went wrong in answering a request; the server goes on."""
    from mnistcli.terminal import console

    if os.environ.get("MNISTCLI_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    console.show_error(f"a request failed: {type(error).__name__}: {error}")
