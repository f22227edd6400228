"""Mirrors that misbehave: what is stored is always MNIST or nothing, and the next one is asked.

`pytest --long` kills as often as the claims name.
"""

import gzip
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from misbehaving import STATUSES, misbehaving
from peak import measured

from mnistcli import data, idx
from mnistcli.download import Patience, download
from mnistcli.errors import DownloadError
from mnistcli.fetching import Failed, fetch_mnist
from mnistcli.sources import PARTS, Source

HASTY = Patience(
    connect=5, answer=1, silence=0.3, rate=1e6, grace=0.3, retries=1, pause=0, retry_after=5
)
"""Gives up soon, so that the tests are done soon."""

IMAGES = PARTS["train/images"]
FIRST = f"{IMAGES.idx_name}.gz"
NPZ = "mnist.npz"
MEGABYTE = 2**20


def in_npz(**replaced):
    """Return an mnist.npz of zeros, with some arrays, or whole members as bytes, replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS.values():
            member = replaced.get(part.npz_name, np.zeros(part.shape, np.uint8))
            if not isinstance(member, bytes):
                array, member = member, io.BytesIO()
                np.save(member, array)
                member = member.getvalue()
            archive.writestr(f"{part.npz_name}.npy", member)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def zeros():
    """Files of the right form and sizes, but not MNIST's content: all zeros."""
    files = {
        f"{part.idx_name}.gz": gzip.compress(idx.serialize(np.zeros(part.shape, np.uint8)), 1)
        for part in PARTS.values()
    }
    return files | {NPZ: in_npz()}


@pytest.fixture(scope="module")
def server(zeros):
    with misbehaving(zeros) as server:
        yield server


def assert_falls_through(location, reason, folder):
    """Fetch from `location` and then a folder that is not there: both fail, nothing is stored."""
    places = [location, str(folder / "missing")]
    events = fetch_mnist(folder, [Source.parse(place) for place in places], patience=HASTY)
    failures = []
    with pytest.raises(DownloadError) as caught:
        failures.extend(event for event in events if isinstance(event, Failed))
    assert [failure.location for failure in failures] == places
    assert reason in failures[0].reason
    for failure in failures:
        assert f"{failure.location}: {failure.reason}" in str(caught.value)
    assert "mnistcli fetch --source PATH" in str(caught.value)
    assert {path.name for path in folder.iterdir()} <= {".mnist.lock"}


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
    assert_falls_through(server.url(behaviour), reason, tmp_path)


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
    assert_falls_through(server.url(behaviour, NPZ), reason, tmp_path)


@pytest.mark.parametrize(
    "behaviour", ["good", "no-length", "long", "busy-once", "wait-once", "redirect"]
)
def test_what_can_be_overcome_is_overcome(server, zeros, behaviour):
    server.asked.clear()
    events = download(server.url(behaviour, FIRST), HASTY)
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


def test_http_where_https_was_expected_falls_through(server, tmp_path):
    location = server.url("good").replace("http:", "https:")
    assert_falls_through(location, "its TLS cannot be understood", tmp_path)


def gzip_of_zeros(gigabytes):
    """Return a gzip file that unpacks to so many zeros, without having packed them all."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return bytes.fromhex("1f8b08000000000000ff") + block * (1024 * gigabytes)


def idx_header(magic, *dimensions):
    return struct.pack(f">I{len(dimensions)}I", magic, *dimensions)


WHOLE = 60_000 * 28 * 28

CONTENT = {
    "10 GB of zeros": (gzip_of_zeros(10), "unpacks to more than its 47,040,016 bytes"),
    "wrong magic": (
        gzip.compress(idx_header(0xD03, 60_000, 28, 28)),
        "expected it to begin with 00 00 08, got 00 00 0d 03",
    ),
    "absurd dimensions": (idx_header(0x803, *[2**32 - 1] * 3), "4294967295 x 4294967295"),
    "255 dimensions": (idx_header(0x8FF, *[1] * 255) + b"x", "a shape that no array has"),
    "empty, with absurd dimensions": (idx_header(0x803, 0, *[2**32 - 1] * 2), "shape"),
    "no dimensions": (idx_header(0x800), "header is cut short"),
    "the labels": (idx_header(0x801, 60_000) + bytes(60_000), "is not MNIST's"),
    "one image too few": (idx_header(0x803, 59_999, 28, 28) + bytes(WHOLE - 784), "not MNIST's"),
}


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_with_hostile_content_falls_through(tmp_path, name):
    content, reason = CONTENT[name]
    with misbehaving({FIRST: content}) as server:
        assert_falls_through(server.url("good"), reason, tmp_path)


class Mark:
    """Leaves a mark in the file system when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_pickled_object_falls_through_without_being_unpickled(tmp_path):
    pickled = np.empty(IMAGES.shape[0], object)
    pickled[0] = Mark(tmp_path / "mark")
    (tmp_path / "data").mkdir()
    with misbehaving({NPZ: in_npz(x_train=pickled)}) as server:
        assert_falls_through(server.url("good", NPZ), "x_train should be uint8", tmp_path / "data")
    assert not (tmp_path / "mark").exists()


