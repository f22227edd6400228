"""Load `mnistcli serve` on loopback: latency, throughput, errors and the server's memory.

    python benchmarks/serve.py [--run RUN] [--seconds 60] [--picture drawing.png]

One client asks as fast as it is answered, as the page does; then 32 do, each on a connection of
its own. A request is what the page sends: a drawing of 128 x 128 pixels as a PNG.
"""

import argparse
import asyncio
import io
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

SIDE = 128  # of the page's drawings
CLIENTS = (1, 32)


def main() -> None:
    """Measure with what the command line says."""
    arguments = _arguments()
    picture = arguments.picture.read_bytes() if arguments.picture else draw()
    measure(arguments.run, picture, arguments.seconds)


def measure(run: str | None, picture: bytes, seconds: float) -> None:
    """Start a server, load it for so many seconds a number of clients, and print what came of it."""
    command = [sys.executable, "-m", "mnistcli", "serve", "--port", "0", "--quiet"]
    command += ["--run", run] if run else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            address = urlsplit(server.stdout.readline().strip())
            print(f"serve: {len(picture):,} bytes a picture, {seconds:g} s each")
            for clients in CLIENTS:
                before, spent = resident(server.pid), processor(server.pid)
                measured = asyncio.run(
                    load(address.hostname, address.port, picture, clients, seconds)
                )
                after, spent = resident(server.pid), processor(server.pid) - spent
                report(clients, seconds, *measured)
                print(
                    f"  server: {1000 * spent / len(measured[0]):.2f} ms of processor a request, "
                    f"memory {before:.1f} MiB before, {after:.1f} MiB after"
                )
        finally:
            server.terminate()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", help="the newest complete run if not given")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--picture", type=Path, help="a picture file to send instead")
    return parser.parse_args()


def draw() -> bytes:
    """Return a three as the page sends it: a PNG, dark on white."""
    fine = 4 * SIDE
    picture = Image.new("RGB", (fine, fine), "white")
    pen = ImageDraw.Draw(picture)
    for top, bottom, start, end in ((0.17, 0.5, 170, 450), (0.44, 0.82, 270, 550)):
        box = (0.3 * fine, top * fine, 0.7 * fine, bottom * fine)
        pen.arc(box, start, end, fill="black", width=fine // 15)
    buffer = io.BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


async def load(
    host: str | None, port: int | None, picture: bytes, clients: int, seconds: float
) -> tuple[list[float], int]:
    """Return the latencies in seconds of the answered requests, and the number of errors."""
    head = (
        f"POST /predict?image HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Content-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n"
    )
    request = head.encode() + picture
    latencies: list[float] = []
    errors = 0
    end = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(host, port)
        while time.perf_counter() < end:
            start = time.perf_counter()
            writer.write(request)
            try:
                ok = await answered(reader)
            except (OSError, EOFError):
                errors += 1
                reader, writer = await asyncio.open_connection(host, port)
                continue
            latencies.append(time.perf_counter() - start)
            errors += not ok
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return latencies, errors


async def answered(reader: asyncio.StreamReader) -> bool:
    """Read an answer to its end, and return whether it is a digit."""
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = (
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200 ") and b'"error":null' in body


def report(clients: int, seconds: float, latencies: list[float], errors: int) -> None:
    """Print a line on the latencies of so many clients."""
    latencies.sort()
    p50, p99 = (1000 * latencies[math.ceil(q * len(latencies)) - 1] for q in (0.5, 0.99))
    print(
        f"{clients:2} client{'s' * (clients > 1)}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, "
        f"longest {1000 * latencies[-1]:.1f} ms, {len(latencies) / seconds:,.0f} requests/s, "
        f"{len(latencies):,} requests, {errors} errors"
    )


def processor(pid: int) -> float:
    """Return the processor time that a process has used, in seconds (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return a process's resident memory in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
