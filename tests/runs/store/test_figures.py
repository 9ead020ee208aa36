"""The figures of the runs, and the store's readiness, over a real store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.events import Finished, Phase
from app.runs.readiness import StoreCheck
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.figures import figures
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from tests.runs.conftest import JOB


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(str(tmp_path / "runs.sqlite"))
    yield store
    store.close()


def queue(store: Store) -> str:
    with store.writing() as connection:
        return Lifecycle(store).admit(connection, NewRun(job=JOB, client="somebody"))


def lose(lifecycle: Lifecycle, *, crash: bool) -> str | None:
    claim = lifecycle.claim()
    assert claim is not None
    return lifecycle.lose(claim.run_id, claim.owner, why="signal 9", crash=crash)


def test_an_empty_store_has_no_runs(store: Store) -> None:
    found = figures(store)
    assert set(found.by_state.values()) == {0}
    assert (found.oldest_queued_seconds, found.retries, found.lost, found.events) == (0, 0, 0, 0)


def test_each_run_is_counted_by_its_state_with_its_events(store: Store) -> None:
    lifecycle = Lifecycle(store)
    for _ in range(3):
        queue(store)
    claim = lifecycle.claim()
    assert claim is not None
    lifecycle.append(claim.run_id, claim.owner, [Phase(phase="training")])
    done = lifecycle.claim()
    assert done is not None
    time.sleep(0.02)
    lifecycle.finish(done.run_id, done.owner, [], Finished(state="done", steps=1, training_seconds=0.02))
    found = figures(store)
    assert found.by_state == {"queued": 1, "running": 1, "done": 1, "failed": 0, "cancelled": 0}
    assert found.events == 4  # two starts, a phase and an end
    assert 0 < found.oldest_queued_seconds < 60
    assert 0.01 < found.training_seconds < 60


def test_attempts_beyond_the_first_deaths_and_lost_runs_are_told_apart(store: Store) -> None:
    lifecycle = Lifecycle(store)
    queue(store)
    assert lose(lifecycle, crash=False) == "queued"
    assert lose(lifecycle, crash=True) == "queued"
    found = figures(store)
    assert (found.retries, found.crashes, found.lost) == (1, 1, 0)
    assert lose(lifecycle, crash=True) == "failed"
    found = figures(store)
    assert (found.retries, found.crashes, found.lost) == (2, 1, 1)


def test_a_run_that_failed_otherwise_is_not_lost(store: Store) -> None:
    lifecycle = Lifecycle(store)
    queue(store)
    claim = lifecycle.claim()
    assert claim is not None
    error = {"kind": "internal", "message": 'it said "kind":"lost"'}
    lifecycle.finish(
        claim.run_id, claim.owner, [], Finished(state="failed", steps=0, training_seconds=1, error=error)
    )
    assert figures(store).lost == 0


def test_a_store_that_can_be_written_is_ready_and_tells_its_queue(store: Store) -> None:
    queue(store)
    assert StoreCheck(store).queue_length() == 1


def test_a_store_that_cannot_be_written_says_why_and_recovers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.runs.readiness.KEPT_SECONDS", 0.0)
    (tmp_path / "file").write_text("in the way")
    store = Store(str(tmp_path / "file" / "runs.sqlite"))
    check = StoreCheck(store)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"The run store .*\."):
            check.queue_length()
    (tmp_path / "file").unlink()
    assert check.queue_length() == 0
    store.close()


def test_asking_often_does_not_write_often(store: Store) -> None:
    watcher = store.watcher()
    check = StoreCheck(store)
    check.queue_length()
    before = watcher.version()
    for _ in range(50):
        check.queue_length()
    assert watcher.version() == before
    watcher.close()
