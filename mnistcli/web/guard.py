"""What every request passes first and every answer last: who may ask, and what browsers may do."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnistcli.reading.prediction import VERSION

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
FIRST_ERROR = 400

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

HEAD_BYTES = 2**16  # of a request's headers, with four of punctuation each
LINGER = 1.0  # seconds for which a refused body is still taken and thrown away


class Guard:
    """Refuses requests for another host or from another site; lets no exception out.

    A page elsewhere can make its own name point here (DNS rebinding) and would then share this
    server's origin: but its requests name its host.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        report: Callable[[Exception], None],
        root: str = "",
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts if host)
        self._report = report
        self._root = root

    def _below_root(self, scope: Scope) -> Scope:
        """Return a request without the path that a reverse proxy has this server under, if given."""
        path = scope["path"]
        if self._root and path.startswith(f"{self._root}/"):
            return {**scope, "path": path.removeprefix(self._root)}
        return scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        answer = _Answer(receive, send)
        try:
            app = self._refusal(scope) or self._app
            await app(self._below_root(scope), receive, answer.send)
        except ClientDisconnect:
            pass  # nobody is left to be answered
        except Exception as error:  # noqa: BLE001 - no traceback may get into an answer
            self._report(error)
            if not answer.started:
                await problem(500, "a defect in mnistcli; its terminal says more.")(
                    scope, receive, answer.send
                )

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        # The address that the connection arrived at is no name that could be pointed elsewhere.
        hosts = self._hosts | {(scope.get("server") or ("", None))[0]}
        host, origin = _hostname(f"//{headers.get('host', '')}"), headers.get("origin")
        if sum(len(name) + len(value) + 4 for name, value in headers.raw) > HEAD_BYTES:
            return problem(431, f"the headers are too large: expected at most {HEAD_BYTES} bytes.")
        if host not in hosts:
            return problem(
                421,
                "this server has another name: start it with --allow-host NAME to let it answer "
                "to one.",
            )
        if origin is not None and _hostname(origin) not in hosts:
            return problem(
                403,
                "a page of another site asked: only this server's page may, and those of the names "
                "given by --allow-host.",
            )
        if self._root and scope["path"] == self._root:
            return RedirectResponse(f"{self._root}/", 308)  # the page's addresses are relative
        return None


class _Answer:
    """Adds headers to an answer, and lets a refused client finish sending.

    Closing while its bytes still arrive would reset the connection, and the reason be lost.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._refused = False
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self.started = True
            self._refused = message["status"] >= FIRST_ERROR
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            if self._refused:
                headers["connection"] = "close"
        elif self._refused and not message.get("more_body"):
            await self._send({**message, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    while (await self._receive()).get("more_body"):
                        pass
            message = {"type": "http.response.body"}
        await self._send(message)


def problem(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that cannot be served: one line, as JSON."""
    return JSONResponse({"version": VERSION, "error": reason}, status, headers)


def _hostname(url: str) -> str | None:
    """Return a URL's host in lower case, without port and brackets; None if it has none."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
