"""GET /api/runs/<id>/events and ?after=N through real servers: run.py, and gunicorn with two workers."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.api.event_stream import Opened
from tests.faults.playground import GUNICORN, RUN_PY, Playground, whole_story
from tests.faults.watcher import Watcher

UNKNOWN = "0" * 24
LONG = 60  # epochs of 0.2 s: longer than a test watches


@pytest.fixture(scope="module", params=[RUN_PY, GUNICORN])
def playground(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    with Playground(tmp_path_factory.mktemp("events"), request.param) as started:
        yield started


@pytest.fixture(scope="module")
def ended(playground: Playground) -> str:
    """Return a run that has ended."""
    run_id = playground.post_run(epochs=2)
    playground.event(run_id, "finished")
    return run_id


@pytest.fixture
def running(playground: Playground) -> Iterator[str]:
    """Return a run that trains until the test is over."""
    run_id = playground.post_run(epochs=LONG)
    playground.event(run_id, "epoch")
    yield run_id
    assert playground.ask("POST", f"/api/runs/{run_id}/cancel")[0] == 200


def address(run_id: str) -> str:
    return f"/api/runs/{run_id}/events"


def problem(opened: Opened, status: int) -> dict[str, Any]:
    assert opened.status == status
    assert opened.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = opened.json()
    assert body["status"] == status
    return body


def test_a_stream_is_what_event_sources_and_proxies_expect(playground: Playground, ended: str) -> None:
    with Opened(playground.port, address(ended)) as opened:
        assert opened.status == 200
        assert opened.headers.get_content_type() == "text/event-stream"
        assert opened.headers["Cache-Control"] == "no-cache, no-transform"
        assert opened.headers["X-Accel-Buffering"] == "no"
        assert opened.headers["X-Content-Type-Options"] == "nosniff"
        lines = list(opened.lines())
    assert lines[:4] == ["retry: 2000", "", "id: 1", "event: started"]
    assert lines[-1] == ""


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "application/json", "text/html;q=0.9"])
def test_any_accept_header_will_do(playground: Playground, ended: str, accept: str) -> None:
    with Opened(playground.port, address(ended), headers={"Accept": accept}) as opened:
        assert (opened.status, opened.headers.get_content_type()) == (200, "text/event-stream")


def test_a_finished_run_is_replayed_whole(playground: Playground, ended: str) -> None:
    with Opened(playground.port, address(ended)) as opened:
        told = list(opened.events())
    stored = [{name: event[name] for name in event if name != "at"} for event in playground.events(ended)]
    assert told == stored
    assert whole_story(told)


@pytest.mark.parametrize("resume", ["header", "address", "both"])
def test_a_stream_goes_on_behind_the_last_event_that_came(
    playground: Playground, ended: str, resume: str
) -> None:
    last = len(playground.events(ended))
    headers = {"Last-Event-ID": str(last - 2)} if resume != "address" else {}
    query = {"header": "", "address": f"?after={last - 2}", "both": "?after=0"}[resume]
    with Opened(playground.port, address(ended) + query, headers=headers) as opened:
        assert [event["id"] for event in opened.events()] == [last - 1, last]


@pytest.mark.parametrize("beyond", [0, 1, 10**9])
def test_behind_the_end_of_a_finished_run_there_is_nothing_to_wait_for(
    playground: Playground, ended: str, beyond: int
) -> None:
    last = len(playground.events(ended))
    with Opened(playground.port, address(ended), headers={"Last-Event-ID": str(last + beyond)}) as opened:
        assert (opened.status, opened.response.read()) == (204, b"")


@pytest.mark.parametrize(
    "received", ["", "abc", "-1", "1.5", "1e3", "0x10", "+1", "1 2", "9" * 19, "9" * 6000]
)
def test_a_last_event_id_that_is_none_is_a_400(playground: Playground, ended: str, received: str) -> None:
    with Opened(playground.port, address(ended), headers={"Last-Event-ID": received}) as opened:
        assert "Last-Event-ID" in problem(opened, 400)["detail"]


def test_a_last_event_id_ahead_of_a_running_run_is_a_400(playground: Playground, running: str) -> None:
    with Opened(playground.port, address(running), headers={"Last-Event-ID": "99999"}) as opened:
        assert "ahead of the run" in problem(opened, 400)["detail"]


@pytest.mark.parametrize("suffix", ["/events", "/events?after=0", "?after=0", ""])
def test_an_unknown_run_is_a_404_before_any_stream(playground: Playground, suffix: str) -> None:
    with Opened(playground.port, f"/api/runs/{UNKNOWN}{suffix}") as opened:
        problem(opened, 404)


@pytest.mark.parametrize("suffix", ["", "/events"])
@pytest.mark.parametrize("received", ["abc", "-1", "", "1.5", "%D9%A1", "9" * 19])
def test_an_after_that_is_no_id_is_a_422_that_names_it(
    playground: Playground, ended: str, suffix: str, received: str
) -> None:
    path = f"/api/runs/{ended}{suffix}?after={received}"
    with Opened(playground.port, path) as opened:
        assert [fault["field"] for fault in problem(opened, 422)["errors"]] == ["after"]
    with Opened(playground.port, path, headers={"Last-Event-ID": "0"}) as opened:  # which goes before it
        problem(opened, 422)


def test_a_head_request_shows_the_headers_and_keeps_no_seat(playground: Playground, running: str) -> None:
    for _ in range(5):
        with Opened(playground.port, address(running), method="HEAD") as opened:
            assert opened.status == 200
            assert opened.headers.get_content_type() == "text/event-stream"
            assert opened.response.read() == b""


def test_a_poller_gets_the_document_and_what_is_new(playground: Playground, ended: str) -> None:
    _, document = playground.ask("GET", f"/api/runs/{ended}")
    last = len(playground.events(ended))
    status, news = playground.ask("GET", f"/api/runs/{ended}?after={last - 1}")
    assert status == 200
    assert [(event["id"], event["kind"]) for event in news.pop("events")] == [(last, "finished")]
    assert news.pop("last_event_id") == last
    assert news == document
    assert playground.ask("GET", f"/api/runs/{ended}?after=999")[1]["events"] == []


def test_polling_a_live_run_misses_nothing_and_tells_nothing_twice(playground: Playground) -> None:
    run_id = playground.post_run(epochs=4)
    told: list[dict[str, Any]] = []
    last, state = 0, "queued"
    while state in ("queued", "running"):
        news = playground.ask("GET", f"/api/runs/{run_id}?after={last}")[1]
        told += news["events"]
        last, state = news["last_event_id"], news["state"]
    assert whole_story(told)
    assert len(told) == len(playground.events(run_id))


def test_a_stream_cut_again_and_again_has_no_gap(playground: Playground) -> None:
    run_id = playground.post_run(epochs=5)
    told: list[int] = []
    while True:
        headers = {"Last-Event-ID": str(len(told))} if told else {}
        with Opened(playground.port, address(run_id), headers=headers) as opened:
            if opened.status == 204:
                break
            for event, _ in zip(opened.events(), range(3), strict=False):
                told.append(event["id"])
    assert told == [event["id"] for event in playground.events(run_id)]


def test_curl_shows_a_live_run_to_its_end(playground: Playground) -> None:
    curl = shutil.which("curl")
    assert curl, "curl is missing; cure: apt-get install curl"
    run_id = playground.post_run(epochs=3)
    command = [curl, "-sN", "--max-time", "30", f"http://127.0.0.1:{playground.port}{address(run_id)}"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    data = [
        json.loads(line.removeprefix("data: ")) for line in shown.splitlines() if line.startswith("data: ")
    ]
    assert [event["kind"] for event in data][:1] == ["started"]
    assert data[-1]["kind"] == "finished"
    assert [event["epoch"] for event in data if event["kind"] == "epoch"] == [1, 2, 3]


def test_a_waiting_post_is_answered_when_its_run_has_ended(playground: Playground) -> None:
    body = {"mode": "real", "task": "digits", "epochs": 2}
    status, document = playground.ask("POST", "/api/train", body)
    assert (status, document["state"], len(document["epochs"])) == (200, "done", 2)


def test_each_worker_streams_what_the_leader_s_training_tells(tmp_path: Path) -> None:
    with Playground(tmp_path, GUNICORN) as playground, ExitStack() as streams:
        run_id = playground.post_run(epochs=8)
        leader = playground.leader().pid
        by_worker: dict[bool, Opened] = {}
        for _ in range(100):
            opened = streams.enter_context(Opened(playground.port, address(run_id)))
            by_worker.setdefault(leader == serving(playground, opened), opened)
            if len(by_worker) == 2:
                break
        assert set(by_worker) == {True, False}, "one worker took every connection"
        told = [list(opened.events()) for opened in by_worker.values()]
        assert told[0] == told[1]
        assert whole_story(told[0])


def serving(playground: Playground, opened: Opened) -> int:
    """Return the process that holds the other end of the connection."""
    for worker in playground.web_workers():
        for connection in worker.net_connections("tcp"):
            if connection.raddr and connection.raddr.port == opened.port:
                return int(worker.pid)
    raise AssertionError("no worker has this connection")


def test_past_the_seats_a_stream_is_refused_and_a_post_does_not_wait(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY, DPSGD_STREAMS="2") as playground, ExitStack() as streams:
        run_id = playground.post_run(epochs=LONG)
        seated = [streams.enter_context(Opened(playground.port, address(run_id))) for _ in range(2)]
        assert [opened.status for opened in seated] == [200, 200]
        with Opened(playground.port, address(run_id)) as refused:
            assert int(refused.headers["Retry-After"]) > 0
            assert "?after=N" in problem(refused, 503)["detail"]
        assert playground.ask("GET", f"/api/runs/{run_id}?after=0")[0] == 200
        assert playground.ask("POST", "/api/train", {"mode": "real", "task": "digits"})[0] == 202
        seated[0].close()
        playground.until(lambda: is_served(playground, run_id), seconds=5)


def is_served(playground: Playground, run_id: str) -> bool:
    with Opened(playground.port, address(run_id)) as opened:
        return opened.status == 200


def test_a_waiting_client_that_hangs_up_frees_its_seat(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY, DPSGD_STREAMS="1") as playground:
        run_id = playground.post_run(epochs=LONG)
        body = b'{"mode": "real", "task": "digits"}'
        head = f"POST /api/train HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection(("127.0.0.1", playground.port)) as waiting:
            waiting.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
            playground.until(lambda: not is_served(playground, run_id), seconds=5)
        playground.until(lambda: is_served(playground, run_id), seconds=5)


def test_a_stream_that_has_reached_its_age_ends_and_is_resumed_without_a_gap(tmp_path: Path) -> None:
    with Playground(tmp_path, RUN_PY, DPSGD_STREAM_SECONDS="1") as playground:
        run_id = playground.post_run(epochs=15)
        watcher = Watcher(playground.port, run_id)
        with Opened(playground.port, address(run_id)) as opened:
            told = list(opened.events())  # it ends as a whole body does, not as a connection that broke
        assert told[-1]["kind"] != "finished"
        assert watcher.join(30).connections > 1
        assert watcher.ids == [event["id"] for event in playground.events(run_id)]


@pytest.mark.parametrize("kind", [RUN_PY, GUNICORN])
def test_a_server_that_stops_ends_its_streams_and_answers_who_waits(tmp_path: Path, kind: str) -> None:
    with Playground(tmp_path, kind) as playground:
        run_id = playground.post_run(epochs=LONG)
        answers: list[Any] = []

        def wait_for_a_run() -> None:
            answers.append(playground.ask("POST", "/api/train", {"mode": "real", "task": "digits"}))

        def watch() -> None:
            with Opened(playground.port, address(run_id)) as opened:
                answers.append(list(opened.events()))

        threads = [threading.Thread(target=target) for target in (watch, wait_for_a_run)]
        for thread in threads:
            thread.start()
        playground.until(lambda: playground.count("queued") == 1)
        playground.event(run_id, "epoch")
        assert playground.terminate() < 10
        for thread in threads:
            thread.join(timeout=5)
        (told,) = (answer for answer in answers if isinstance(answer, list))
        assert [event["id"] for event in told] == list(range(1, len(told) + 1))
        ((status, document),) = (answer for answer in answers if isinstance(answer, tuple))
        assert (status, document["state"]) == (202, "queued")
