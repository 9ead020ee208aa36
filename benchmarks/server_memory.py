"""Prints how fast each server starts and what memory it takes: ``python -m benchmarks.server_memory``.

Memory is the proportional set size (pages that processes share are divided among them) of all
processes of the server but the training process, which is told by itself. Run it pinned, as
``taskset -c 0,1 python -m benchmarks.server_memory``, to see what two cores give.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
SERVERS = {
    "run.py": [sys.executable, "run.py"],
    "gunicorn, 2 workers": [
        *(sys.executable, "-m", "gunicorn"),
        *("--config", "python:app.gunicorn_config", "--workers", "2", "run:app"),
    ],
}
REQUESTS = 40  # of each kind, so that every worker has answered some
MEGABYTE = 1e6


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    """Send a GET, or a POST of ``body``; return the answer, {} where it is no JSON."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        text = answer.read()
        return dict(json.loads(text)) if answer.headers.get_content_type() == "application/json" else {}


def seconds_until_healthy(port: int, started: float) -> float:
    """Return how long after ``started`` (a monotonic time) the server answers ``/healthz``."""
    while True:
        try:
            ask(port, "/healthz")
            return time.monotonic() - started
        except OSError:
            time.sleep(0.01)


def processes(server: psutil.Process) -> dict[str, list[psutil.Process]]:
    """Return the server's processes by what they are."""
    found: dict[str, list[psutil.Process]] = {"web": [server], "trainer": [], "accountant": []}
    for child in server.children(recursive=True):
        command = " ".join(child.cmdline())
        kind = "trainer" if "app.training" in command else "accountant" if "pld_child" in command else "web"
        found[kind].append(child)
    return found


def megabytes(of: list[psutil.Process]) -> float:
    """Return the proportional set size of these processes together."""
    return sum(process.memory_full_info().pss for process in of) / MEGABYTE


def use(port: int) -> None:
    """Use what a visitor uses short of training: the page, simulations and the accountant."""
    for number in range(REQUESTS):
        ask(port, "/")
        ask(port, "/api/parameters")
        ask(port, "/api/train", {"noise_multiplier": 1 + number / 100})
        ask(port, "/api/privacy", {"noise_multiplier": 1 + number / 100})


def train(port: int) -> str:
    """Train two epochs of the default task (or what stands in for it here) and return its dataset."""
    answer = ask(port, "/api/train", {"mode": "real", "epochs": 2})
    return str(answer["dataset"]["name"])


def report(name: str, memory: dict[str, list[psutil.Process]]) -> None:
    """Print one line of the table."""
    sizes = {kind: megabytes(of) for kind, of in memory.items()}
    print(
        f"  {name:<34}{sizes['web'] + sizes['accountant']:7.0f} MB "
        f"(web {sizes['web']:.0f}, accountant {sizes['accountant']:.0f}); trainer {sizes['trainer']:.0f} MB"
    )


def measure(name: str, command: list[str], folder: str) -> None:
    """Start the server, use it, and print its figures."""
    port = free_port()
    environment = os.environ | {
        "DPSGD_PORT": str(port),
        "DPSGD_STORE": f"{folder}/{port}.sqlite",
        "DPSGD_OFFLINE": "1",
    }
    started = time.monotonic()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            print(f"{name}\n  /healthz after {seconds_until_healthy(port, started):.2f} s")
            whole = psutil.Process(server.pid)
            time.sleep(6.0)  # until the training process is warm
            report("started, trainer warm", processes(whole))
            use(port)
            report("just used", processes(whole))
            data = train(port)
            report(f"after a training on {data}", processes(whole))
            _wait_for_the_accountant_to_end(whole)
            report("idle again", processes(whole))
        finally:
            server.terminate()


def _wait_for_the_accountant_to_end(server: psutil.Process) -> None:
    from app.privacy.pld import IDLE_SECONDS

    deadline = time.monotonic() + 1.5 * IDLE_SECONDS
    while processes(server)["accountant"] and time.monotonic() < deadline:
        time.sleep(0.5)


def main() -> None:
    """Measure every server."""
    cores = len(os.sched_getaffinity(0))
    print(f"Python {platform.python_version()}, {cores} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for name, command in SERVERS.items():
            measure(name, command, folder)


if __name__ == "__main__":
    main()
