"""`mnistcli serve` as a process: signals, errors, browser; and what cannot be waited for."""

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from urllib.parse import urlsplit

import pytest
from common.loopback import exchange, request, serving, serving_here, three

from mnistcli.errors import ModelError, ServeError
from mnistcli.runs.finding import find
from mnistcli.runs.run import Run
from mnistcli.web import app, server
from mnistcli.web.limits import Limits


@pytest.fixture(scope="module")
def run(runs_dir) -> Run:
    return find(runs_dir, None)


def test_a_body_that_does_not_arrive_in_time_is_refused(run):
    limits = Limits(body_seconds=0.2)
    with serving_here(run, limits=limits) as address:
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nxyz"
        answer = exchange(address, head)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"got 3 bytes" in answer
        assert request(address, "POST", "/predict", three())[0].status == 200


def test_a_head_that_does_not_arrive_in_time_is_refused(run, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    with serving_here(run) as address:
        assert exchange(address, b"GET / HT").startswith(b"HTTP/1.1 408 ")
        assert exchange(address, b"") == b""
        monkeypatch.setattr(server, "HEAD_SECONDS", 60)
        whole = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert exchange(address, whole).startswith(b"HTTP/1.1 200 ")


def test_all_bodies_together_are_limited(run):
    limits = Limits(held_bytes=1000)
    with serving_here(run, limits=limits) as address:
        assert request(address, "POST", "/predict", bytes(2000))[0].status == 503
        assert request(address, "POST", "/predict", bytes(500))[0].status == 422


def test_a_defect_is_reported_on_this_side_only(run, monkeypatch):
    def defect(*_arguments, **_options):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(app, "answer", defect)
    told: list[Exception] = []
    with serving_here(run, report=told.append) as address:
        answer, content = request(address, "POST", "/predict", three())
        assert answer.status == 500
        assert "secret" not in str(content)
        assert [type(error) for error in told] == [ZeroDivisionError]
        assert request(address, "GET", "/health")[0].status == 200


def test_what_goes_wrong_in_a_reading_process_is_reported(run, monkeypatch):
    monkeypatch.setattr(Run, "verified", lambda *_: b"no network")
    told: list[Exception] = []
    with serving_here(run, report=told.append) as address:
        assert request(address, "POST", "/predict", three())[0].status == 500
        assert [type(error) for error in told] == [ModelError]
        assert request(address, "GET", "/health")[0].status == 200


def test_a_run_that_is_gone_is_served_on(run, tmp_path):
    copy = tmp_path / run.name
    shutil.copytree(run.path, copy)
    with serving_here(Run.read(copy)) as address:
        shutil.rmtree(copy)
        assert request(address, "POST", "/predict", three())[0].status == 200


def test_a_process_that_is_killed_costs_an_answer(run):
    told: list[Exception] = []
    others = multiprocessing.active_children()
    with serving_here(run, report=told.append) as address:
        for process in multiprocessing.active_children():
            if process not in others:
                process.kill()
        statuses = [request(address, "POST", "/predict", three())[0].status for _ in range(3)]
        assert statuses == [500, 200, 200]
        assert [type(error) for error in told] == [BrokenProcessPool]


def test_the_name_given_as_host_is_answered(run):
    with serving_here(run, hosts=["My.Machine"]) as address:
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
        out, err = process.communicate(timeout=120)
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
        out, err = process.communicate(timeout=120)
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
        "import sys\nfrom mnistcli.web import app, server\n"
        "from mnistcli.runs.finding import find\nfrom pathlib import Path\n"
        "run = find(Path(sys.argv[1]), None)\napp.create_app(run)\n"
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
