"""Every input of the list of bad inputs, byte for byte, against the real server: gunicorn with two workers.

The tests beside this one look closer at single rules; this one holds the whole list to its answers.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.playground import GUNICORN, Playground

# A proxy's header shows the server a client from elsewhere: limits apply to it, and to no other test here.
SETTINGS = {"DPSGD_LIMITS": "auto", "DPSGD_ACTIVE_RUNS": "2"}
FIELDS = {"type", "title", "status", "detail", "errors"}


@dataclass(frozen=True)
class Answer:
    """What came back: status, header fields by their lower-case names, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


def post(body: bytes, *, content_type: str = "application/json", head: str = "") -> bytes:
    """Return a POST of ``body`` to /api/train with more lines of its head."""
    return (
        f"POST /api/train HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{head}\r\n"
    ).encode() + body


def get(path: str, *, host: str = "localhost", head: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{head}\r\n".encode()


def field(name: str, value: str) -> bytes:
    return post(f'{{"{name}": {value}}}'.encode())


LARGE = 2**20
NEGATIVE = post(b"{}").replace(b"Content-Length: 2", b"Content-Length: -1")

# What it is: the bytes, the status and, where a field is to be named, that field.
INPUTS: dict[str, tuple[bytes, int, str | None]] = {
    "truncated JSON": (post(b'{"epochs": 5'), 400, None),
    "text/plain": (post(b"{}", content_type="text/plain"), 415, None),
    "form body": (post(b"epochs=5", content_type="application/x-www-form-urlencoded"), 415, None),
    "array": (post(b"[1]"), 400, None),
    "null": (post(b"null"), 400, None),
    "string": (post(b'"x"'), 400, None),
    "number as text": (field("epochs", '"5"'), 422, "epochs"),
    "flag for a number": (field("epochs", "true"), 422, "epochs"),
    "0 epochs": (field("epochs", "0"), 422, "epochs"),
    "1e9 epochs": (field("epochs", "1e9"), 422, "epochs"),
    "5000-digit integer": (field("seed", "9" * 5000), 400, None),
    "NaN": (field("clipping_norm", "NaN"), 400, None),
    "Infinity": (field("clipping_norm", "Infinity"), 400, None),
    "1e400": (field("clipping_norm", "1e400"), 400, None),
    "clip -1": (field("clipping_norm", "-1"), 422, "clipping_norm"),
    "batch larger than N": (post(b'{"task": "digits", "batch_size": 2048}'), 422, "batch_size"),
    "unknown field": (field("lr", "0.1"), 422, "lr"),
    "__proto__": (field("__proto__", '{"epochs": 3}'), 422, "__proto__"),
    "duplicate key": (post(b'{"epochs": 5, "epochs": 6}'), 400, None),
    "dataset of a path": (field("dataset", '"../../etc/passwd"'), 422, "dataset"),
    "invalid UTF-8": (post(b'{"dataset": "\xff\xfe"}'), 400, None),
    "7000 deep": (post(b'{"epochs": ' + b"[" * 7000 + b"]" * 7000 + b"}"), 400, None),
    "1 MB body": (post(b" " * LARGE), 413, None),
    "foreign Host": (get("/api/parameters", host="evil.example"), 400, None),
    "run id of a textbook": (get("/api/runs/1'%20or%20'1'='1"), 404, None),
    "cross-site fetch": (post(b"{}", head="Sec-Fetch-Site: cross-site\r\n"), 403, None),
}
# What never reaches the application: the server in front of it, or of its pages, answers in HTML.
OUTSIDE: dict[str, tuple[bytes, int]] = {
    "negative content length": (NEGATIVE, 400),
    "8 KB URL": (get("/api/" + "a" * 8192), 414),
    "static file of the system": (get("/static/../../etc/passwd"), 404),
    "the same, encoded": (get("/static/..%2f..%2fetc%2fpasswd"), 404),
}


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with Playground(tmp_path_factory.mktemp("inputs"), GUNICORN, **SETTINGS) as started:
        yield started


def answer_of(playground: Playground, request: bytes) -> Answer:
    """Return the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", playground.port), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(2**16), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): text.strip() for name, _, text in pairs}, body)


@pytest.mark.parametrize(("request_bytes", "status", "named"), INPUTS.values(), ids=INPUTS.keys())
def test_a_bad_input_gets_its_status_and_the_one_shape(
    playground: Playground, request_bytes: bytes, status: int, named: str | None
) -> None:
    answer = answer_of(playground, request_bytes)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert set(problem) == FIELDS
    assert problem["status"] == status
    assert named is None or named in {fault["field"] for fault in problem["errors"]}


@pytest.mark.parametrize(("request_bytes", "status"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_what_does_not_reach_the_interface_is_refused_too(
    playground: Playground, request_bytes: bytes, status: int
) -> None:
    answer = answer_of(playground, request_bytes)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert b"root:" not in answer.body


def test_a_made_up_forwarding_header_does_not_evade_the_limit(playground: Playground) -> None:
    body = b'{"mode": "real", "task": "digits", "epochs": 60}'
    answers = [
        answer_of(
            playground, post(body, head=f"Prefer: respond-async\r\nX-Forwarded-For: 192.0.2.{number}\r\n")
        )
        for number in range(3)
    ]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) > 0
    for answer in answers[:2]:
        assert playground.ask("POST", f"{answer.headers['location']}/cancel")[0] == 200


@pytest.mark.parametrize(("received", "status"), [("abc", 400), ("999", 204)])
def test_a_stream_of_a_finished_run_answers_what_its_client_says_it_has(
    playground: Playground, received: str, status: int
) -> None:
    run_id = playground.post_run(epochs=1)
    playground.event(run_id, "finished")
    answer = answer_of(playground, get(f"/api/runs/{run_id}/events", head=f"Last-Event-ID: {received}\r\n"))
    assert answer.status == status


@pytest.mark.parametrize(
    "sent", ["a\rSet-Cookie: x=1", "a\nSet-Cookie: x=1", "a%0d%0aSet-Cookie: x=1", "a<b>;c"]
)
def test_a_request_id_brings_no_header_of_its_own(playground: Playground, sent: str) -> None:
    answer = answer_of(playground, get("/healthz", head=f"X-Request-ID: {sent}\r\n"))
    assert answer.status in (200, 400)  # line breaks are refused before the application is reached
    assert "set-cookie" not in answer.headers
    assert set(answer.headers.get("x-request-id", "")) <= set("0123456789abcdefghijklmnopqrstuvwxyzSCE._-")
