"""`mnistcli serve` against good and bad requests: a real server on loopback."""

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from common.loopback import GIB, PATIENCE, exchange, request, serving, small_three, three
from common.written import number as drawn

from mnistcli.web.guard import HEADERS

GOOD = small_three()


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
    answer, content = request(address, "POST", "/predict", GOOD)
    assert answer.status == 200
    assert content["predictions"][0]["digit"] == 3


@pytest.fixture
def raw(address, ask) -> Callable[[bytes], bytes]:
    """Send bytes, and return all that comes back until the server closes."""
    return lambda data: exchange(address, data)


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


def number(text: str) -> bytes:
    stream = io.BytesIO()
    drawn(text).save(stream, "PNG")
    return stream.getvalue()


def test_a_number_is_answered_with_its_text_and_its_digits(ask):
    _, content = ask("POST", "/predict", number("14"))
    (said,) = content["predictions"]
    assert said["digit"] is None
    assert len(said["text"]) == len(said["digits"]) == 2
    assert all(len(each["box"]) == 4 for each in said["digits"])


def test_the_page_is_told_what_the_network_saw_of_each_digit(ask):
    _, content = ask("POST", "/predict?image", number("14"))
    (said,) = content["predictions"]
    assert [np.array(each["image"]).shape for each in said["digits"]] == [(28, 28)] * 2
    assert (said["image"], said["size"]) == (None, list(drawn("14").size))


def test_the_number_of_digits_may_be_said_in_the_query(ask):
    _, content = ask("POST", "/predict?digits=2", number("14"))
    assert len(content["predictions"][0]["text"]) == 2
    _, content = ask("POST", "/predict?digits=any", number("14"))
    assert len(content["predictions"][0]["text"]) == 2


@pytest.mark.parametrize("digits", ["0", "-1", "many", "1e3", ""])
def test_another_number_of_digits_is_refused(ask, digits):
    answer, content = ask("POST", f"/predict?digits={digits}", number("14"))
    assert answer.status == 400
    assert "any, or a number" in content["error"]


def test_health_names_the_run(ask):
    assert ask("GET", "/health")[1] == {
        "version": 1,
        "status": "ok",
        "run": "first",
        "classes": list("0123456789"),
    }


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
    assert "--allow-host NAME" in content["error"]


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
    answer, content = ask("POST", "/predict", iter([mebibyte] * 34), transfer_encoding="chunked")
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
        answers.extend(request(address, "POST", "/predict", GOOD)[1] for _ in range(5))

    clients = [threading.Thread(target=client) for _ in range(32)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert len(answers) == 160
    assert all(answer == answers[0] for answer in answers)
