"""What users of the libraries below ran into elsewhere: settings, clocks, disks, lists, proxies."""

import os
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from common.loopback import request, serving

from mnistcli import files
from mnistcli.datasets.download import Patience, download
from mnistcli.errors import DownloadError
from mnistcli.evaluation.labelled import labelled_pictures

PREDICT = ("predict", "PICTURE")
EVALUATE = ("evaluate", "--data-dir", "DATA")
FIGURES = (*EVALUATE, "--plots", "--report")

# What was fine, and is to stay so: settings of an environment, and a command that could trip.
SETTINGS = {
    "Python without docstrings and asserts": ({"PYTHONOPTIMIZE": "2"}, FIGURES),
    "warnings are errors": ({"PYTHONWARNINGS": "error"}, FIGURES),
    "a width that is no number": ({"COLUMNS": "abc", "LINES": "x"}, ("runs",)),
    "a width of nothing": ({"COLUMNS": "0"}, ("runs",)),
    "a terminal that nobody knows": ({"TERM": "none-such"}, EVALUATE),
    "no folder for temporary files": ({"TMPDIR": "/nonexistent"}, FIGURES),
    "HDF5 is told nonsense": ({"HDF5_USE_FILE_LOCKING": "x"}, EVALUATE),
    "HDF5 is told to lock": ({"HDF5_USE_FILE_LOCKING": "TRUE"}, EVALUATE),
    "a zone of time that is none": ({"TZ": "No/Where"}, ("runs",)),
    "a locale that is none": ({"LC_ALL": "xx_YY.UTF-8", "LANG": "foo"}, PREDICT),
    "threads that are no number": ({"OMP_NUM_THREADS": "abc"}, PREDICT),
    "Python's development mode": ({"PYTHONDEVMODE": "1"}, PREDICT),
}


@pytest.fixture
def started(mnistcli, runs_dir, data_dir, small_pictures, tmp_path):
    """Run a command, with what its words stand for, on a run of the test's own."""
    shutil.copytree(runs_dir, tmp_path / "runs")
    places = {"PICTURE": small_pictures / "3.png", "DATA": data_dir}

    def run(arguments, **environment):
        words = [places.get(each, each) for each in arguments]
        return mnistcli(*words, MNISTCLI_RUNS_DIR=str(tmp_path / "runs"), **environment)

    return run


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_disturbs_nothing(setting, started):
    environment, arguments = SETTINGS[setting]
    ended = started(arguments, **environment)
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr


def test_variables_that_are_empty_are_none(mnistcli_here, tmp_path):
    ended = mnistcli_here("runs", cwd=tmp_path, MNISTCLI_RUNS_DIR="", MNISTCLI_DATA_DIR="")
    assert (ended.returncode, ended.stderr) == (0, "no such runs in runs\n")


