"""What only a real gunicorn shows, started by the command of the Dockerfile."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import ROOT, free_port, serving

HEAD = b"POST /api/train HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
NOT_WHOLE = {
    "a chunk's size is no number": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk's size is negative": b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
    "the chunks break off": b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}",
    "the body breaks off": b"Content-Length: 20\r\n\r\n{}",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    (line,) = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    command = json.loads(line.removeprefix("CMD "))
    port = free_port()
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    home: Path = tmp_path_factory.mktemp("home")
    with serving([sys.executable, "-m", *command, "--no-control-socket"], port=port, home=home):
        yield port


@pytest.mark.parametrize("rest", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_body_that_does_not_arrive_whole_is_a_400_and_starts_nothing(port: int, rest: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(HEAD + rest)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(2**16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"400"
    assert json.loads(body)["status"] == 400
