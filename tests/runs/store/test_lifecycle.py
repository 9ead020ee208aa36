"""What may happen to a run, and what is refused; on each kind of store."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from app.events import Event, Fallback, Finished, Phase, Progress, Retrying, Started
from app.runs.store import transitions
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, Fenced, NewRun, UnknownRun
from app.runs.store.schema import runs

JOB = {"kind": "training", "parameters": {"epochs": 3}, "fallback": None, "notices": []}
TRAINING = Phase(phase="training")
DONE = Finished(state="done", steps=23, training_seconds=1.5)


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


def queue(lifecycle: Lifecycle, store: Store, **changes: Any) -> str:
    with store.writing() as connection:
        return lifecycle.admit(connection, replace(NewRun(job=JOB, client="c"), **changes))


def claimed(lifecycle: Lifecycle, store: Store) -> Claim:
    queue(lifecycle, store)
    claim = lifecycle.claim()
    assert claim is not None
    return claim


def progress(steps: int) -> Progress:
    return Progress(steps=steps, steps_total=23, epsilon=0.5)


def told(lifecycle: Lifecycle, run_id: str) -> list[Event]:
    """Return the run's events, whose ids are checked to be 1..n."""
    entries = lifecycle.entries(run_id)
    assert [entry.id for entry in entries] == list(range(1, len(entries) + 1))
    assert lifecycle.record(run_id).last_event == len(entries)
    return [entry.event for entry in entries]


def test_runs_are_claimed_in_the_order_they_came_each_with_its_own_token(
    lifecycle: Lifecycle, store: Store
) -> None:
    ids = [queue(lifecycle, store) for _ in range(3)]
    claims = [lifecycle.claim() for _ in range(4)]
    assert [claim and claim.run_id for claim in claims] == [*ids, None]
    assert len({claim.owner for claim in claims if claim}) == 3
    assert all(claim.attempt == 1 and claim.job == JOB for claim in claims if claim)


def test_claims_at_the_same_time_never_give_one_run_twice(lifecycle: Lifecycle, store: Store) -> None:
    ids = {queue(lifecycle, store) for _ in range(12)}
    claims: list[Claim | None] = []

    def take() -> None:
        for _ in range(4):
            claims.append(lifecycle.claim())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [claim.run_id for claim in claims if claim]
    assert len(got) == len(set(got))
    assert set(got) <= ids
    while (claim := lifecycle.claim()) is not None:  # SKIP LOCKED may have left some behind
        got.append(claim.run_id)
    assert set(got) == ids


