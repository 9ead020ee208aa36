"""What the run service gives to those who follow a run: streams, news for pollers, and waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import Finished, Progress
from app.parameters import RunParameters
from app.runs.following.seats import NoSeat
from app.runs.service import NoSuchEvent, RunService
from app.runs.store.records import Claim, NewRun, UnknownRun
from app.settings import Settings
from tests.runs.conftest import until
from tests.runs.following.test_stream import ids, numbers

UNKNOWN = "0" * 24


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunService]:
    service = RunService(Settings(store=str(tmp_path / "runs.sqlite"), streams=2))
    monkeypatch.setattr(service.dispatcher, "start", lambda: None)  # the tests write the runs themselves
    yield service
    service.close()


@pytest.fixture
def claim(service: RunService, parameters: RunParameters) -> Claim:
    """Return a running run with three events: started and two of progress."""
    job = {"parameters": parameters.to_dict(), "fallback": None, "notices": []}
    with service.store.writing() as connection:
        service.lifecycle.admit(connection, NewRun(job=job, client="a"))
    claim = service.lifecycle.claim()
    assert claim is not None
    steps = [Progress(steps=number, steps_total=23, epsilon=None) for number in (1, 2)]
    service.lifecycle.append(claim.run_id, claim.owner, steps)
    return claim


def finish(service: RunService, claim: Claim) -> None:
    finished = Finished(state="done", steps=2, training_seconds=0.5)
    service.lifecycle.finish(claim.run_id, claim.owner, [], finished)


@pytest.mark.parametrize("after", [0, 2, 3])
def test_a_running_run_streams_from_where_the_client_is(
    service: RunService, claim: Claim, after: int
) -> None:
    stream = service.stream(claim.run_id, after=after)
    assert stream is not None
    finish(service, claim)
    assert ids(b"".join(stream)) == numbers(after + 1, 4)
    stream.close()
    assert service.seats.taken == 0


def test_the_next_stream_of_a_watched_run_asks_the_store_for_nothing(
    service: RunService, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds that come at once, as after a server's start, would each hold the others up by a query."""
    first = service.stream(claim.run_id, after=0)
    assert first is not None
    until(lambda: service._tailer.follows(claim.run_id, 3))
    assert not service._tailer.follows(claim.run_id, 4), "an event to come is for the store to know"
    with monkeypatch.context() as patch:
        patch.setattr(service, "_mark", lambda run_id: pytest.fail("the store was asked"))
        second = service.stream(claim.run_id, after=1)
    assert second is not None
    finish(service, claim)
    assert ids(b"".join(second)) == numbers(2, 4)
    first.close()
    second.close()


@pytest.mark.parametrize("after", [4, 5, 999])
def test_of_a_run_that_has_ended_before_it_no_event_will_follow(
    service: RunService, claim: Claim, after: int
) -> None:
    finish(service, claim)
    assert service.stream(claim.run_id, after=after) is None
    assert service.seats.taken == 0


@pytest.mark.parametrize("after", [4, 999])
def test_nothing_streams_behind_an_event_that_is_still_to_come(
    service: RunService, claim: Claim, after: int
) -> None:
    with pytest.raises(NoSuchEvent, match="last event so far is 3"):
        service.stream(claim.run_id, after=after)
    assert service.seats.taken == 0


def test_an_unknown_run_has_no_stream_no_news_and_no_end(service: RunService) -> None:
    with pytest.raises(UnknownRun):
        service.stream(UNKNOWN, after=0)
    with pytest.raises(UnknownRun):
        service.news(UNKNOWN, 0)
    with pytest.raises(UnknownRun):
        service.wait(UNKNOWN, 0.1)


def test_streams_and_waiting_share_the_seats(service: RunService, claim: Claim) -> None:
    waiting = threading.Thread(target=service.wait, args=(claim.run_id, 20.0))
    waiting.start()
    until(lambda: service.seats.taken == 1)
    stream = service.stream(claim.run_id, after=0)
    assert stream is not None
    with pytest.raises(NoSeat):
        service.stream(claim.run_id, after=0)
    assert service.wait(claim.run_id, 20.0) is False  # at once, for want of a seat
    stream.close()
    again = service.stream(claim.run_id, after=0)
    assert again is not None
    again.close()
    finish(service, claim)
    waiting.join(timeout=5.0)
    assert not waiting.is_alive()
    assert service.seats.taken == 0


def test_a_run_that_has_ended_is_not_waited_for_and_needs_no_seat(service: RunService, claim: Claim) -> None:
    finish(service, claim)
    with service.seats.take(), service.seats.take():
        assert service.wait(claim.run_id, 20.0) is True


@pytest.mark.parametrize(("after", "expected"), [(0, [1, 2, 3]), (2, [3]), (3, []), (99, [])])
def test_news_are_the_document_and_the_events_behind_one(
    service: RunService, claim: Claim, after: int, expected: list[int]
) -> None:
    news = service.news(claim.run_id, after)
    assert [event["id"] for event in news["events"]] == expected
    assert news["last_event_id"] == 3
    del news["events"], news["last_event_id"]
    assert news == service.document(claim.run_id)


def test_a_poller_misses_nothing_and_hears_nothing_twice(service: RunService, claim: Claim) -> None:
    heard: list[int] = []
    last = 0
    for steps in range(3, 8):
        news = service.news(claim.run_id, last)
        heard += [event["id"] for event in news["events"]]
        last = news["last_event_id"]
        event = Progress(steps=steps, steps_total=23, epsilon=None)
        service.lifecycle.append(claim.run_id, claim.owner, [event])
    finish(service, claim)
    heard += [event["id"] for event in service.news(claim.run_id, last)["events"]]
    assert heard == numbers(1, 9)
    assert service.news(claim.run_id, 8)["events"] == [
        {"id": 9, "kind": "finished", "state": "done", "steps": 2, "training_seconds": 0.5, "error": None}
    ]
