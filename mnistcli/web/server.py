"""The server: a socket, and uvicorn without its log, its signals' side effects and its patience."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mnistcli.errors import ServeError

BACKLOG = 128  # connections that wait to be accepted
CONNECTIONS = 200  # at once; beyond it the answer is 503
KEEP_ALIVE = 30  # seconds between two requests
HEAD_SECONDS = 10.0  # for a request's line and headers
GRACE = 3  # seconds that running requests have to end after Ctrl-C


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`, on any free port if `port` is 0.

    Raises ServeError when there is no such address, or the port is taken.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ServeError(
            f"{host!r} is no address of this machine: expected a name or an IP address, "
            f"such as 127.0.0.1 (this machine only) or 0.0.0.0 (every network)."
        ) from error
    # Where localhost is both, browsers and scripts that know only 127.0.0.1 win.
    family, *_, address = min(addresses, key=lambda found: found[0] != socket.AF_INET)
    # The protocol is named because asyncio then switches Nagle's algorithm off. Otherwise an
    # answer's body waits for its head to be acknowledged: 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere the option would share the port with others
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = {
            errno.EADDRINUSE: "is in use: expected a free one. Choose another --port, or 0 for any",
            errno.EACCES: "is not yours to use: expected one above 1023. Choose another --port",
            errno.EADDRNOTAVAIL: "cannot be had: the address is none of this machine's",
        }.get(
            error.errno or 0, f"cannot be opened: {error.strerror}. Choose another --host or --port"
        )
        raise ServeError(f"port {port} of {host} {reason}.") from error
    return listening


def url(listening: socket.socket, root: str = "") -> str:
    """Return the page's address under `root`, as a browser on this machine opens it."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root}/"


class Server(uvicorn.Server):
    """Serves until SIGINT or SIGTERM, ends running requests, and then passes the signal on."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                loop="asyncio",  # also where uvloop is installed: it is not what was tried
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # the application reports what a person should know
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to signals while serving, except to a SIGINT that the shell had ignored."""
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        with super().capture_signals():
            if ignored:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            yield


class Protocol(H11Protocol):
    """uvicorn's HTTP, with the time limit on a request's head that it lacks."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head that has begun; a whole one ends the waiting."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._patience is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            if self.conn.trailing_data[0]:
                self.transport.write(
                    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                )
            self.transport.close()
