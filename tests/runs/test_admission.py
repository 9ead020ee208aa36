"""Who is admitted: shares of a client, the queue's length, and requests that come again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.runs import admission as admission_module
from app.runs.admission import (
    Admission,
    Admitted,
    ClientLimited,
    KeyReused,
    QueueFull,
    RequestKey,
    Shares,
    Visitor,
    pseudonym,
)
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.schema import events, facts, runs

JOB = {"kind": "training", "parameters": {"epochs": 3}, "fallback": None, "notices": []}
SHARES = Shares(queue=5, active_runs=2, trainings_per_minute=3)
LOCAL = Visitor(network="127.0.0.1")
GUEST = Visitor(network="192.0.2.7", limited=True)
KEY = RequestKey(key="4e7d", request='{"epochs":3}')


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


@pytest.fixture
def admission(store: Store, lifecycle: Lifecycle) -> Admission:
    return Admission(store=store, lifecycle=lifecycle, shares=SHARES)


def every_row(store: Store) -> int:
    with store.reading() as connection:
        return len(connection.execute(select(runs.c.id)).all()) + len(
            connection.execute(select(events.c.id)).all()
        )


def end_all(lifecycle: Lifecycle, store: Store) -> None:
    with store.reading() as connection:
        ids = connection.execute(select(runs.c.id)).scalars().all()
    for run_id in ids:
        lifecycle.cancel(run_id)


def at_once(count: int, act: Callable[[], Admitted]) -> tuple[list[Admitted], list[Exception]]:
    """Return what came of ``count`` simultaneous calls: answers, and exceptions."""
    answers: list[Admitted] = []
    refusals: list[Exception] = []
    start = threading.Barrier(count)

    def one() -> None:
        start.wait()
        try:
            answers.append(act())
        except Exception as refusal:
            refusals.append(refusal)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, refusals


def test_the_queue_is_full_for_everybody_and_nothing_is_made_then(admission: Admission, store: Store) -> None:
    for _ in range(SHARES.queue):
        admission.admit(JOB, LOCAL)
    before = every_row(store)
    for refused in (lambda: admission.admit(JOB, LOCAL), lambda: admission.earlier(LOCAL)):
        with pytest.raises(QueueFull) as refusal:
            refused()
        assert refusal.value.retry_after_seconds > 0
    assert every_row(store) == before


def test_of_many_at_once_as_many_are_admitted_as_there_is_room(admission: Admission, store: Store) -> None:
    answers, refusals = at_once(16, lambda: admission.admit(JOB, LOCAL))
    assert len({answer.run_id for answer in answers}) == SHARES.queue
    assert {type(refusal) for refusal in refusals} == {QueueFull}
    assert every_row(store) == SHARES.queue


def test_a_limited_client_has_its_share_of_active_runs_and_others_have_theirs(
    admission: Admission, lifecycle: Lifecycle, store: Store
) -> None:
    for _ in range(SHARES.active_runs):
        admission.admit(JOB, GUEST)
    for refused in (lambda: admission.admit(JOB, GUEST), lambda: admission.earlier(GUEST)):
        with pytest.raises(ClientLimited, match="2 runs queued or running") as refusal:
            refused()
        assert refusal.value.retry_after_seconds > 0
    admission.admit(JOB, replace(GUEST, network="192.0.2.8"))
    lifecycle.cancel(next(iter(queued(store))))
    admission.admit(JOB, GUEST)


def queued(store: Store) -> list[str]:
    with store.reading() as connection:
        query = select(runs.c.id).where(runs.c.state == "queued").order_by(runs.c.sequence)
        return list(connection.execute(query).scalars())


@pytest.mark.parametrize("later", [61, -3600], ids=["a minute later", "after the clock was set back"])
def test_a_limited_client_starts_so_many_trainings_a_minute(
    admission: Admission, lifecycle: Lifecycle, store: Store, later: float
) -> None:
    for _ in range(SHARES.trainings_per_minute):
        admission.admit(JOB, GUEST)
        end_all(lifecycle, store)
    with pytest.raises(ClientLimited, match="3 trainings within a minute") as refusal:
        admission.admit(JOB, GUEST)
    assert 55 <= refusal.value.retry_after_seconds <= 60
    with store.writing() as connection:
        oldest = connection.execute(select(runs.c.id).order_by(runs.c.sequence).limit(1)).scalar_one()
        moved = runs.c.created_at - later
        connection.execute(update(runs).where(runs.c.id == oldest).values(created_at=moved))
    assert not admission.admit(JOB, GUEST).repeated


def test_a_client_that_is_not_limited_is_bounded_by_the_queue_alone(
    admission: Admission, lifecycle: Lifecycle, store: Store
) -> None:
    for _ in range(2 * SHARES.trainings_per_minute):
        admission.admit(JOB, LOCAL)
        end_all(lifecycle, store)


def test_a_request_that_comes_again_gets_its_run_whatever_the_limits_say(
    admission: Admission, lifecycle: Lifecycle, store: Store
) -> None:
    first = admission.admit(JOB, GUEST, KEY)
    assert not first.repeated
    again = Admitted(run_id=first.run_id, repeated=True)
    while len(queued(store)) < SHARES.queue:
        admission.admit(JOB, LOCAL)
    assert (admission.admit(JOB, GUEST, KEY), admission.earlier(GUEST, KEY)) == (again, again)
    end_all(lifecycle, store)
    assert admission.earlier(GUEST, KEY) == again


def test_one_request_sent_many_times_at_once_makes_one_run(admission: Admission, store: Store) -> None:
    answers, refusals = at_once(12, lambda: admission.admit(JOB, GUEST, KEY))
    assert refusals == []
    assert len({answer.run_id for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert len(queued(store)) == 1


def test_a_key_that_came_with_another_request_is_refused(admission: Admission, store: Store) -> None:
    admission.admit(JOB, GUEST, KEY)
    other = replace(KEY, request='{"epochs":4}')
    for refused in (lambda: admission.admit(JOB, GUEST, other), lambda: admission.earlier(GUEST, other)):
        with pytest.raises(KeyReused):
            refused()
    assert len(queued(store)) == 1


def test_another_client_s_equal_key_is_another_key(admission: Admission) -> None:
    mine = admission.admit(JOB, GUEST, KEY)
    assert admission.earlier(replace(GUEST, network="192.0.2.8"), KEY) is None
    theirs = admission.admit(JOB, replace(GUEST, network="192.0.2.8"), KEY)
    assert not theirs.repeated
    assert theirs.run_id != mine.run_id


def test_without_a_key_nothing_is_repeated(admission: Admission) -> None:
    assert admission.admit(JOB, LOCAL).run_id != admission.admit(JOB, LOCAL).run_id


def test_the_store_keeps_neither_address_nor_key_nor_request(admission: Admission, store: Store) -> None:
    admission.admit(JOB, GUEST, KEY)
    with store.reading() as connection:
        row = connection.execute(select(runs.c.client, runs.c.request_key, runs.c.request_print)).one()
        secret = connection.execute(
            select(facts.c.value).where(facts.c.name == admission_module.SECRET)
        ).scalar_one()
    assert row.client == pseudonym(secret, GUEST.network)
    assert all(len(value) == 32 and set(value) <= set("0123456789abcdef") for value in row)
    assert len(set(row)) == 3
    assert len(secret) == 64
    assert GUEST.network not in repr(GUEST)
    assert KEY.key not in repr(KEY)


def test_each_store_has_a_secret_of_its_own_and_keeps_it(admission: Admission) -> None:
    assert admission.secret() == admission.secret()
    assert pseudonym("00" * 32, "192.0.2.7") != pseudonym("11" * 32, "192.0.2.7")


def test_a_pseudonym_keeps_its_parts_apart() -> None:
    secret = "00" * 32
    assert pseudonym(secret, "ab", "c") != pseudonym(secret, "a", "bc") != pseudonym(secret, "abc")


def test_an_estimate_is_kept_with_its_run(admission: Admission, lifecycle: Lifecycle) -> None:
    admitted = admission.admit(JOB, LOCAL, estimated_seconds=12.5)
    assert lifecycle.record(admitted.run_id).estimated_seconds == 12.5
