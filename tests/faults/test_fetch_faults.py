"""Mirrors that misbehave: what is stored is always MNIST or nothing, and the next one is asked."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from fetches import (
    FIRST,
    NPZ,
    PATIENT,
    TIRES_OF,
    assert_falls_through,
    assert_holds_mnist,
    fetch,
)
from misbehaving import STATUSES, misbehaving

from mnistcli.datasets.download import Patience, download
from mnistcli.datasets.fetching import Failed, fetch_mnist
from mnistcli.datasets.sources import Source
from mnistcli.errors import DownloadError


@pytest.mark.parametrize("status", STATUSES)
def test_an_http_error_falls_through(server, tmp_path, status):
    assert_falls_through(server.url(str(status)), f"HTTP {status}", tmp_path)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("wait-an-hour", "HTTP 429"),
        ("wait-nonsense", "Retry-After"),
        ("busy-endless", "HTTP 503"),
        ("loop", "it redirects more than 5 times"),
        ("redirect-endless", "it redirects more than 5 times"),
        ("redirect-to-file", "it redirects to what is no web address"),
        ("redirect-to-nonsense", "Invalid"),
        ("reset", "the connection broke"),
        ("reset-at-once", "the connection broke"),
        ("silent", "no answer for 0.3 s"),
        ("stall", "no answer for 0.3 s"),
        ("drip", "too slow"),
        ("drip-head", "no answer within 1 s"),
        ("endless-head", "its answer is not HTTP"),
        ("endless", "it sends more than 67,108,864 bytes"),
        ("announce-absurd", "it announces 1,000,000,000,000,000 bytes"),
        ("announce-nonsense", "is not MNIST's"),
        ("announce-less", "is cut short"),
        ("short", "it stopped before the end"),
        ("chunks-cut", "it stopped before the end"),
        ("truncated", "is cut short"),
        ("flipped", "is"),
        ("empty", "not an IDX file: expected it to begin with 00 00 08, got nothing"),
        ("page", "not an IDX file: expected it to begin with 00 00 08, got 3c 21 44 4f"),
        ("not-http", "its answer is not HTTP"),
        ("good", "is not MNIST's: expected sha256 ba891046"),
    ],
)
def test_a_mirror_that_misbehaves_falls_through(server, tmp_path, behaviour, reason):
    patience = TIRES_OF.get(behaviour, PATIENT)
    assert_falls_through(server.url(behaviour), reason, tmp_path, patience)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("reset", "the connection broke"),
        ("stall", "no answer for 0.3 s"),
        ("short", "it stopped before the end"),
        ("truncated", "not an mnist.npz"),
        ("page", "not an mnist.npz"),
        ("empty", "not an mnist.npz"),
        ("good", "is not MNIST's: expected sha256 ba891046"),
    ],
)
def test_an_npz_of_a_mirror_that_misbehaves_falls_through(server, tmp_path, behaviour, reason):
    patience = TIRES_OF.get(behaviour, PATIENT)
    assert_falls_through(server.url(behaviour, NPZ), reason, tmp_path, patience)


@pytest.mark.parametrize(
    "behaviour", ["good", "no-length", "long", "busy-once", "wait-once", "redirect"]
)
def test_what_can_be_overcome_is_overcome(server, zeros, behaviour):
    server.asked.clear()
    events = download(server.url(behaviour, FIRST), PATIENT)
    body = None
    while body is None:
        try:
            next(events)
        except StopIteration as end:
            body = end.value
    assert body == zeros[FIRST]


def test_a_busy_mirror_is_asked_again_only_as_often_as_patience_says(server, tmp_path):
    server.asked.clear()
    assert_falls_through(server.url("503"), "HTTP 503", tmp_path)
    assert server.asked[f"/503/{FIRST}"] == 2


def test_an_error_that_will_not_pass_is_not_asked_for_again(server, tmp_path):
    server.asked.clear()
    assert_falls_through(server.url("403"), "HTTP 403", tmp_path)
    assert server.asked == {f"/403/{FIRST}": 1}


def test_nobody_listening_falls_through(tmp_path):
    assert_falls_through("http://127.0.0.1:1/", "connection refused", tmp_path)


@pytest.mark.parametrize(
    "address",
    ["http://", "http://[", "https://127.0.0.1:99999/", "http://exa mple/", "https://\x00/"],
)
def test_an_address_that_is_none_falls_through(tmp_path, address):
    assert_falls_through(Source.parse(address).location, "", tmp_path)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate with its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True
    )
    with path.open("ab") as file:
        file.write(path.with_suffix(".pem.crt").read_bytes())
    return path


def test_a_self_signed_certificate_falls_through(zeros, certificate, tmp_path):
    with misbehaving(zeros, certificate) as server:
        assert_falls_through(server.url("good"), "its TLS certificate is not trusted", tmp_path)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_company_s_certificate_is_trusted_where_a_variable_names_it(
    variable, originals, certificate, mnistcli, tmp_path
):
    with misbehaving(originals, certificate) as server:
        fetched = mnistcli(
            "fetch",
            *("--source", server.url("good"), "--data-dir", tmp_path, "-q"),
            **{variable: f"{certificate}.crt"},
        )
    assert fetched.returncode == 0, fetched.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, r"\(a company's own: name its file by SSL_CERT_FILE or REQUESTS_CA_BUNDLE\)"),
        ({"SSL_CERT_FILE": "/none.pem"}, r"\(SSL_CERT_FILE names /none.pem, which is not there\)"),
        ({"REQUESTS_CA_BUNDLE": "/none.pem"}, "REQUESTS_CA_BUNDLE names /none.pem, which is not"),
    ],
)
def test_a_certificate_that_is_not_trusted_names_the_variable(
    settings, reason, zeros, certificate, mnistcli_here, tmp_path
):
    with misbehaving(zeros, certificate) as server:
        asked = ("--source", server.url("good"), "--data-dir", tmp_path)
        refused = mnistcli_here("fetch", *asked, **settings)
    assert re.search(reason, refused.stderr)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_a_socks_proxy_says_what_it_takes(proxy, mnistcli_here, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    monkeypatch.setenv("NO_PROXY", "")
    asked = ("--source", "http://127.0.0.1:9/", "--data-dir", tmp_path)
    refused = mnistcli_here("fetch", *asked, ALL_PROXY=proxy, HTTP_PROXY="", http_proxy="")
    assert "a SOCKS proxy takes the package PySocks: pip install PySocks" in refused.stderr


def test_http_where_https_was_expected_falls_through(server, tmp_path):
    location = server.url("good").replace("http:", "https:")
    assert_falls_through(location, "its TLS cannot be understood", tmp_path)


def test_after_every_mirror_that_misbehaves_the_good_one_is_stored(originals, tmp_path):
    with misbehaving(originals) as server:
        bad = ["403", "429", "500", "loop", "reset", "silent", "drip", "short", "page", "flipped"]
        places = [server.url(behaviour) for behaviour in (*bad, "busy-once")]
        sources = [Source.parse(place) for place in places]
        patience = replace(PATIENT, silence=2, grace=2)
        *events, fetched = fetch_mnist(tmp_path, sources, patience=patience)
    failures = [event.location for event in events if isinstance(event, Failed)]
    assert failures == places[:-1]
    assert fetched.info.source == places[-1]
    assert_holds_mnist(tmp_path)


@pytest.mark.parametrize("behaviour", ["no-length", "long", "busy-once", "wait-once", "redirect"])
def test_a_mirror_whose_faults_can_be_overcome_serves(originals, tmp_path, behaviour):
    with misbehaving(originals) as server:
        source = Source.parse(server.url(behaviour))
        *_, fetched = fetch_mnist(tmp_path, [source], patience=PATIENT)
    assert fetched.downloaded
    assert_holds_mnist(tmp_path)


def test_the_command_line_names_the_cause_and_the_remedy_of_each_failure(server, tmp_path):
    places = [server.url("403"), server.url("good", NPZ), str(tmp_path / "missing")]
    options = [word for place in places for word in ("--source", place)]
    process = fetch(*options, "--data-dir", tmp_path)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, "")
    assert f"{places[0]}: HTTP 403 Forbidden" in stderr
    assert f"{places[1]}: train-images-idx3-ubyte is not MNIST's" in stderr
    assert f"{places[2]}: there is no such file or folder" in stderr
    assert "mnistcli fetch --source PATH" in stderr
    assert "Traceback" not in stderr


def test_a_mirror_that_is_never_too_slow_must_come_to_an_end(server):
    patience = Patience(rate=1, grace=0, whole=0.2)
    with pytest.raises(DownloadError, match="too slow"):
        list(download(server.url("drip", FIRST), patience))
