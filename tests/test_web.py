"""`mnistcli serve` against good and bad requests: a real server on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from mnistcli.classifier import Classifier
from mnistcli.errors import ServeError
from mnistcli.run import Run, find
from mnistcli.web import server
from mnistcli.web.app import create_app
from mnistcli.web.guard import HEADERS
from mnistcli.web.limits import Limits

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


@pytest.fixture(scope="module")
def address(runs_dir: Path) -> Iterator[tuple[str, int]]:
    """Where `mnistcli serve` listens; at the end it must still answer."""
    with serving(runs_dir) as process:
        url = urlsplit(process.stdout.readline())
        yield url.hostname, url.port


@pytest.fixture
def ask(address) -> Iterator[Callable[..., tuple[HTTPResponse, Any]]]:
    """Send a request and return the answer; whatever it was, the next good one must work."""

    def send(method: str, path: str, body: Any = None, **headers: str):
        return request(address, method, path, body, **headers)

    yield send
    answer, content = request(address, "POST", "/predict", three())
    assert answer.status == 200
    assert content["predictions"][0]["digit"] == 3


@pytest.fixture
def raw(address, ask) -> Callable[[bytes], bytes]:
    """Send bytes, and return all that comes back until the server closes."""
    return lambda data: exchange(address, data)


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


# What it answers


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp"])
def test_the_answer_is_the_json_of_predict(ask, runs_dir, kind, tmp_path):
    picture = tmp_path / f"3{kind}"
    picture.write_bytes(three(kind))
    command = [sys.executable, "-m", "mnistcli", "predict", str(picture), "--json"]
    result = subprocess.run(
        [*command, "--runs-dir", str(runs_dir)], capture_output=True, check=True
    )
    said = json.loads(result.stdout)
    answer, content = ask("POST", "/predict", picture.read_bytes())
    assert answer.status == 200
    said["predictions"][0]["path"] = "-"
    assert content == said


def test_people_s_own_pictures_get_the_command_s_answers(ask, own_digits, runs_dir):
    pictures = sorted(own_digits.parent.glob("*/*.*g"))[::12]
    command = [sys.executable, "-m", "mnistcli", "predict", *map(str, pictures), "--json"]
    result = subprocess.run(
        [*command, "--runs-dir", str(runs_dir)], capture_output=True, check=False
    )
    for said in json.loads(result.stdout)["predictions"]:
        _, content = ask("POST", "/predict", Path(said["path"]).read_bytes())
        (answered,) = content["predictions"]
        assert (answered["digit"], answered["error"]) == (said["digit"], said["error"])
        if said["error"] is None:
            assert answered["probabilities"] == pytest.approx(said["probabilities"], abs=1e-5)


def test_the_page_is_also_told_what_the_network_saw(ask):
    _, content = ask("POST", "/predict?image", three())
    image = np.array(content["predictions"][0]["image"])
    assert image.shape == (28, 28)
    assert image.max() == 255


def test_health_names_the_run(ask):
    assert ask("GET", "/health")[1] == {"version": 1, "status": "ok", "run": "first"}


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/sheet.js", "/favicon.svg"])
def test_the_page_comes_with_every_file_it_names(ask, path):
    answer, content = ask("GET", path)
    assert answer.status == 200
    assert content


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/predict"])
def test_every_answer_carries_the_security_headers(ask, path):
    answer, _ = ask("GET", path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "server" not in answer.headers


def test_the_page_may_run_its_own_scripts_only():
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert policy.startswith("default-src 'none'")


# What it refuses


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"hello", 422),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), 422),
        (three()[:-200], 422),
        (bytes(2**20), 422),
    ],
    ids=["empty", "text", "a PNG's first bytes", "half a PNG", "zeros"],
)
def test_what_is_no_picture_is_refused_in_a_line(ask, body, status):
    answer, content = ask("POST", "/predict", body)
    assert answer.status == status
    assert content["error"]
    assert "\n" not in content["error"]
    assert "Traceback" not in content["error"]


def test_an_unreadable_picture_is_answered_as_predict_does(ask):
    _, content = ask("POST", "/predict", b"hello")
    (prediction,) = content["predictions"]
    assert prediction["digit"] is None
    assert prediction["error"] == content["error"]


def test_a_form_is_refused_with_what_to_send_instead(ask):
    answer, content = ask(
        "POST", "/predict", b"--x\r\n\r\n--x--", content_type="multipart/form-data; boundary=x"
    )
    assert answer.status == 415
    assert "--data-binary" in content["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict", 405),
        ("PUT", "/predict", 405),
        ("DELETE", "/", 405),
        ("POST", "/", 405),
        ("POST", "/health", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/predict/", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/..%2f..%2fetc/passwd", 404),
        ("GET", "//etc/passwd", 404),
        ("GET", "/page.html", 404),
        ("GET", "/app.py", 404),
        ("GET", "/\\..\\app.py", 404),
    ],
)
def test_other_methods_and_paths_are_refused(ask, method, path, status):
    answer, content = ask(method, path)
    assert answer.status == status
    assert content["error"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "["]
)
def test_a_request_for_another_host_is_refused(ask, host):
    answer, content = ask("GET", "/", host=host)
    assert answer.status == 421
    assert "--host" in content["error"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000"])
def test_loopback_s_names_are_answered(ask, host):
    assert ask("GET", "/health", host=host)[0].status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_s_page_is_refused(ask, origin):
    assert ask("POST", "/predict", three(), origin=origin)[0].status == 403


def test_a_claimed_gigabyte_is_refused_before_it_comes(ask):
    answer, content = ask("POST", "/predict", b"x", content_length=str(GIB))
    assert answer.status == 413
    assert f"{GIB:,}" in content["error"]


def test_a_sender_who_asks_first_is_told_not_to_send(raw):
    answer = raw(
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        b"Content-Length: 1000000000\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_never_ends_is_refused_at_the_limit(ask):
    mebibyte = b"100000\r\n" + bytes(2**20) + b"\r\n"
    answer, content = ask("POST", "/predict", iter([mebibyte] * 40), transfer_encoding="chunked")
    assert answer.status == 413
    assert "33,554,432" in content["error"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + bytes([120]) * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"hello\r\n\r\n",
    ],
    ids=[
        "no host",
        "two hosts",
        "a huge header",
        "a great many headers",
        "a negative length",
        "a length in words",
        "no host in HTTP/1.0",
        "TLS",
        "no HTTP",
    ],
)
def test_a_malformed_request_is_refused(raw, head):
    assert raw(head).split(b" ")[1][:1] == b"4"


def test_a_client_that_leaves_in_the_middle_does_no_harm(address, ask):
    for _ in range(20):
        with socket.create_connection(address, timeout=PATIENCE) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\n")
            connection.sendall(b"Content-Length: 1000\r\n\r\n123")


def test_many_clients_at_once_get_the_same_answer(address, ask):
    answers: list[Any] = []

    def client() -> None:
        answers.extend(request(address, "POST", "/predict", three())[1] for _ in range(5))

    clients = [threading.Thread(target=client) for _ in range(32)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert len(answers) == 160
    assert all(answer == answers[0] for answer in answers)


# What a test could not wait for, or make fail, from outside


@pytest.fixture(scope="module")
def run(runs_dir) -> Run:
    return find(runs_dir, None)


@contextmanager
def serving_here(classifier: Classifier, run: Run, **options: Any) -> Iterator[tuple[str, int]]:
    with server.bind("127.0.0.1", 0) as listening:
        running = server.Server(create_app(classifier, run, **options))
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            running.should_exit = True
            thread.join()


def test_a_body_that_does_not_arrive_in_time_is_refused(run):
    limits = Limits(body_seconds=0.2)
    with serving_here(Classifier.load(run), run, limits=limits) as address:
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nxyz"
        answer = exchange(address, head)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"got 3 bytes" in answer
        assert request(address, "POST", "/predict", three())[0].status == 200


def test_a_head_that_does_not_arrive_in_time_is_refused(run, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    with serving_here(Classifier.load(run), run) as address:
        assert exchange(address, b"GET / HT").startswith(b"HTTP/1.1 408 ")
        assert exchange(address, b"") == b""
        whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert exchange(address, whole).startswith(b"HTTP/1.1 200 ")


def test_all_bodies_together_are_limited(run):
    limits = Limits(held_bytes=1000)
    with serving_here(Classifier.load(run), run, limits=limits) as address:
        assert request(address, "POST", "/predict", bytes(2000))[0].status == 503
        assert request(address, "POST", "/predict", bytes(500))[0].status == 422


def test_a_defect_is_reported_on_this_side_only(run):
    def defect(_images):
        raise ZeroDivisionError("secret")

    told: list[Exception] = []
    with serving_here(Classifier(defect), run, report=told.append) as address:
        answer, content = request(address, "POST", "/predict", three())
        assert answer.status == 500
        assert "secret" not in str(content)
        assert [type(error) for error in told] == [ZeroDivisionError]
        assert request(address, "GET", "/health")[0].status == 200


def test_the_name_given_as_host_is_answered(run):
    with serving_here(Classifier.load(run), run, host="My.Machine") as address:
        assert request(address, "GET", "/health", host="my.machine:80")[0].status == 200


# The command


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_cleanly(runs_dir, sent, code):
    with serving(runs_dir) as process:
        url = urlsplit(process.stdout.readline())
        # An idle connection, and one in the middle of a body.
        idle = socket.create_connection((url.hostname, url.port))
        busy = socket.create_connection((url.hostname, url.port))
        busy.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
        assert request((url.hostname, url.port), "GET", "/health")[0].status == 200
        process.send_signal(sent)
        out, err = process.communicate(timeout=30)
        idle.close()
        busy.close()
    assert (process.returncode, out) == (code, "")
    assert err.strip() == "run first; Ctrl-C ends"


def test_bad_requests_leave_the_terminal_quiet(runs_dir):
    with serving(runs_dir, "--quiet") as process:
        url = urlsplit(process.stdout.readline())
        for data in (b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n"):
            exchange((url.hostname, url.port), data)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (out, err.strip()) == ("", "")


def test_a_port_in_use_is_an_error_in_a_line(mnistcli, runs_dir):
    with server.bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        result = mnistcli("serve", "--port", port, "--runs-dir", runs_dir)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: port {port} of 127.0.0.1 is in use: expected")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1", "x" * 300])
def test_an_address_of_another_machine_is_an_error(host):
    with pytest.raises(ServeError, match="machine"):
        server.bind(host, 0)


def test_open_starts_the_browser_with_the_url(runs_dir, tmp_path):
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    os.mkfifo(seen)
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    with serving(runs_dir, "--open", BROWSER=f"{browser} %s") as process:
        assert seen.read_text() == process.stdout.readline()


def test_it_loads_no_tensorflow(runs_dir):
    code = (
        "import sys\nfrom mnistcli.web import app, server\nfrom mnistcli.classifier import Classifier\n"
        "from mnistcli.run import find\nfrom pathlib import Path\n"
        "run = find(Path(sys.argv[1]), None)\napp.create_app(Classifier.load(run), run)\n"
        "sys.exit(', '.join(set(sys.modules) & {'tensorflow', 'keras', 'h5py'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, runs_dir], capture_output=True, text=True, check=False
    )
    assert result.stderr.strip().splitlines()[-1:] in ([], [""]), result.stderr


def test_help_loads_no_web_framework():
    code = (
        "import sys\nfrom mnistcli.cli import main\nsys.argv = ['mnistcli', 'serve', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.exit(bool(set(sys.modules) & {'starlette', 'uvicorn', 'asyncio', 'numpy'}))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode
        == 0
    )
