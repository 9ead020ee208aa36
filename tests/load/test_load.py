"""What the program of the load targets measures with, at a size for every day: answers, not times."""

from __future__ import annotations

import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.playground import GUNICORN, Playground
from tests.load import clients, scenarios
from tests.load.table import Row, table
from tests.serving import free_port

QUEUE = 5
STREAMS = 10  # of each worker
LONG = 60  # epochs of 0.2 s: longer than a test takes


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    settings = {"DPSGD_QUEUE_LIMIT": str(QUEUE), "DPSGD_STREAMS": str(STREAMS)}
    with Playground(tmp_path_factory.mktemp("load"), GUNICORN, **settings) as started:
        yield started


@pytest.fixture(scope="module")
def running(playground: Playground) -> str:
    run_id = playground.post_run(epochs=LONG)
    playground.event(run_id, "epoch")
    return run_id


def test_of_60_posts_at_once_as_many_are_accepted_as_may_wait_and_nothing_is_half_made(
    playground: Playground, running: str
) -> None:
    answers = clients.at_once(playground.port, [scenarios.TRAINING] * 60)
    assert Counter(answer.status for answer in answers) == {202: QUEUE, 503: 60 - QUEUE}
    assert scenarios.admitted_whole(playground, answers, running=running, places=QUEUE)
    assert {answer.json["detail"] for answer in answers if answer.status == 503} == {
        "The queue is full. Try again in 30 seconds."
    }


def test_of_30_streams_at_once_as_many_are_served_as_there_are_seats(
    playground: Playground, running: str
) -> None:
    path = f"/api/runs/{running}/events"
    assert clients.streams_at_once(playground.port, path, 30, tries=8, hold=5.0) == (2 * STREAMS, 10)
    assert [answer.status for answer in clients.at_once(playground.port, [clients.HEALTH] * 20)] == [200] * 20


def test_simulations_are_answered_at_their_rate(playground: Playground) -> None:
    answers = clients.at_rate(playground.port, scenarios.simulations_of(20), 20.0)
    assert [answer.status for answer in answers] == [200] * 20
    assert {answer.json["state"] for answer in answers} == {"done"}


class _Slow(socketserver.BaseRequestHandler):
    """Answers one request after the other, each after a tenth of a second."""

    def handle(self) -> None:
        self.request.recv(2**16)
        time.sleep(0.1)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_a_request_s_time_counts_from_when_it_was_due() -> None:
    """Five at once for a server that takes one: the last has waited for all, which its time must show."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Slow) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        answers = clients.at_once(server.server_address[1], [clients.HEALTH] * 5)
        server.shutdown()
    assert [answer.status for answer in answers] == [200] * 5
    assert max(answer.seconds for answer in answers) >= 0.5


def test_a_connection_that_fails_is_counted_as_no_answer() -> None:
    assert [answer.status for answer in clients.at_rate(free_port(), [clients.HEALTH] * 3, 100.0)] == [
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    ("rounds", "kept", "verdict"),
    [
        ([1.0, 2.0, 3.0], True, "met"),
        ([1.0, 2.0, 9.0], True, "met; not in 1 of 3"),
        ([1.0, 9.0, 9.0], True, "NOT MET"),
        ([1.0, 1.0, 1.0], False, "NOT MET"),
    ],
)
def test_a_target_is_met_by_the_median_and_what_goes_with_it(
    rounds: list[float], kept: bool, verdict: str
) -> None:
    row = Row(target="answers", unit="s", limit=5.0, rounds=rounds, kept=kept)
    assert row.verdict == verdict
    assert verdict in table([row])


def test_the_server_stays_on_its_cores(tmp_path: Path) -> None:
    machine = scenarios.Machine(server=(0,), clients=(0,), rounds=1, seconds=1.0)
    with Playground(tmp_path, GUNICORN) as playground:
        playground.terminate()
        playground.start(before=machine.before)
        assert {tuple(process.cpu_affinity()) for process in playground.family()} == {(0,)}
