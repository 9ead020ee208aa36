"""run.py: starts, says where, stops when told, and says in one line why it cannot."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.playground import RUN_PY, Playground, wait_until_gone

ROOT = Path(__file__).resolve().parent.parent


def environment(**settings: str) -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("DPSGD_")} | settings


def start(**settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "run.py"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that run.py prints; at the end it must stop well when it is told to."""
    store = tmp_path_factory.mktemp("store") / "runs.sqlite"
    with start(DPSGD_PORT="0", DPSGD_OFFLINE="1", DPSGD_STORE=str(store)) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        match = re.fullmatch(r"DP-SGD Interactive Playground: (http://127\.0\.0\.1:\d+) .*\n", line)
        assert match, line
        yield match[1]
        children = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        output, errors = server.communicate(timeout=20)
    assert (server.returncode, output) == (0, "")
    assert "Traceback" not in errors
    assert "127.0.0.1" not in errors, "requests are logged with their addresses"
    assert "route=/api/train status=413" in errors, "a refused request is not logged"
    assert psutil.wait_procs(children, timeout=10)[1] == [], "a child process was left behind"


def test_serves_where_it_says(address: str) -> None:
    with urllib.request.urlopen(f"{address}/healthz", timeout=10) as response:
        assert json.load(response)["status"] == "ok"


def raw(address: str, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes as they are; return the answer's head and body."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(2**16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


POST = b"POST /api/train HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /api/parameters HTTP/1.1\r\n"
REQUESTS = {
    "1 MB body": (POST + b"Content-Length: 1048576\r\n\r\n" + b" " * 2**20, 413),
    "negative content length": (POST + b"Content-Length: -1\r\n\r\n{}", 400),
    "content length that is no number": (POST + b"Content-Length: two\r\n\r\n{}", 400),
    "truncated JSON": (POST + b'Content-Length: 8\r\n\r\n{"mode":', 400),
    "foreign host": (GET + b"Host: evil.example\r\n\r\n", 400),
    "no host": (GET + b"\r\n", 400),
    "8 KB URL": (b"GET /api/" + b"a" * 8192 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    "two hosts": (GET + b"Host: localhost\r\nHost: evil.example\r\n\r\n", 400),
    "two content lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "two ways to tell the length": (
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
    ),
    "TRACE": (b"TRACE /api/train HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    "an id from a textbook": (b"GET /api/runs/1'%20or%20'1'='1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "metrics through a proxy": (
        b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n",
        403,
    ),
}


@pytest.mark.parametrize(("request_bytes", "status"), REQUESTS.values(), ids=REQUESTS.keys())
def test_bad_requests_over_the_wire_are_answered_as_problems(
    address: str, request_bytes: bytes, status: int
) -> None:
    head, body = raw(address, request_bytes)
    assert head.split(b" ", 2)[1] == str(status).encode()
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize(
    "request_bytes", [b"\x16\x03\x01 TLS\r\n\r\n", GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n"]
)
def test_what_is_no_http_request_is_refused_and_not_logged(address: str, request_bytes: bytes) -> None:
    head, body = raw(address, request_bytes)  # the fixture looks into the log when the server has stopped
    assert b"Error response" in head + body


def test_a_chunked_body_that_grows_too_long_is_refused(address: str) -> None:
    chunks = b"".join(b"1000\r\n" + b" " * 4096 + b"\r\n" for _ in range(8)) + b"0\r\n\r\n"
    head, _ = raw(address, POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert head.split(b" ", 2)[1] == b"413"


def test_a_chunked_body_is_read(address: str) -> None:
    request = POST + b'Transfer-Encoding: chunked\r\n\r\nd\r\n{"epochs":"5"\r\n1\r\n}\r\n0\r\n\r\n'
    head, body = raw(address, request)
    assert head.split(b" ", 2)[1] == b"422"
    assert json.loads(body)["errors"][0]["field"] == "epochs"


@pytest.mark.parametrize(
    "path",
    [
        *("/static/../../etc/passwd", "/static/..%2f..%2fetc/passwd", "/static/%2e%2e/%2e%2e/run.py"),
        *("/static/..%5c..%5crun.py", "/static/%00", "/static/%ff%fe", "//evil.example/%2e%2e"),
    ],
)
def test_no_path_leads_out_of_the_static_files_or_off_this_server(address: str, path: str) -> None:
    head, body = raw(address, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert head.split(b" ", 2)[1] in (b"404", b"308")
    assert b"Location: http" not in head or b"Location: http://localhost/" in head
    assert b"root:" not in body
    assert b"import " not in body


@pytest.mark.parametrize(
    "received", [b"a\r\n Set-Cookie: x=1", b"a%0d%0aSet-Cookie: x=1", b"a\rSet-Cookie: x=1"]
)
def test_a_request_id_cannot_add_a_header(address: str, received: bytes) -> None:
    head, _ = raw(
        address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: " + received + b"\r\n\r\n"
    )
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert b"set-cookie" not in names
    assert names.count(b"x-request-id") == 1


def test_ctrl_c_in_a_training_gives_the_run_back_once(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY, DPSGD_LOG="json") as playground:
        run_id = playground.post_run(epochs=60)
        playground.event(run_id, "epoch")
        family = playground.family()
        for _ in range(3):  # as somebody in a hurry does
            family[0].send_signal(signal.SIGINT)
        wait_until_gone(family, seconds=20)
        assert [event["kind"] for event in playground.events(run_id)].count("retrying") == 1
        assert playground.state(run_id) == "queued"
        lines = [line for line in playground.log().splitlines() if not line.startswith("DP-SGD")]
        assert {"request", "this process leads"} <= {json.loads(line)["event"] for line in lines}
        assert run_id not in playground.log()


def test_a_taken_port_is_one_line_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with start(DPSGD_PORT=str(port)) as server:
            output, errors = server.communicate(timeout=60)
    assert (server.returncode, output) == (1, "")
    assert len(errors.splitlines()) == 1
    assert str(port) in errors
    assert "DPSGD_PORT" in errors


def test_a_setting_that_cannot_be_used_is_one_line_that_names_it() -> None:
    with start(DPSGD_PORT="http") as server:
        _, errors = server.communicate(timeout=60)
    assert server.returncode == 1
    assert errors.splitlines() == ["DPSGD_PORT must be a whole number from 0 to 65535; received 'http'."]
