"""Bytes from a mirror, bounded in size and time, and what is inside of them."""

import io
import math
import threading
import time
import zipfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from tokenize import TokenError
from typing import IO
from urllib.parse import urljoin

import numpy as np
import requests
import urllib3
from numpy.typing import NDArray

from mnistcli import __version__
from mnistcli.datasets import idx
from mnistcli.datasets.connection import FAILURES, Session, reason
from mnistcli.datasets.sources import PARTS, Part
from mnistcli.errors import DatasetError, DownloadError

LIMIT = 64 * 2**20  # bytes; the largest file, the training images uncompressed, has 47 million
CHUNK = 2**16  # bytes read at once
REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5  # curl allows 50, browsers 20; no mirror of MNIST needs more than 1
BUSY = (429, 500, 502, 503, 504)
ZIP_ENTRY = b"PK\x01\x02"  # begins each member's record in a ZIP archive's directory
ZIP_ENTRIES = 100  # an mnist.npz has 4; zipfile takes about 500 bytes of memory for each


@dataclass(frozen=True)
class Patience:
    """How long a mirror may take before the next one is asked."""

    connect: float = 10.0
    """Seconds until a connection stands."""
    answer: float = 30.0
    """Seconds until the head of an answer is there: name, connection, TLS and all."""
    silence: float = 20.0
    """Seconds without a byte."""
    rate: float = 20_000.0
    """Bytes per second, on average since the beginning, that a mirror must reach ..."""
    grace: float = 20.0
    """... after this many seconds."""
    whole: float = 600.0
    """Seconds until a file is there: at that rate, an mnist.npz of 11.5 million bytes."""
    retries: int = 2
    """How often a busy mirror (429, 500, 502, 503, 504) is asked again ..."""
    pause: float = 1.0
    """... after this many seconds, unless it says how many by Retry-After ..."""
    retry_after: float = 30.0
    """... and no more than these."""


@dataclass(frozen=True)
class Received:
    """Progress of one file."""

    name: str
    received: int
    """Bytes so far."""
    total: int | None
    """Bytes in all, if the mirror says so."""


def download(
    url: str, patience: Patience, limit: int = LIMIT, into: IO[bytes] | None = None
) -> Generator[Received, None, bytes]:
    """Yield progress and return the body that `url` answers with, as sent.

    It has up to `limit` bytes. One that is too large for memory goes `into` a file. Raises DownloadError with the reason in a few words.
    """
    name = url.rsplit("/", 1)[-1]
    with Session() as session:
        try:
            with closing(_answer(session, url, patience)) as response:
                if response.status_code != requests.codes.ok:
                    raise DownloadError(f"HTTP {response.status_code} {response.reason}".rstrip())
                return (yield from _body(name, response, patience, limit, into))
        except FAILURES as error:
            raise DownloadError(
                reason(error, connect=patience.connect, silence=patience.silence)
            ) from error


def _answer(session: requests.Session, url: str, patience: Patience) -> requests.Response:
    """Return the last answer, unread: redirects are followed, a busy mirror is asked again."""
    redirects = tries = 0
    while True:
        response = _ask(session, url, patience)
        location = response.headers.get("Location")
        if response.status_code in REDIRECTS and location:
            redirects += 1
            url = urljoin(url, location)
            if not url.startswith(("http://", "https://")):
                raise DownloadError("it redirects to what is no web address")
            if redirects > MAX_REDIRECTS:
                raise DownloadError(f"it redirects more than {MAX_REDIRECTS} times")
        elif response.status_code in BUSY and tries < patience.retries:
            tries += 1
            wanted = response.headers.get("Retry-After")
            pause = urllib3.Retry().parse_retry_after(wanted) if wanted else patience.pause
            if pause > patience.retry_after:
                return response
            time.sleep(pause)
        else:
            return response
        response.close()


def _ask(session: requests.Session, url: str, patience: Patience) -> requests.Response:
    """Return one answer, its body unread.

    In a thread, because no timeout of requests ends the search for a name, or a head that comes
    byte by byte; what still hangs there ends with the process.
    """
    answers: SimpleQueue[requests.Response | Exception] = SimpleQueue()
    headers = {"Accept-Encoding": "identity", "User-Agent": f"mnistcli/{__version__}"}

    def get() -> None:
        try:
            timeout = (patience.connect, patience.silence)
            answers.put(session.get(url, headers=headers, stream=True, timeout=timeout))
        except FAILURES as error:
            answers.put(error)

    threading.Thread(target=get, daemon=True).start()
    try:
        answer = answers.get(timeout=patience.answer)
    except Empty:
        raise DownloadError(f"no answer within {patience.answer:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _body(
    name: str,
    response: requests.Response,
    patience: Patience,
    limit: int,
    into: IO[bytes] | None,
) -> Generator[Received, None, bytes]:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if total is not None and total > limit:
        raise DownloadError(f"it announces {total:,} bytes, no file of MNIST has {limit:,}")
    body = io.BytesIO() if into is None else into
    received = 0
    started = time.monotonic()
    yield Received(name, 0, total)
    # read1, not read: a mirror that drips must not hold us until a whole chunk is there
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        body.write(chunk)
        received += len(chunk)
        if received > limit:
            raise DownloadError(f"it sends more than {limit:,} bytes")
        seconds = time.monotonic() - started
        slow = seconds > patience.grace and received < patience.rate * seconds
        if slow or seconds > patience.whole:
            raise DownloadError(f"too slow: {received:,} bytes in {seconds:.0f} s")
        yield Received(name, received, total)
    if total is not None and received != total:
        raise DownloadError(f"it sent {received:,} of {total:,} bytes")
    return body.getvalue() if isinstance(body, io.BytesIO) else b""


def unpack_idx(data: bytes, part: Part) -> NDArray[np.uint8]:
    """Return the array in IDX bytes, gzipped or not; raise DatasetError if it is not `part`'s."""
    size = len(idx.header(part.shape)) + math.prod(part.shape)
    return idx.parse(idx.unpacked(data, size, f"{part.idx_name}.gz"))


def unpack_npz(data: bytes) -> Mapping[str, NDArray[np.uint8]]:
    """Return the four arrays of an mnist.npz by part; raise DatasetError if it is not one.

    The .npy headers are read and checked before any content, and content is only ever taken as
    raw bytes: nothing is unpickled.
    """
    if data.count(ZIP_ENTRY) > ZIP_ENTRIES:
        raise DatasetError(f"not an mnist.npz: more than {ZIP_ENTRIES} members.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: _npy_member(archive, part) for name, part in PARTS.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
        raise DatasetError(f"not an mnist.npz: {' '.join(str(error).split())}.") from error
    except (zlib.error, RuntimeError, MemoryError, SyntaxError, TokenError) as error:
        # damaged, encrypted, or a header that is cut short or nests too deep for any parser
        raise DatasetError(f"the mnist.npz is damaged: {' '.join(str(error).split())}.") from error


def _npy_member(archive: zipfile.ZipFile, part: Part) -> NDArray[np.uint8]:
    info = archive.getinfo(f"{part.npz_name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # NumPy writes no others, and zipfile unpacks these without a bound.
        raise ValueError(f"{part.npz_name} is compressed as NumPy does not")
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{part.npz_name} is in an unknown version of the .npy format")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(member)
        if shape != part.shape or dtype != np.uint8 or fortran_order:
            raise ValueError(
                f"{part.npz_name} should be uint8 {part.shape}, is {dtype} {tuple(shape)}"
            )
        return np.frombuffer(member.read(math.prod(shape)), np.uint8).reshape(shape)
