"""Bytes from a mirror, bounded in size and time, and what is inside of them."""

import io
import math
import re
import time
import zipfile
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
import requests
import urllib3
from numpy.typing import NDArray
from requests.adapters import HTTPAdapter

from mnistcli import __version__, idx
from mnistcli.errors import DatasetError, DownloadError
from mnistcli.sources import PARTS, Part

LIMIT = 64 * 2**20  # bytes; the largest file, the training images uncompressed, has 47 million
CHUNK = 2**16  # bytes read at once
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31  # zlib's wbits for a gzip container


@dataclass(frozen=True)
class Patience:
    """How long a mirror may take before the next one is asked."""

    connect: float = 10.0
    """Seconds until a connection stands."""
    silence: float = 20.0
    """Seconds without a byte."""
    rate: float = 2_000.0
    """Bytes per second, on average since the beginning, that a mirror must reach ..."""
    grace: float = 20.0
    """... after this many seconds."""
    retries: int = 2
    """How often a busy mirror (429, 500, 502, 503, 504) is asked again ..."""
    retry_after: int = 30
    """... and the longest wait in seconds that it may ask for by Retry-After."""


@dataclass(frozen=True)
class Received:
    """Progress of one file."""

    name: str
    received: int
    """Bytes so far."""
    total: int | None
    """Bytes in all, if the mirror says so."""


def download(url: str, patience: Patience) -> Generator[Received, None, bytes]:
    """Yield progress and return the body that `url` answers with, as sent.

    Raises DownloadError with the reason in a few words.
    """
    name = url.rsplit("/", 1)[-1]
    retry = urllib3.Retry(
        total=None,
        connect=0,
        read=0,
        redirect=5,
        status=patience.retries,
        other=0,
        status_forcelist=(429, 500, 502, 503, 504),
        backoff_factor=0.5,
        retry_after_max=patience.retry_after,
        raise_on_status=False,
    )
    headers = {"Accept-Encoding": "identity", "User-Agent": f"mnistcli/{__version__}"}
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retry))
        session.mount("https://", HTTPAdapter(max_retries=retry))
        try:
            with session.get(
                url, headers=headers, stream=True, timeout=(patience.connect, patience.silence)
            ) as response:
                if response.status_code != requests.codes.ok:
                    raise DownloadError(f"HTTP {response.status_code} {response.reason}".rstrip())
                return (yield from _body(name, response, patience))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise DownloadError(_reason(error, patience)) from error


def _body(
    name: str, response: requests.Response, patience: Patience
) -> Generator[Received, None, bytes]:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    body = bytearray()
    started = time.monotonic()
    yield Received(name, 0, total)
    # read1, not read: a mirror that drips must not hold us until a whole chunk is there
    while chunk := response.raw.read1(CHUNK, decode_content=False):
        body += chunk
        if len(body) > LIMIT:
            raise DownloadError(f"it sends more than {LIMIT:,} bytes")
        seconds = time.monotonic() - started
        if seconds > patience.grace and len(body) < patience.rate * seconds:
            raise DownloadError(f"too slow: {len(body):,} bytes in {seconds:.0f} s")
        yield Received(name, len(body), total)
    if total is not None and len(body) != total:
        raise DownloadError(f"it sent {len(body):,} of {total:,} bytes")
    return bytes(body)


def _reason(error: Exception, patience: Patience) -> str:
    """Say in a few words why a request failed."""
    text = str(error)
    reasons = (
        ("CertificateError|CERTIFICATE_VERIFY_FAILED|SSL", "its TLS certificate is not trusted"),
        ("ConnectTimeout", f"no connection within {patience.connect:g} s"),
        ("[Tt]imed out", f"no answer for {patience.silence:g} s"),
        ("ProxyError", "the proxy does not let it through"),
        ("[Rr]edirect", "it redirects for ever"),
        ("IncompleteRead", "it stopped before the end"),
        ("refused", "connection refused"),
        ("NameResolution|resolve", "its name is not found (no network?)"),
        ("reset|aborted|RemoteDisconnected", "the connection broke"),
    )
    for pattern, reason in reasons:
        if re.search(pattern, f"{type(error).__name__}: {text}"):
            return reason
    return " ".join(text.split())


def unpack_idx(data: bytes, part: Part) -> NDArray[np.uint8]:
    """Return the array in IDX bytes, gzipped or not; raise DatasetError if it is not `part`'s."""
    if data[:2] == GZIP_MAGIC:
        # One byte more than the array has room for is enough to know a bomb.
        size = len(idx.header(part.shape)) + math.prod(part.shape)
        inflater = zlib.decompressobj(GZIP_WINDOW)
        try:
            inflated = inflater.decompress(data, size + 1)
        except zlib.error as error:
            raise DatasetError(f"{part.idx_name}.gz is damaged: {error}.") from error
        if len(inflated) <= size and not inflater.eof:
            raise DatasetError(f"{part.idx_name}.gz is cut short.")
        if len(inflated) > size:
            raise DatasetError(f"{part.idx_name}.gz unpacks to more than its {size:,} bytes.")
        data = inflated
    return idx.parse(data)


def unpack_npz(data: bytes) -> Mapping[str, NDArray[np.uint8]]:
    """Return the four arrays of an mnist.npz by part; raise DatasetError if it is not one.

    The .npy headers are read and checked before any content, and content is only ever taken as
    raw bytes: nothing is unpickled.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: _npy_member(archive, part) for name, part in PARTS.items()}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError) as error:
        raise DatasetError(f"not an mnist.npz: {' '.join(str(error).split())}.") from error
    except (zlib.error, RuntimeError) as error:  # damaged, or encrypted
        raise DatasetError(f"the mnist.npz is damaged: {error}.") from error


def _npy_member(archive: zipfile.ZipFile, part: Part) -> NDArray[np.uint8]:
    with archive.open(f"{part.npz_name}.npy") as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{part.npz_name} is in an unknown version of the .npy format")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(member)
        if shape != part.shape or dtype != np.uint8 or fortran_order:
            raise ValueError(
                f"{part.npz_name} should be uint8 {part.shape}, is {dtype} {tuple(shape)}"
            )
        return np.frombuffer(member.read(math.prod(shape)), np.uint8).reshape(shape)
