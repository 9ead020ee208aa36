"""Weights in the store: written with a run's end by its owner alone, and gone with the run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import text

from app.events import Finished
from app.runs.store import weights as weights_module
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, Fenced, NewRun
from app.runs.store.weights import kept
from tests.runs.conftest import JOB

FOUND = {"private": b"\x00private\xff", "baseline": b"baseline"}


def finished(state: str = "done") -> Finished:
    return Finished(state=state, steps=1, training_seconds=0.1)


@pytest.fixture
def lifecycle(store: Store) -> Lifecycle:
    return Lifecycle(store)


@pytest.fixture
def claim(store: Store, lifecycle: Lifecycle) -> Claim:
    with store.writing() as connection:
        lifecycle.admit(connection, NewRun(job=JOB, client="c"))
    claim = lifecycle.claim()
    assert claim is not None
    return claim


def test_they_are_there_for_another_process(
    store: Store, store_location: str, lifecycle: Lifecycle, claim: Claim
) -> None:
    lifecycle.finish(claim.run_id, claim.owner, [], finished(), weights=FOUND)
    other = Store(store_location)
    assert kept(other, claim.run_id) == FOUND
    assert kept(other, "another run") == {}
    other.close()


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_run_that_broke_off_keeps_none(
    store: Store, lifecycle: Lifecycle, claim: Claim, state: str
) -> None:
    lifecycle.finish(claim.run_id, claim.owner, [], finished(state), weights=FOUND)
    assert kept(store, claim.run_id) == {}


def test_an_attempt_that_lost_its_run_writes_none_and_the_next_one_s_are_kept(
    store: Store, lifecycle: Lifecycle, claim: Claim
) -> None:
    lifecycle.lose(claim.run_id, claim.owner, why="it died", crash=True)
    again = lifecycle.claim()
    assert again is not None
    with pytest.raises(Fenced):
        lifecycle.finish(claim.run_id, claim.owner, [], finished(), weights=FOUND)
    assert kept(store, claim.run_id) == {}
    lifecycle.finish(again.run_id, again.owner, [], finished(), weights={"private": b"second"})
    assert kept(store, claim.run_id) == {"private": b"second"}


def test_they_are_deleted_with_their_run(store: Store, lifecycle: Lifecycle, claim: Claim) -> None:
    lifecycle.finish(claim.run_id, claim.owner, [], finished(), weights=FOUND)
    assert lifecycle.retire(ended_before=time.time() + 1) == 1
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM weights")).scalar_one() == 0


def test_a_store_from_before_there_were_weights_gets_their_table(tmp_path: Path) -> None:
    older = Store(str(tmp_path / "runs.sqlite"))
    with older.writing() as connection:
        connection.execute(text("DROP TABLE weights"))
    older.close()
    store = Store(str(tmp_path / "runs.sqlite"))
    assert kept(store, "any") == {}
    store.close()


def test_the_oldest_make_room_for_the_newest(
    store: Store, lifecycle: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_module, "MOST_BYTES", 25)
    claims = []
    for _ in range(4):
        with store.writing() as connection:
            lifecycle.admit(connection, NewRun(job=JOB, client="c"))
        claim = lifecycle.claim()
        assert claim is not None
        lifecycle.finish(claim.run_id, claim.owner, [], finished(), weights={"private": b"0123456789"})
        claims.append(claim)
    assert [bool(kept(store, claim.run_id)) for claim in claims] == [False, False, True, True]


def test_the_newest_keeps_its_own_however_large_they_are(
    store: Store, lifecycle: Lifecycle, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_module, "MOST_BYTES", 5)
    lifecycle.finish(claim.run_id, claim.owner, [], finished(), weights=FOUND)
    assert kept(store, claim.run_id) == FOUND
