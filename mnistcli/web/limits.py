"""How much of a body is accepted, in how much time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What a request may take."""

    body_bytes: int = 32 * MIB
    """A phone's largest photograph has about 25 MiB."""
    body_seconds: float = 10.0
    """32 MiB in 10 s is a slow wireless network."""
    held_bytes: int = 256 * MIB
    """Of all bodies that are being received or wait to be read."""


class Body:
    """Receives bodies within limits, those of all requests together included."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """Yield a request's body, which counts as held until the block ends.

        Raises HTTPException 413, 408 or 503 when it is beyond the limits.
        """
        claimed = int(request.headers.get("content-length", "0"))  # digits: the server checked
        if claimed > self._limits.body_bytes:
            raise self._too_large(f"{claimed:,} bytes")
        data = bytearray()
        try:
            await self._receive(request, data)
            yield bytes(data)
        finally:
            self._held -= len(data)

    async def _receive(self, request: Request, data: bytearray) -> None:
        limits = self._limits
        try:
            async with asyncio.timeout(limits.body_seconds):
                async for chunk in request.stream():
                    self._held += len(chunk)
                    data += chunk
                    if len(data) > limits.body_bytes:
                        raise self._too_large("more")
                    if self._held > limits.held_bytes:
                        raise HTTPException(503, "too many pictures at once: try again.")
        except TimeoutError:
            raise HTTPException(
                408,
                f"the body did not arrive within {limits.body_seconds:g} s: got {len(data):,} "
                f"bytes. Send it again, faster.",
            ) from None

    def _too_large(self, found: str) -> HTTPException:
        return HTTPException(
            413,
            f"the body is too large: expected at most {self._limits.body_bytes:,} bytes, "
            f"got {found}. Send a smaller picture.",
        )