@pytest.mark.parametrize("limit", ["-n 24", "-u 1"])
def test_few_files_and_processes_are_enough_for_a_picture(limit, runs_dir, small_pictures):
    command = [sys.executable, "-m", "mnistcli", "predict", "--runs-dir", runs_dir]
    shell = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *command, small_pictures / "3.png"]
    ended = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_current_folder_that_was_removed_is_no_hindrance(runs_dir, small_pictures, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    shell = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "mnistcli"]
    reading = ["predict", "--runs-dir", runs_dir, small_pictures / "3.png"]
    ended = subprocess.run([*shell, *reading], cwd=gone, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


SCRIPT = "import sys; sys.path.pop(0); from mnistcli.cli import main; main()"  # as installed


def test_files_called_like_libraries_are_not_imported(runs_dir, small_pictures, tmp_path):
    for name in ("random", "numpy", "keras", "click", "typing", "json", "types"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    reading = [sys.executable, "-c", SCRIPT, "predict", "--runs-dir", runs_dir, small_pictures]
    ended = subprocess.run(reading, cwd=tmp_path, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


# What was not fine.


class Listening(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments):
        pass


@pytest.mark.parametrize("netrc", ["default login me password secret\n", "nonsense { at all"])
def test_passwords_in_netrc_are_not_sent_to_mirrors(netrc, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text(netrc)
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        server.seen = []
        threading.Thread(target=server.handle_request, daemon=True).start()
        list(download(f"http://127.0.0.1:{server.server_port}/x", Patience()))
    assert server.seen == [None]


@pytest.mark.parametrize(
    "setting",
    [{"SSLKEYLOGFILE": "/nonexistent/x"}, {"NO_PROXY": "::1,[::1],10.0.0.0/8,127.0.0.1"}],
    ids=lambda setting: next(iter(setting)),
)
def test_settings_of_connections_disturb_nothing(setting, monkeypatch):
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DownloadError, match="connection refused"):
        list(download("https://127.0.0.1:9/x", Patience()))


@pytest.mark.long
def test_a_run_is_saved_where_the_clock_says_1970(mnistcli_here, tiny_data_dir, tmp_path):
    model = pytest.importorskip("mnistcli.networks.model")
    clock = SimpleNamespace(time=lambda: 0.0, localtime=lambda _: (1970, 1, 1, 0, 0, 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "time", clock)
        trained = mnistcli_here(
            "train",
            *("--dataset", "synthetic", "--hidden", 0, "--epochs", 1, "--name", "old"),
            *("--data-dir", tiny_data_dir, "--runs-dir", tmp_path),
        )
    assert trained.returncode == 0, trained.stderr
    assert model.load((tmp_path / "old" / "model.keras").read_bytes())


def test_zip_archives_have_a_date_even_where_the_clock_says_1970(monkeypatch, tmp_path):
    from mnistcli.networks import model

    clock = SimpleNamespace(time=lambda: 0.0, localtime=lambda _: (1970, 1, 1, 0, 0, 0))
    monkeypatch.setattr(zipfile, "time", clock)
    network = SimpleNamespace(save=lambda path: zipfile.ZipFile(path, "w").writestr("a", "b"))
    model.save(network, tmp_path / "model.keras")
    assert (tmp_path / "model.keras").is_file()
    assert zipfile.time is clock


def test_a_disk_that_does_not_sync_folders_is_written(monkeypatch, tmp_path):
    def only_files(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", only_files)
    files.write_bytes(tmp_path / "a", b"b")
    assert (tmp_path / "a").read_bytes() == b"b"


LISTS = {
    "commas": "path,label\na.png,12 34\n",
    "semicolons": "path;label\na.png;12 34\n",
    "tabs": "path\tlabel\na.png\t12 34\n",
    "capitals and blanks": "Path, Label\na.png, 12 34\n",
    "another column": "label;writer;path\n12 34;me, and you;a.png\n",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_read_as_spreadsheets_save_it(kind, encoding, tmp_path):
    (tmp_path / "list.csv").write_bytes(LISTS[kind].encode(encoding))
    (found,) = labelled_pictures(tmp_path / "list.csv")
    assert (found.path, found.label) == (str(tmp_path / "a.png"), "1234")


def test_a_picture_on_the_web_is_no_missing_file(mnistcli_here, runs_dir):
    refused = mnistcli_here("predict", "--runs-dir", runs_dir, "https://example.org/3.png")
    assert "it is an address of the web; download it" in refused.stderr


def test_serve_is_what_was_tried_whatever_else_is_installed(runs_dir, tmp_path):
    for name in ("uvloop", "httptools"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} was imported')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    workers = {"WEB_CONCURRENCY": "4", "UVICORN_PORT": "1", "FORWARDED_ALLOW_IPS": "*"}
    with serving(runs_dir, PYTHONPATH=path, **workers) as process:
        url = urlsplit(process.stdout.readline())
        assert request((url.hostname, url.port), "GET", "/health")[0].status == 200
