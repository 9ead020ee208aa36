"""In what order runs are started, what counts as one request, and what is deleted together; on each store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.events import Finished
from app.runs.admission import Admission, ClientLimited, QueueFull, Shares, Visitor
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun, UnknownRun
from app.runs.store.schema import runs, sweep_runs, sweeps

JOB: dict[str, Any] = {"kind": "training", "parameters": {}, "fallback": None, "notices": []}
DONE = Finished(state="done", steps=23, training_seconds=1.5)
GUEST = Visitor(network="192.0.2.7", limited=True)


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


def single(lifecycle: Lifecycle, store: Store) -> str:
    with store.writing() as connection:
        return lifecycle.admit(connection, NewRun(job=JOB, client="c"))


def sweep(lifecycle: Lifecycle, store: Store, name: str, *, runs: int) -> list[str]:
    """Return the ids of the runs of a new sweep, by position."""
    with store.writing() as connection:
        ids = [lifecycle.admit(connection, NewRun(job=JOB, client="c")) for _ in range(runs)]
        connection.execute(insert(sweeps).values(id=name, grid="{}", created_at=time.time()))
        members = [{"run_id": id, "sweep_id": name, "position": place} for place, id in enumerate(ids)]
        connection.execute(insert(sweep_runs), members)
    return ids


def end_next(lifecycle: Lifecycle) -> str:
    """Claim and end the run whose turn it is, and return its id."""
    claim = lifecycle.claim()
    assert claim is not None
    lifecycle.finish(claim.run_id, claim.owner, [], DONE)
    return claim.run_id


def age(store: Store, run_ids: Sequence[str]) -> None:
    """Let the runs have ended in 1970."""
    with store.writing() as connection:
        connection.execute(update(runs).where(runs.c.id.in_(run_ids)).values(ended_at=1000.0))


def test_a_single_run_behind_a_sweep_of_many_starts_next(lifecycle: Lifecycle, store: Store) -> None:
    many = sweep(lifecycle, store, "a", runs=60)
    assert end_next(lifecycle) == many[0]
    mine = single(lifecycle, store)
    ahead = lifecycle.ahead(lifecycle.record(mine))
    assert ahead == []
    assert end_next(lifecycle) == mine
    assert end_next(lifecycle) == many[1]


def test_sweeps_share_by_turns_what_single_runs_leave(lifecycle: Lifecycle, store: Store) -> None:
    first = sweep(lifecycle, store, "a", runs=3)
    second = sweep(lifecycle, store, "b", runs=2)
    alone = [single(lifecycle, store) for _ in range(2)]
    expected = [*alone, first[0], second[0], first[1], second[1], first[2]]
    assert [record.id for record in lifecycle.line()] == expected
    assert [end_next(lifecycle) for _ in expected] == expected


def test_who_is_ahead_is_who_is_started_before(lifecycle: Lifecycle, store: Store) -> None:
    first = sweep(lifecycle, store, "a", runs=3)
    running = lifecycle.claim()
    assert running is not None
    second = sweep(lifecycle, store, "b", runs=2)
    alone = single(lifecycle, store)
    waiting = [alone, second[0], first[1], second[1], first[2]]
    for place, run_id in enumerate(waiting):
        ahead = lifecycle.ahead(lifecycle.record(run_id))
        assert {record.id for record in ahead} == {running.run_id, *waiting[:place]}
        assert [record.id for record in ahead if record.state == "queued"] == waiting[:place]


def test_a_run_that_is_tried_again_keeps_its_turn(lifecycle: Lifecycle, store: Store) -> None:
    many = sweep(lifecycle, store, "a", runs=3)
    claim = lifecycle.claim()
    assert claim is not None
    lifecycle.lose(claim.run_id, claim.owner, why="its trainer died", crash=True)
    assert [end_next(lifecycle) for _ in many] == many


def admission_of(store: Store, lifecycle: Lifecycle, **shares: int) -> Admission:
    chosen = Shares(**{"queue": 100, "active_runs": 100, "trainings_per_minute": 100, **shares})
    return Admission(store=store, lifecycle=lifecycle, shares=chosen)


def admit_sweep(admission: Admission, name: str, *, count: int = 5, visitor: Visitor = GUEST) -> None:
    def join(connection: Any, run_ids: Sequence[str]) -> None:
        connection.execute(insert(sweeps).values(id=name, grid="{}", created_at=time.time()))
        members = [{"run_id": id, "sweep_id": name, "position": place} for place, id in enumerate(run_ids)]
        connection.execute(insert(sweep_runs), members)

    admission.admit_together([(JOB, 1.0)] * count, visitor, complete=join)


@pytest.mark.parametrize(
    ("share", "refusal"),
    [
        ({"queue": 2}, QueueFull),
        ({"active_runs": 2}, ClientLimited),
        ({"trainings_per_minute": 2}, ClientLimited),
    ],
    ids=str,
)
def test_a_sweep_counts_as_one(
    store: Store, lifecycle: Lifecycle, share: dict[str, int], refusal: type[Exception]
) -> None:
    admission = admission_of(store, lifecycle, **share)
    admit_sweep(admission, "a")
    admission.admit(JOB, GUEST)
    before = lifecycle.count("queued")
    for refused in (lambda: admit_sweep(admission, "b"), lambda: admission.admit(JOB, GUEST)):
        with pytest.raises(refusal):
            refused()
    assert lifecycle.count("queued") == before == 6


def test_a_sweep_is_active_until_its_last_run_has_ended(store: Store, lifecycle: Lifecycle) -> None:
    admission = admission_of(store, lifecycle, active_runs=1)
    admit_sweep(admission, "a", count=3)
    for _ in range(3):
        with pytest.raises(ClientLimited):
            admission.admit(JOB, GUEST)
        end_next(lifecycle)
    admission.admit(JOB, GUEST)


def test_where_one_of_its_runs_cannot_be_made_none_is(store: Store, lifecycle: Lifecycle) -> None:
    admission = admission_of(store, lifecycle)
    admit_sweep(admission, "a")
    with pytest.raises(StoreUnavailable):
        admit_sweep(admission, "a")  # the name is taken
    assert lifecycle.count("queued") == 5


def test_the_runs_of_a_sweep_are_deleted_together_and_it_with_them(
    store: Store, lifecycle: Lifecycle
) -> None:
    many, alone = sweep(lifecycle, store, "a", runs=3), single(lifecycle, store)
    for _ in range(4):
        end_next(lifecycle)
    age(store, [*many[:2], alone])
    assert lifecycle.retire(ended_before=2000.0) == 1, "the single run is old, and one of the sweep's is not"
    assert [lifecycle.record(run_id).state for run_id in many] == ["done"] * 3
    age(store, many)
    assert lifecycle.retire(ended_before=2000.0) == 3
    for run_id in many:
        with pytest.raises(UnknownRun):
            lifecycle.record(run_id)
    with store.reading() as connection:
        assert connection.execute(select(sweeps.c.id)).all() == []
        assert connection.execute(select(sweep_runs.c.run_id)).all() == []


def test_a_sweep_that_goes_on_keeps_its_old_runs(store: Store, lifecycle: Lifecycle) -> None:
    many = sweep(lifecycle, store, "a", runs=2)
    age(store, [end_next(lifecycle)])
    assert lifecycle.retire(ended_before=2000.0) == 0
    assert [lifecycle.record(run_id).state for run_id in many] == ["done", "queued"]
