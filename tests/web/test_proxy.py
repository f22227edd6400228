"""`serve` behind a reverse proxy, in a tunnel, in a container: the names it answers to."""

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from common.loopback import request, serving, serving_here, small_three

from mnistcli.runs.finding import find

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "serving.md").read_text()
NAME = "digits.example.org"


@pytest.fixture
def address(runs_dir):
    with serving_here(find(runs_dir, None), hosts=[NAME], root="/digits") as address:
        yield address


def test_pages_of_an_allowed_name_may_ask_and_no_others(address):
    def status(host, origin):
        headers = {"host": host, "origin": origin}
        return request(address, "POST", "/predict", small_three(), **headers)[0].status

    assert status(NAME, f"https://{NAME}") == 200
    assert (
        status("localhost", f"https://{NAME}") == 200
    )  # a proxy that has a name of its own for us
    assert status(f"{NAME}:8443", f"https://{NAME}:8443") == 200
    assert status(NAME, "https://evil.example") == 403
    assert status(NAME, "null") == 403
    assert status("evil.example", f"https://{NAME}") == 421


@pytest.mark.parametrize("path", ["/", "/page.js", "/health", "/digits/", "/digits/page.css"])
def test_a_path_is_answered_below_the_root_and_without(address, path):
    assert request(address, "GET", path)[0].status == 200


def test_the_root_leads_to_the_page_whose_addresses_are_relative(address):
    answer, _ = request(address, "GET", "/digits")
    assert (answer.status, answer.headers["location"]) == (308, "/digits/")
    page = request(address, "GET", "/digits/")[1].decode()
    assert re.findall(r'(?:href|src)="([^"]+)"', page) == ["favicon.svg", "page.css", "page.js"]


def test_another_path_that_begins_like_the_root_is_none(address):
    assert request(address, "GET", "/digitsandmore/")[0].status == 404


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--allow-host", value) for value in ("", "a b", "https://a.example", "a/b", "*")),
        *(("--root-path", value) for value in ("digits", "//evil.example", "/a/../b", "/a?b")),
    ],
)
def test_what_is_no_name_and_no_path_is_wrong_usage(mnistcli_here, option, value):
    refused = mnistcli_here("serve", option, value)
    assert refused.returncode == 2
    assert option in refused.stderr


@contextmanager
def nginx(recipe, folder):
    """Run nginx with the recipe as its only site; yield its address.

    It is given a socket that listens already, as after an upgrade of its program: whoever connects
    before it is there waits for it, and nobody else can take the port.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    user = "user root;" if os.geteuid() == 0 else ""  # its worker would not get into our folder
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body;\n"
        f"proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;\n"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"{recipe.replace('listen 80;', f'listen 127.0.0.1:{port};')} }}\n"
    )
    command = [shutil.which("nginx"), "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"]
    number = listening.fileno()
    given = {"env": {**os.environ, "NGINX": f"{number};"}, "pass_fds": [number]}
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **given) as process:
        listening.close()
        try:
            yield "127.0.0.1", port
        finally:
            process.terminate()


@pytest.fixture(params=["path kept", "path taken away"])
def behind_nginx(request, runs_dir, tmp_path):
    """The recipe of docs/serving.md, with the command beside it."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    (recipe,) = re.findall(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
    (command,) = re.findall(r"mnistcli serve (--allow-host \S+ --root-path \S+)\n", TEXT)
    with serving(runs_dir, *command.split()) as process:
        port = urlsplit(process.stdout.readline()).port
        upstream = f"127.0.0.1:{port}" + ("/" if request.param == "path taken away" else "")
        with nginx(recipe.replace("127.0.0.1:8000", upstream), tmp_path) as address:
            yield address


def test_the_recipe_for_nginx_serves_page_and_api_below_its_path(behind_nginx):
    def ask(method, path, body=None, **headers):
        return request(behind_nginx, method, path, body, host=NAME, **headers)

    for path in ("/digits/", "/digits/page.css", "/digits/page.js", "/digits/sheet.js"):
        assert ask("GET", path)[0].status == 200
    answer, _ = ask("GET", "/digits")
    assert answer.status == 308
    assert answer.headers["location"].endswith("/digits/")
    asked = ("POST", "/digits/predict", small_three())
    answer, content = ask(*asked, origin=f"http://{NAME}")
    assert answer.status == 200
    assert content["predictions"][0]["digit"] == 3
    assert ask(*asked, origin="http://evil.example")[0].status == 403
    large = small_three() + bytes(8_000_000)  # beyond nginx's own limit, which the recipe lifts
    assert ask("POST", "/digits/predict", large)[0].status == 200


# The Dockerfile's own steps, where there is no engine to run them: installed into a folder, and
# started as it says.


def steps(instruction):
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^ *{instruction} +(.*)$", text, re.MULTILINE)


@pytest.mark.long
def test_the_steps_of_the_dockerfile_serve_a_page_that_is_healthy(runs_dir, tmp_path):
    (install,) = steps("RUN")
    script = install.replace("/predict.txt", f"{tmp_path}/predict.txt")
    script = script.replace("/mnistcli", f"{tmp_path}/mnistcli")
    here = Path(sys.executable).parent
    script = script.replace("python -m", f"{here}/python -m").replace(" pip ", f" {here}/pip ")
    if subprocess.run(["sh", "-c", script], cwd=ROOT, check=False).returncode:
        pytest.skip("packages are out of reach")
    assert not list(tmp_path.rglob("tensorflow"))
    assert not list(tmp_path.rglob("h5py"))
    (command,) = steps("CMD")[-1:]
    arguments = [*re.findall(r'"(.*?)"', command), "--port", "0", "--runs-dir", runs_dir]
    start = [tmp_path / "mnistcli" / "bin" / "mnistcli", *arguments]
    with subprocess.Popen(start, stdout=subprocess.PIPE, text=True, env={}) as process:
        port = urlsplit(process.stdout.readline()).port
        (check,) = re.findall(r'CMD \["python", "-c", "(.*)"\]', steps("HEALTHCHECK")[0])
        check = check.replace(":8000", f":{port}")
        assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/predict", small_three())
        assert connection.getresponse().status == 200
        process.terminate()
