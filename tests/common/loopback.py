"""What the tests of `mnistcli serve` share: servers, requests, a picture."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from common.pens import largest

from mnistcli.runs.run import Run
from mnistcli.web import server
from mnistcli.web.app import create_app

PATIENCE = 8  # seconds for an answer; less than what the server grants a body
GIB = 2**30


@contextmanager
def serving(runs_dir: Path, *options: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistcli", "serve", "--port", "0", *options],
        env={**os.environ, "MNISTCLI_RUNS_DIR": str(runs_dir), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def request(address: tuple[str, int], method: str, path: str, body: Any = None, **headers: str):
    connection = HTTPConnection(*address, timeout=PATIENCE)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, names, encode_chunked=False)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    is_json = answer.headers.get_content_type() == "application/json"
    return answer, json.loads(data) if is_json and data else data


def exchange(address: tuple[str, int], data: bytes) -> bytes:
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        answer = bytearray()
        with suppress(ConnectionError):  # refused before all was sent, closed before all was read
            connection.sendall(data)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
        return bytes(answer)


def three(kind: str = ".png") -> bytes:
    picture = np.full((168, 168), 255, np.uint8)
    cv2.putText(picture, "3", (50, 130), 0, 4, 0, 10, cv2.LINE_AA)
    return cv2.imencode(kind, picture)[1].tobytes()


def small_three() -> bytes:
    """The same as an image of MNIST's kind, which is read at once."""
    return cv2.imencode(".png", largest(three()))[1].tobytes()


@contextmanager
def serving_here(run: Run, **options: Any) -> Iterator[tuple[str, int]]:
    with server.bind("127.0.0.1", 0) as listening:
        running = server.Server(create_app(run, **options))
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            running.should_exit = True
            thread.join()