def test_a_run_ends_once_with_its_last_event(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.enter(claim.run_id, claim.owner)
    lifecycle.append(claim.run_id, claim.owner, [TRAINING, progress(7)])
    lifecycle.finish(claim.run_id, claim.owner, [progress(23)], DONE)
    assert told(lifecycle, claim.run_id) == [Started(attempt=1), TRAINING, progress(7), progress(23), DONE]
    record = lifecycle.record(claim.run_id)
    assert record.state == "done"
    assert record.ended_at is not None
    with pytest.raises(Fenced):
        lifecycle.finish(claim.run_id, claim.owner, [], DONE)
    assert lifecycle.lose(claim.run_id, claim.owner, why="late", crash=True) is None
    assert len(told(lifecycle, claim.run_id)) == 5


def test_who_does_not_own_the_attempt_writes_nothing(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    assert lifecycle.lose(claim.run_id, claim.owner, why="it hung", crash=True) == "queued"
    present = lifecycle.claim()
    assert present is not None
    assert (present.run_id, present.attempt) == (claim.run_id, 2)
    attempts = (
        lambda: lifecycle.append(claim.run_id, claim.owner, [TRAINING]),
        lambda: lifecycle.beat(claim.run_id, claim.owner),
        lambda: lifecycle.enter(claim.run_id, claim.owner),
        lambda: lifecycle.finish(claim.run_id, claim.owner, [], DONE),
        lambda: lifecycle.cancel_requested(claim.run_id, claim.owner),
    )
    for write in attempts:
        with pytest.raises(Fenced):
            write()
    assert told(lifecycle, claim.run_id) == [
        Started(attempt=1),
        Retrying(attempt=1, why="it hung"),
        Started(attempt=2),
    ]


def test_only_the_first_may_enter_an_attempt(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.enter(claim.run_id, claim.owner)
    with pytest.raises(Fenced):
        lifecycle.enter(claim.run_id, claim.owner)


def test_the_next_attempt_may_be_entered_too(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.enter(claim.run_id, claim.owner)
    lifecycle.lose(claim.run_id, claim.owner, why="it hung", crash=True)
    present = lifecycle.claim()
    assert present is not None
    lifecycle.enter(present.run_id, present.owner)


@pytest.mark.parametrize("sign", ["append", "beat"])
def test_what_an_attempt_writes_is_a_sign_of_life(lifecycle: Lifecycle, store: Store, sign: str) -> None:
    claim = claimed(lifecycle, store)
    (before,) = lifecycle.running()
    if sign == "append":
        lifecycle.append(claim.run_id, claim.owner, [TRAINING])
    else:
        lifecycle.beat(claim.run_id, claim.owner)
    (after,) = lifecycle.running()
    assert after.heartbeat > before.heartbeat


def test_an_event_that_no_viewer_could_read_is_not_written(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    with pytest.raises(ValueError, match="JSON compliant"):
        lifecycle.append(claim.run_id, claim.owner, [replace(progress(3), epsilon=math.nan)])
    assert told(lifecycle, claim.run_id) == [Started(attempt=1)]


def test_events_are_read_a_page_at_a_time(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.append(claim.run_id, claim.owner, [progress(steps) for steps in range(5)])
    assert [id for id, _ in lifecycle.raw(claim.run_id, after=1, limit=2)] == [2, 3]


def test_a_server_s_end_is_no_crash_of_the_run(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.lose(claim.run_id, claim.owner, why="it was stopped", crash=False)
    second = lifecycle.claim()
    assert second is not None
    assert lifecycle.lose(second.run_id, second.owner, why="it died", crash=True) == "queued"


def test_a_crash_is_forgiven_once_and_the_second_fails_in_human_words(
    lifecycle: Lifecycle, store: Store
) -> None:
    claim = claimed(lifecycle, store)
    lose = {"why": "signal 9", "crash": True}
    assert lifecycle.lose(claim.run_id, claim.owner, **lose) == "queued"  # type: ignore[arg-type]
    second = lifecycle.claim()
    assert second is not None
    state = lifecycle.lose(second.run_id, second.owner, new=[progress(9)], **lose)  # type: ignore[arg-type]
    assert state == "failed"
    finished = told(lifecycle, claim.run_id)[-1]
    assert isinstance(finished, Finished)
    assert (finished.state, finished.steps) == ("failed", 9)
    assert finished.error is not None
    assert finished.error["kind"] == "lost"
    assert "signal 9" in finished.error["message"]
    assert "again when it was retried" in finished.error["message"]


def test_a_server_s_end_is_forgiven_until_it_looks_like_the_run_s_fault(
    lifecycle: Lifecycle, store: Store
) -> None:
    run_id = queue(lifecycle, store)
    states = []
    while (claim := lifecycle.claim()) is not None:
        states.append(lifecycle.lose(run_id, claim.owner, why="it was stopped", crash=False))
    assert states == ["queued"] * (transitions.ATTEMPTS_ALLOWED - 1) + ["failed"]


def test_a_claim_tells_what_each_lost_attempt_spent(lifecycle: Lifecycle, store: Store) -> None:
    first = claimed(lifecycle, store)
    lifecycle.lose(first.run_id, first.owner, why="x", crash=False, new=[progress(3), progress(7)])
    second = lifecycle.claim()
    assert second is not None
    fallback = Fallback(parameters={}, reason="no data")
    lifecycle.lose(second.run_id, second.owner, why="x", crash=False, new=[fallback, progress(5)])
    third = lifecycle.claim()
    assert third is not None
    assert first.earlier == []
    assert third.earlier == [{"steps": 7, "fallback": False}, {"steps": 5, "fallback": True}]


def test_a_run_put_back_keeps_its_place_before_later_ones(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    later = queue(lifecycle, store)
    lifecycle.lose(claim.run_id, claim.owner, why="x", crash=False)
    assert [c.run_id for c in (lifecycle.claim(), lifecycle.claim()) if c] == [claim.run_id, later]


def test_cancelling_a_queued_run_ends_it_at_once(lifecycle: Lifecycle, store: Store) -> None:
    run_id = queue(lifecycle, store)
    assert lifecycle.cancel(run_id) == "cancelled"
    assert lifecycle.claim() is None
    assert told(lifecycle, run_id) == [Finished(state="cancelled", steps=0, training_seconds=0.0)]
    assert lifecycle.cancel(run_id) == "cancelled"
    assert len(told(lifecycle, run_id)) == 1


def test_cancelling_a_running_run_asks_its_keeper(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    assert not lifecycle.cancel_requested(claim.run_id, claim.owner)
    assert lifecycle.cancel(claim.run_id) == "running"
    assert lifecycle.cancel_requested(claim.run_id, claim.owner)


def test_a_run_that_is_lost_while_it_shall_stop_has_stopped(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.append(claim.run_id, claim.owner, [progress(7)])
    lifecycle.cancel(claim.run_id)
    assert lifecycle.lose(claim.run_id, claim.owner, why="signal 9", crash=True) == "cancelled"
    finished = told(lifecycle, claim.run_id)[-1]
    assert isinstance(finished, Finished)
    assert (finished.state, finished.steps, finished.error) == ("cancelled", 7, None)


def test_steps_of_an_earlier_attempt_are_not_taken_for_the_present_one_s(
    lifecycle: Lifecycle, store: Store
) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.lose(claim.run_id, claim.owner, why="x", crash=True, new=[progress(20)])
    second = lifecycle.claim()
    assert second is not None
    lifecycle.lose(second.run_id, second.owner, why="x", crash=True)
    finished = told(lifecycle, claim.run_id)[-1]
    assert isinstance(finished, Finished)
    assert finished.steps == 0


@pytest.mark.parametrize("run_id", ["", "1' or '1'='1", "0" * 24])
def test_an_unknown_run_is_named_as_such(lifecycle: Lifecycle, run_id: str) -> None:
    with pytest.raises(UnknownRun):
        lifecycle.record(run_id)
    with pytest.raises(UnknownRun):
        lifecycle.cancel(run_id)
    assert lifecycle.entries(run_id) == []


def test_run_ids_carry_96_bits(lifecycle: Lifecycle, store: Store) -> None:
    first, second = queue(lifecycle, store), queue(lifecycle, store)
    assert len(first) == len(second) == 24
    assert first != second


def test_an_entry_after_an_id_and_marks_tell_what_is_new(lifecycle: Lifecycle, store: Store) -> None:
    claim = claimed(lifecycle, store)
    lifecycle.append(claim.run_id, claim.owner, [TRAINING, progress(7)])
    assert [entry.id for entry in lifecycle.entries(claim.run_id, after=1)] == [2, 3]
    assert lifecycle.marks([claim.run_id, "unknown"]) == {claim.run_id: (3, "running")}


def test_those_ahead_are_the_running_and_the_earlier_queued(lifecycle: Lifecycle, store: Store) -> None:
    running = claimed(lifecycle, store).run_id
    first, second, third = (queue(lifecycle, store) for _ in range(3))
    ahead = lifecycle.ahead(lifecycle.record(second))
    assert [record.id for record in ahead] == [running, first]
    assert third not in {record.id for record in ahead}


def test_old_finished_runs_are_deleted_with_their_events_and_no_others(
    lifecycle: Lifecycle, store: Store
) -> None:
    old = claimed(lifecycle, store)
    lifecycle.finish(old.run_id, old.owner, [], DONE)
    with store.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == old.run_id).values(ended_at=1000.0))
    fresh = claimed(lifecycle, store)
    lifecycle.finish(fresh.run_id, fresh.owner, [], DONE)
    waiting = queue(lifecycle, store)
    assert lifecycle.retire(ended_before=2000.0) == 1
    with pytest.raises(UnknownRun):
        lifecycle.record(old.run_id)
    assert lifecycle.entries(old.run_id) == []
    assert lifecycle.record(fresh.run_id).state == "done"
    assert lifecycle.record(waiting).state == "queued"