def npy(header):
    text = header.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def in_method(method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("x_train.npy", npy(HEADER) + bytes(MEGABYTE))
    return buffer.getvalue()


HEADER = "{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }\n"

ARCHIVES = {
    "wrong shape": lambda: in_npz(x_train=np.zeros((60_000, 784), np.uint8)),
    "wrong type": lambda: in_npz(y_train=np.zeros(60_000, np.int64)),
    "column by column": lambda: in_npz(x_train=np.zeros((28, 28, 60_000), np.uint8).T),
    "member cut short": lambda: in_npz(x_train=npy("{'descr': '|u1', 'fortran_order': False, ")),
    "absurd shape": lambda: in_npz(
        x_train=npy(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**62},)}}")
    ),
    "header that is code": lambda: in_npz(x_train=npy("__import__('os').abort()")),
    "header that nests": lambda: in_npz(x_train=npy("(" * 9_000)),
    "header of signs": lambda: in_npz(x_train=npy("-" * 9_000 + "1")),
    "header of 64 kB": lambda: in_npz(x_train=npy(" " * 65_535)),
    "header that is empty": lambda: in_npz(x_train=npy("")),
    "no npy": lambda: in_npz(x_train=b"<html>"),
    "npy of a later version": lambda: in_npz(x_train=b"\x93NUMPY\x03\x00" + bytes(100)),
    "packed by bzip2": lambda: in_method(zipfile.ZIP_BZIP2),
    "packed by lzma": lambda: in_method(zipfile.ZIP_LZMA),
    "a million members": lambda: b"PK\x01\x02".ljust(46, b"\0") * 1_000_000,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_npz_falls_through(tmp_path, name):
    with misbehaving({NPZ: ARCHIVES[name]()}) as server:
        assert_falls_through(server.url("good", NPZ), "mnist.npz", tmp_path)


