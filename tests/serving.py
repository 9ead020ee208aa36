"""A real server process for tests, on a free port of loopback, with no data but the embedded."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], *, port: int, home: Path, folder: Path = ROOT) -> Iterator[None]:
    """Run ``command`` in ``folder`` as a server on ``port`` until the block ends; it must stop well then.

    It is offline, and ``home`` (an empty folder) has its cache and its runs: it sees none of this machine's.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DPSGD_")}
    environment |= {"DPSGD_PORT": str(port), "DPSGD_OFFLINE": "1", "KERAS_HOME": str(home)}
    environment |= {"XDG_STATE_HOME": str(home / "state")}
    server = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        _wait_until_healthy(server, port)
        yield
    finally:
        server.terminate()
        exit_code = server.wait(timeout=20)
    assert exit_code == 0


def _wait_until_healthy(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert server.poll() is None, "the server ended before it answered"
            assert time.monotonic() < deadline, "the server did not answer in time"
            time.sleep(0.1)
