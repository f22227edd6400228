"""A real HTTP server on loopback that misbehaves on demand.

The first part of the path says how, the rest which file: /drip/train-images-idx3-ubyte.gz.
"""

import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET

STATUSES = (403, 404, 429, 500, 503)
DRIP = 0.01  # seconds between two bytes of a server that drips


class Misbehaving(ThreadingHTTPServer):
    """Serves files by name, each in every bad way there is."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, files: Mapping[str, bytes], certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.asked: Counter[str] = Counter()
        """How often each path was asked for."""
        self.closing = threading.Event()
        self.stalled = threading.Event()
        """Half of a file is sent, and no more will be."""
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"

    def url(self, behaviour: str, file: str = "") -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{behaviour}/{file}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that give up are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    server: Misbehaving

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' stderr clean."""

    def do_GET(self) -> None:
        _, behaviour, file = self.path.split("/", 2)
        self.server.asked[self.path] += 1
        body = self.server.files.get(file)
        if behaviour.isdecimal():
            self.head(int(behaviour), Content_Length=0)
        elif body is None:
            self.head(404, Content_Length=0)
        else:
            BEHAVIOURS[behaviour](self, body)

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, body: bytes, announced: int | None = None) -> None:
        self.head(200, Content_Length=len(body) if announced is None else announced)
        self.wfile.write(body)

    def first_time(self) -> bool:
        return self.server.asked[self.path] == 1

    def pause(self, seconds: float | None) -> bool:
        """Wait, for ever if None; return whether the server goes on."""
        return not self.server.closing.wait(seconds)

    def drip(self, data: bytes) -> None:
        for position in range(len(data)):
            if not self.pause(DRIP):
                return
            self.wfile.write(data[position : position + 1])


def _good(handler: _Handler, body: bytes) -> None:
    handler.send(body)


def _no_length(handler: _Handler, body: bytes) -> None:
    handler.head(200)
    handler.wfile.write(body)


def _reset(handler: _Handler, body: bytes) -> None:
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _reset_at_once(handler: _Handler, body: bytes) -> None:
    handler.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def _silent(handler: _Handler, body: bytes) -> None:
    handler.pause(None)


def _stall(handler: _Handler, body: bytes) -> None:
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.server.stalled.set()
    handler.pause(None)


def _drip(handler: _Handler, body: bytes) -> None:
    handler.head(200, Content_Length=len(body))
    handler.drip(body)


def _drip_head(handler: _Handler, body: bytes) -> None:
    handler.drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 60_000)


def _endless_head(handler: _Handler, body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-Padding: " + b"x" * 60_000 + b"\r\n")


def _short(handler: _Handler, body: bytes) -> None:
    handler.send(body[: len(body) // 2], announced=len(body))


def _long(handler: _Handler, body: bytes) -> None:
    handler.send(body + b"more than was announced", announced=len(body))


def _announce_less(handler: _Handler, body: bytes) -> None:
    handler.send(body, announced=len(body) // 2)


def _announce_absurd(handler: _Handler, body: bytes) -> None:
    handler.send(body, announced=10**15)


def _announce_nonsense(handler: _Handler, body: bytes) -> None:
    handler.head(200, Content_Length="many")
    handler.wfile.write(body)


def _endless(handler: _Handler, body: bytes) -> None:
    handler.head(200)
    while True:
        handler.wfile.write(bytes(2**20))


def _chunks_cut(handler: _Handler, body: bytes) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.head(200, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n" % len(body) + body[: len(body) // 2])
    handler.close_connection = True


def _truncated(handler: _Handler, body: bytes) -> None:
    handler.send(body[: len(body) // 2])


def _flipped(handler: _Handler, body: bytes) -> None:
    changed = bytearray(body)
    changed[len(body) // 2] ^= 1
    handler.send(bytes(changed))


def _empty(handler: _Handler, body: bytes) -> None:
    handler.send(b"")


def _page(handler: _Handler, body: bytes) -> None:
    handler.send(b"<!DOCTYPE html><html><title>Sign in to this network</title></html>")


def _not_http(handler: _Handler, body: bytes) -> None:
    handler.wfile.write(b"220 ready when you are\r\n" * 3)


def _busy_once(handler: _Handler, body: bytes) -> None:
    if handler.first_time():
        handler.head(503, Content_Length=0)
    else:
        handler.send(body)


def _wait_once(handler: _Handler, body: bytes) -> None:
    if handler.first_time():
        handler.head(429, Content_Length=0, Retry_After=0)
    else:
        handler.send(body)


def _wait_an_hour(handler: _Handler, body: bytes) -> None:
    handler.head(429, Content_Length=0, Retry_After=3600)


def _wait_nonsense(handler: _Handler, body: bytes) -> None:
    handler.head(503, Content_Length=0, Retry_After="soon")


def _busy_endless(handler: _Handler, body: bytes) -> None:
    handler.head(503)
    while True:
        handler.wfile.write(bytes(2**20))


def _redirect(handler: _Handler, body: bytes) -> None:
    file = handler.path.rsplit("/", 1)[-1]
    handler.head(302, Location=f"/good/{file}", Content_Length=0)


def _loop(handler: _Handler, body: bytes) -> None:
    handler.head(302, Location=handler.path, Content_Length=0)


def _redirect_to_file(handler: _Handler, body: bytes) -> None:
    handler.head(302, Location="file:///etc/passwd", Content_Length=0)


def _redirect_to_nonsense(handler: _Handler, body: bytes) -> None:
    handler.head(302, Location="http://[", Content_Length=0)


def _redirect_endless(handler: _Handler, body: bytes) -> None:
    handler.head(302, Location=handler.path)
    while True:
        handler.wfile.write(bytes(2**20))


BEHAVIOURS: Mapping[str, Callable[[_Handler, bytes], None]] = {
    name.removeprefix("_").replace("_", "-"): value
    for name, value in dict(globals()).items()
    if name.startswith("_") and callable(value) and isinstance(value, type(_good))
}


@contextmanager
def misbehaving(
    files: Mapping[str, bytes], certificate: Path | None = None
) -> Iterator[Misbehaving]:
    """Serve files, badly, as long as the block lasts."""
    with Misbehaving(files, certificate) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
