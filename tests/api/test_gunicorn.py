"""What only a real gunicorn shows: the image's command, two workers as one server, and gunicorn by itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.playground import GUNICORN, Playground, wait_until_gone, whole_story
from tests.serving import ROOT, free_port, serving

LONG = 60  # epochs of 0.2 s: longer than a test watches
GET = b"GET /api/parameters HTTP/1.1\r\n"
HEAD = b"POST /api/train HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
NOT_WHOLE = {
    "a chunk's size is no number": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk's size is negative": b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
    "the chunks break off": b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}",
    "the body breaks off": b"Content-Length: 20\r\n\r\n{}",
}
# What gunicorn answers itself, or hands on: the status, and whether the answer is our problem document.
REFUSED = {
    "negative content length": (HEAD + b"Content-Length: -1\r\n\r\n{}", 400, False),
    "two content lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, False),
    "two ways to tell the length": (
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        400,
        False,
    ),
    "8 KB URL": (b"GET /api/" + b"a" * 8192 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, False),
    "two hosts": (GET + b"Host: localhost\r\nHost: evil.example\r\n\r\n", 400, False),
    "a header over two lines": (GET + b"Host: localhost\r\nX-Request-ID: a\r\n b: c\r\n\r\n", 400, False),
    "a bare line feed in a header": (GET + b"Host: localhost\r\nX-Request-ID: a\nb: c\r\n\r\n", 400, False),
    "70 KB header": (GET + b"Host: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, False),
    "foreign host": (GET + b"Host: evil.example\r\n\r\n", 400, True),
    "no host": (GET + b"\r\n", 400, True),
    "TRACE": (b"TRACE /api/train HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, True),
    "1 MB body": (HEAD + b"Content-Length: 1048576\r\n\r\n" + b" " * 2**20, 413, True),
    "an id from a textbook": (
        b"GET /api/runs/1'%20or%20'1'='1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        404,
        True,
    ),
}


def start_command() -> list[str]:
    (line,) = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    return [sys.executable, "-m", *json.loads(line.removeprefix("CMD "))]


def test_the_deployment_guide_gives_the_image_s_command() -> None:
    (line,) = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("CMD "))
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert " ".join(json.loads(line.removeprefix("CMD "))) in guide


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    with serving(start_command(), port=port, home=tmp_path_factory.mktemp("home")):
        yield port


def answer_of(port: int, request: bytes) -> tuple[int, bytes, bytes]:
    """Return status, head and body of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(2**16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head, body


@pytest.mark.parametrize("rest", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_body_that_does_not_arrive_whole_is_a_400_and_starts_nothing(port: int, rest: bytes) -> None:
    status, _, body = answer_of(port, HEAD + rest)
    assert (status, json.loads(body)["status"]) == (400, 400)


@pytest.mark.parametrize(("request_bytes", "status", "ours"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_request_is_refused_before_or_by_the_app(
    port: int, request_bytes: bytes, status: int, ours: bool
) -> None:
    answered, head, body = answer_of(port, request_bytes)
    assert answered == status
    assert (b"application/problem+json" in head) is ours
    assert not ours or json.loads(body)["status"] == status
    assert b"evil" not in head


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with Playground(tmp_path_factory.mktemp("gunicorn"), GUNICORN) as started:
        yield started


def metric(playground: Playground, name: str, **labels: str) -> float:
    """Return the value of a metric, 0 where there is none."""
    with urllib.request.urlopen(f"http://127.0.0.1:{playground.port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    values = (
        sample.value
        for family in families
        for sample in family.samples
        if (sample.name, sample.labels) == (f"dpsgd_{name}", labels)
    )
    return next(values, 0.0)


def parameters_asked(playground: Playground) -> float:
    return metric(playground, "http_requests_total", method="GET", route="/api/parameters", status="200")


def test_either_worker_tells_what_both_have_counted(playground: Playground) -> None:
    before = parameters_asked(playground)
    for _ in range(20):
        assert playground.ask("GET", "/api/parameters")[0] == 200
    assert {parameters_asked(playground) for _ in range(10)} == {before + 20}
    playground.leader()
    playground.until(lambda: metric(playground, "leader") == 1)


def test_a_worker_s_death_takes_its_state_from_the_sums_and_not_its_counts(playground: Playground) -> None:
    asked = parameters_asked(playground)
    assert asked > 0
    leader = playground.leader()
    leader.kill()
    wait_until_gone([leader], seconds=10)
    playground.until(lambda: len(playground.web_workers()) == 2)
    playground.until(lambda: metric(playground, "leader") == 1)
    assert parameters_asked(playground) == asked
    counters = Path(playground.trainer().environ()["PROMETHEUS_MULTIPROC_DIR"])
    assert list(counters.glob(f"*_{leader.pid}.db")) == []


def test_a_stopped_worker_is_replaced_and_its_run_finished(playground: Playground) -> None:
    run_id = playground.post_run(epochs=5)
    playground.event(run_id, "epoch")
    leader = playground.leader()
    leader.send_signal(signal.SIGSTOP)
    playground.event(run_id, "finished", seconds=40)
    assert not leader.is_running()
    assert whole_story(playground.events(run_id))


def test_the_log_tells_each_request_by_its_route_and_leaves_out_the_checks(playground: Playground) -> None:
    run_id = playground.post_run(epochs=1)
    playground.document(run_id)
    playground.until(lambda: "route=/api/runs/<run_id> status=200" in playground.log())
    log = playground.log()
    assert "method=POST" in log
    assert "route=/healthz" not in log
    assert run_id not in log
    assert "Traceback" not in log


def test_ctrl_c_in_a_training_gives_the_run_back_and_leaves_nothing(tmp_path: Path) -> None:
    with Playground(tmp_path, GUNICORN) as playground:
        run_id = playground.post_run(epochs=LONG)
        playground.event(run_id, "epoch")
        family = playground.family()
        counters = Path(playground.trainer().environ()["PROMETHEUS_MULTIPROC_DIR"])
        assert list(counters.glob("*.db"))
        # A terminal sends it to all processes of its group, and the arbiter then tells its workers once more.
        os.killpg(family[0].pid, signal.SIGINT)
        wait_until_gone(family, seconds=20)
        assert playground.events(run_id)[-1]["kind"] == "retrying"
        assert playground.state(run_id) == "queued"
        assert not counters.exists()
        assert "Traceback" not in playground.log()


def test_the_folder_of_a_killed_server_s_counters_goes_at_the_next_start(tmp_path: Path) -> None:
    def folder() -> Path:
        return Path(playground.trainer().environ()["PROMETHEUS_MULTIPROC_DIR"])

    (tmp_path / "other").mkdir()
    with Playground(tmp_path, GUNICORN) as playground:
        first = folder()
        with Playground(tmp_path / "other", GUNICORN):
            assert first.exists(), "it is in use"
        playground.kill()
        assert first.exists()
        playground.start()
        assert folder().exists()
        assert not first.exists()
        assert playground.terminate() < 10


class _WithoutConfiguration(Playground):
    """``gunicorn run:app`` and nothing else, but that its training is pretended: one thread, one worker."""

    def _command(self) -> list[str]:
        app = "tests.faults.server:application()"
        return [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", app]


def test_gunicorn_without_the_configuration_trains_and_never_blocks(tmp_path: Path) -> None:
    with _WithoutConfiguration(tmp_path, GUNICORN) as playground:
        body = {"mode": "real", "task": "digits", "epochs": 5}
        status, document = playground.ask("POST", "/api/train", body)
        assert (status, document["state"]) == (202, "queued"), "a wait would hold the only thread"
        assert playground.ask("GET", f"/api/runs/{document['id']}/events")[0] == 503
        assert playground.event(document["id"], "finished")["state"] == "done"
        run_id = playground.post_run(epochs=LONG)
        playground.event(run_id, "epoch")
        assert isinstance(playground.trainer(), psutil.Process)
        playground.terminate()
        assert playground.state(run_id) == "queued"