def fetch(*arguments, **options):
    """Start `mnistcli fetch` and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-m", "mnistcli", "fetch", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_bomb_takes_no_more_memory_than_the_real_file(tmp_path):
    peak = tmp_path / "peak"
    with misbehaving({FIRST: gzip_of_zeros(10)}) as server:
        command = measured(peak, "fetch", "--source", server.url("good"), "--data-dir", tmp_path)
        result = subprocess.run(command, capture_output=True, check=False)
    assert result.returncode == 1
    assert int(peak.read_text()) < 400 * MEGABYTE


@pytest.fixture(scope="module")
def originals(mnist_dir):
    """The four real files by name."""
    return {path.name: path.read_bytes() for path in mnist_dir.glob("*.gz")}


def assert_holds_mnist(folder):
    for split in ("train", "test"):
        data.load(folder, "mnist", split)  # checks the content against the canonical digests


def test_after_every_mirror_that_misbehaves_the_good_one_is_stored(originals, tmp_path):
    with misbehaving(originals) as server:
        bad = ["403", "429", "500", "loop", "reset", "silent", "drip", "short", "page", "flipped"]
        places = [server.url(behaviour) for behaviour in (*bad, "busy-once")]
        sources = [Source.parse(place) for place in places]
        *events, fetched = fetch_mnist(tmp_path, sources, patience=HASTY)
    failures = [event.location for event in events if isinstance(event, Failed)]
    assert failures == places[:-1]
    assert fetched.info.source == places[-1]
    assert_holds_mnist(tmp_path)


@pytest.mark.parametrize("behaviour", ["no-length", "long", "busy-once", "wait-once", "redirect"])
def test_a_mirror_whose_faults_can_be_overcome_serves(originals, tmp_path, behaviour):
    with misbehaving(originals) as server:
        source = Source.parse(server.url(behaviour))
        *_, fetched = fetch_mnist(tmp_path, [source], patience=HASTY)
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
    assert f"{places[2]}: there is no such folder" in stderr
    assert "mnistcli fetch --source PATH" in stderr
    assert "Traceback" not in stderr


def test_of_eight_fetches_at_once_one_downloads_and_all_succeed(originals, tmp_path):
    with misbehaving(originals) as server:
        options = ("--source", server.url("good"), "--data-dir", tmp_path, "--json", "--quiet")
        processes = [fetch(*options) for _ in range(8)]
        results = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, results
    answers = [json.loads(stdout) for stdout, _ in results]
    assert sorted(answer["downloaded"] for answer in answers) == [False] * 7 + [True]
    assert len({answer["sha256"] for answer in answers}) == 1
    assert sum(server.asked.values()) == 4
    assert_holds_mnist(tmp_path)


def test_killed_at_random_moments_it_leaves_nothing_that_is_not_mnist(
    originals, mnist_dir, tmp_path, request
):
    """Half of them download, half read a folder; each may be killed while it stores."""
    kills = 50 if request.config.getoption("--long") else 4
    chance = random.Random(6)
    with misbehaving(originals) as server:
        for number in range(kills):
            source = server.url("good") if number % 2 else mnist_dir
            process = fetch("--source", source, "--data-dir", tmp_path, "--force")
            process.stderr.readline()  # it is at work: the rest of its life is some seconds
            try:
                process.communicate(timeout=chance.uniform(0, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            litter = [path for path in tmp_path.iterdir() if path.name.endswith(".part")]
            assert len(litter) <= 1
            if (tmp_path / "mnist.h5").exists():
                assert_holds_mnist(tmp_path)
        process = fetch("--source", server.url("good"), "--data-dir", tmp_path)
        process.communicate()
    assert process.returncode == 0
    assert_holds_mnist(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mnist.lock", "mnist.h5"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system that has no room for MNIST."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_a_failure_of_one_line_and_leaves_nothing(mnist_dir, small_disk):
    process = fetch("--source", mnist_dir, "--data-dir", small_disk, "--quiet")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert "No space left on device" in stderr
    assert str(small_disk) in stderr
    assert stderr.count("\n") == 1
    assert {path.name for path in small_disk.iterdir()} <= {".mnist.lock"}


def test_a_full_disk_keeps_what_is_stored(mnist_dir, mnist_data_dir, tmp_path):
    """The same with a limit on the size of files, for whoever cannot mount."""
    shutil.copy(mnist_data_dir / "mnist.h5", tmp_path)
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10**7, 10**7)); "
    code = limit + "from mnistcli.cli import main; main()"
    command = [sys.executable, "-c", code, "fetch", "--force", "--source", mnist_dir]
    result = subprocess.run(
        [*command, "--data-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "File too large" in result.stderr
    assert str(tmp_path) in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mnist.lock", "mnist.h5"]
    assert_holds_mnist(tmp_path)


def without_root(*command):
    """Return a command that permissions stop, as they stop everyone but root."""
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        pytest.skip("permissions do not stop root, and setpriv is not installed")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *command)


def test_a_source_that_may_not_be_read_falls_through(mnist_dir, tmp_path):
    (tmp_path / "secret").mkdir(mode=0)
    command = [sys.executable, "-m", "mnistcli", "fetch", "--source", tmp_path / "secret"]
    result = subprocess.run(
        without_root(*command, "--source", mnist_dir, "--data-dir", tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert f"{tmp_path / 'secret'}: it cannot be read: Permission denied" in result.stderr
    assert_holds_mnist(tmp_path / "data")


def test_a_read_only_folder_is_a_failure_of_one_line(mnist_dir, tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    command = [sys.executable, "-m", "mnistcli", "fetch", "--source", mnist_dir]
    result = subprocess.run(
        without_root(*command, "--data-dir", tmp_path / "data", "--quiet"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "Permission denied" in result.stderr
    assert str(tmp_path / "data") in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_in_the_place_of_the_dataset_is_a_failure_of_one_line(mnist_dir, tmp_path):
    (tmp_path / "mnist.h5").mkdir()
    process = fetch("--source", mnist_dir, "--data-dir", tmp_path, "--quiet")
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert str(tmp_path / "mnist.h5") in stderr
    assert stderr.count("\n") == 1


@pytest.fixture
def flipped(data_dir, tmp_path):
    """A data folder whose dataset has one flipped bit in its test images."""
    path = tmp_path / "synthetic.h5"
    shutil.copy(data_dir / "synthetic.h5", path)
    images = data.load(tmp_path, "synthetic", "test").images.tobytes()
    content = bytearray(path.read_bytes())
    content[content.rindex(images[-28 * 28 :]) + 400] ^= 1
    path.write_bytes(content)
    return tmp_path


def test_one_flipped_bit_is_noticed_when_next_used_and_the_remedy_named(
    flipped, runs_dir, mnistcli
):
    result = mnistcli("evaluate", "--runs-dir", runs_dir, "--data-dir", flipped, "--quiet")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{flipped / 'synthetic.h5'} is damaged" in result.stderr
    assert "mnistcli fetch --dataset synthetic --force" in result.stderr


def test_one_flipped_bit_in_mnist_is_noticed_and_the_remedy_works(
    mnist_dir, mnist_data_dir, tmp_path, mnistcli
):
    path = tmp_path / "mnist.h5"
    shutil.copy(mnist_data_dir / "mnist.h5", path)
    with path.open("r+b") as file:
        file.seek(20_000_000)
        byte = file.read(1)[0]
        file.seek(20_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(data.DatasetError, match=r"damaged.*fetch --dataset mnist --force"):
        data.load(tmp_path, "mnist", "train")
    result = mnistcli("fetch", "--force", "--source", mnist_dir, "--data-dir", tmp_path)
    assert result.returncode == 0
    assert_holds_mnist(tmp_path)
