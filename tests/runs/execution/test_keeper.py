"""The keeper between a training process and the store: every way an attempt can end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from sqlalchemy import insert, select

from app.events import Event, Finished, Progress, Retrying
from app.runs.execution.keeper import RETRY_SECONDS, Keeper, Limits
from app.runs.execution.training_process import TrainingProcess
from app.runs.store import weights
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun
from app.runs.store.schema import runs, tables
from tests.runs.conftest import JOB, STUB

QUICK = Limits(lease=1.0, run=60.0, grace=0.4, late_grace=0.3)


@pytest.fixture
def lifecycle(file_store: Store) -> Lifecycle:
    return Lifecycle(file_store)


@pytest.fixture
def process() -> Iterator[TrainingProcess]:
    process = TrainingProcess(STUB)
    yield process
    process.close()


class Kept:
    """An attempt of a run that behaves as told, kept in a thread; ``table`` is what it trains on, if any."""

    def __init__(
        self,
        store: Store,
        lifecycle: Lifecycle,
        process: TrainingProcess,
        behaviour: str,
        limits: Limits,
        table: bytes | None = None,
    ) -> None:
        self.lifecycle, self.process = lifecycle, process
        self.closing = threading.Event()
        with store.writing() as connection:
            asked = {"table": {"inputs": 2}} if table else {}
            job = {**JOB, "parameters": asked}
            self.run_id = lifecycle.admit(connection, NewRun(job=job, client="c"))
            if table:
                row = {"id": f"t{self.run_id}", "content": table, "info": "{}", "client": "c"}
                connection.execute(insert(tables).values(**row, created_at=0.0, run_id=self.run_id))
        claim = lifecycle.claim()
        assert claim is not None
        self.claim: Claim = claim
        keeper = Keeper(
            lifecycle=lifecycle,
            process=process,
            site={"data_directory": behaviour, "offline": True},
            limits=limits,
            closing=self.closing,
        )
        self.thread = threading.Thread(target=keeper.keep, args=(claim,), daemon=True)
        self.thread.start()

    def events(self) -> list[Event]:
        return [entry.event for entry in self.lifecycle.entries(self.run_id)]

    def until(self, holds: Callable[[], Any], *, seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not within {seconds} s; events so far: {self.events()}"
            time.sleep(0.01)

    def has_begun(self) -> None:
        self.until(lambda: any(isinstance(event, Progress) for event in self.events()))

    def ends(self) -> Event:
        self.thread.join(timeout=15.0)
        assert not self.thread.is_alive()
        return self.events()[-1]

    @property
    def state(self) -> str:
        return self.lifecycle.record(self.run_id).state


@pytest.fixture
def kept(file_store: Store, lifecycle: Lifecycle, process: TrainingProcess) -> Iterator[Callable[..., Kept]]:
    made: list[Kept] = []

    def keep(behaviour: str, limits: Limits = QUICK, *, table: bytes | None = None) -> Kept:
        made.append(Kept(file_store, lifecycle, process, behaviour, limits, table))
        return made[-1]

    yield keep
    for one in made:
        one.closing.set()
        one.thread.join(timeout=10.0)


def test_a_training_s_events_reach_the_store_in_order_and_end_the_run(kept: Callable[..., Kept]) -> None:
    run = kept("finish")
    finished = run.ends()
    assert [event.kind for event in run.events()] == ["started", "phase", "progress", "finished"]
    assert isinstance(finished, Finished)
    assert (run.state, finished.steps) == ("done", 100)


def test_one_warm_process_serves_run_after_run(kept: Callable[..., Kept], process: TrainingProcess) -> None:
    kept("finish").ends()
    first = process.pid
    kept("finish").ends()
    assert first is not None
    assert process.pid == first


WEIGHTS = {"private": b"private weights", "baseline": b"baseline weights"}


@pytest.mark.parametrize(
    ("behaviour", "left"), [("finish", {}), ("weights, finish", WEIGHTS), ("weights, until stopped", {})]
)
def test_weights_reach_the_store_of_a_training_that_is_done_and_no_viewer(
    kept: Callable[..., Kept], file_store: Store, behaviour: str, left: dict[str, bytes]
) -> None:
    run = kept(behaviour)
    if "until stopped" in behaviour:
        run.has_begun()
        run.lifecycle.cancel(run.run_id)
    run.ends()
    assert weights.kept(file_store, run.run_id) == left
    assert {event.kind for event in run.events()} == {"started", "phase", "progress", "finished"}


def test_the_weights_of_a_process_that_died_are_not_kept(
    kept: Callable[..., Kept], file_store: Store
) -> None:
    run = kept("weights, die")
    assert isinstance(run.ends(), Retrying)
    assert weights.kept(file_store, run.run_id) == {}


@pytest.mark.parametrize("behaviour", ["die", "die in a line"])
def test_a_dead_process_gives_its_run_back_and_the_next_finds_a_new_one(
    kept: Callable[..., Kept], process: TrainingProcess, behaviour: str
) -> None:
    run = kept(behaviour)
    lost = run.ends()
    assert isinstance(lost, Retrying)
    assert "signal 9" in lost.why
    assert run.state == "queued"
    assert isinstance(run.events()[-2], Progress)
    run.until(lambda: process.pid is not None)
    run.lifecycle.cancel(run.run_id)
    assert isinstance(kept("finish").ends(), Finished)


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
def test_a_process_that_stands_still_or_dies_is_noticed_within_the_lease(
    kept: Callable[..., Kept], process: TrainingProcess, how: signal.Signals
) -> None:
    run = kept("until stopped", Limits(lease=1.0))
    run.has_begun()
    pid = process.pid
    assert pid is not None
    child = psutil.Process(pid)
    child.send_signal(how)
    lost = run.ends()
    assert isinstance(lost, Retrying)
    assert ("no sign of life" if how == signal.SIGSTOP else "signal 9") in lost.why
    assert not child.is_running()


def test_a_process_that_beats_is_left_alone_however_long_it_says_nothing_else(
    kept: Callable[..., Kept],
) -> None:
    run = kept("until stopped", Limits(lease=1.0))
    run.has_begun()
    (before,) = run.lifecycle.running()
    time.sleep(2.5)
    (after,) = run.lifecycle.running()
    assert after.heartbeat > before.heartbeat, "the leader would take its worker for lost"
    run.lifecycle.cancel(run.run_id)
    assert isinstance(run.ends(), Finished)


def test_a_cancelled_run_stops_and_keeps_its_own_count_of_steps(kept: Callable[..., Kept]) -> None:
    run = kept("until stopped")
    run.has_begun()
    run.lifecycle.cancel(run.run_id)
    finished = run.ends()
    assert isinstance(finished, Finished)
    assert (run.state, finished.steps) == ("cancelled", 9)


def test_a_stuck_run_is_killed_after_the_grace_and_keeps_its_last_count_of_steps(
    kept: Callable[..., Kept], process: TrainingProcess
) -> None:
    run = kept("stuck")
    run.has_begun()
    child = psutil.Process(process.pid)
    run.lifecycle.cancel(run.run_id)
    finished = run.ends()
    assert isinstance(finished, Finished)
    assert (finished.state, finished.steps, finished.error) == ("cancelled", 7, None)
    assert not child.is_running()


@pytest.mark.parametrize(("behaviour", "steps"), [("until stopped", 9), ("stuck", 7)])
def test_a_run_past_its_time_fails_with_the_limit_named(
    kept: Callable[..., Kept], behaviour: str, steps: int
) -> None:
    run = kept(behaviour, Limits(run=0.5, late_grace=0.3))
    finished = run.ends()
    assert isinstance(finished, Finished)
    assert (finished.state, finished.steps) == ("failed", steps)
    assert finished.error is not None
    assert finished.error["kind"] == "time_limit"
    assert "0.5 s" in finished.error["message"]


def test_a_keeper_that_closes_gives_its_run_back_without_blaming_it(
    kept: Callable[..., Kept], process: TrainingProcess, file_store: Store
) -> None:
    run = kept("stuck")
    run.has_begun()
    run.closing.set()
    lost = run.ends()
    assert isinstance(lost, Retrying)
    assert "server was stopped" in lost.why
    assert run.state == "queued"
    assert process.pid is None
    with file_store.reading() as connection:
        assert connection.execute(select(runs.c.crashes)).scalar_one() == 0


def test_a_keeper_whose_attempt_was_taken_over_stops_its_process_and_writes_nothing(
    kept: Callable[..., Kept], process: TrainingProcess
) -> None:
    run = kept("until stopped")
    run.has_begun()
    child = psutil.Process(process.pid)
    run.lifecycle.lose(run.run_id, run.claim.owner, why="taken over", crash=False)
    assert isinstance(run.ends(), Retrying)
    assert not child.is_running()
    assert run.state == "queued"


def test_an_attempt_that_another_keeper_entered_is_not_begun(
    kept: Callable[..., Kept], process: TrainingProcess
) -> None:
    run = kept("finish")
    run.ends()
    events = run.events()
    keeper = Keeper(
        lifecycle=run.lifecycle,
        process=process,
        site={"data_directory": "finish", "offline": True},
        limits=QUICK,
        closing=threading.Event(),
    )
    keeper.keep(run.claim)
    assert run.events() == events


class Outage:
    """Lets ``store`` refuse what is written until it is ``over``."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.over, self.refused = False, 0
        self._writing = store.writing
        monkeypatch.setattr(store, "writing", self._sometimes)

    @contextlib.contextmanager
    def _sometimes(self) -> Iterator[Any]:
        if not self.over:
            self.refused += 1
            raise StoreUnavailable("The run store's disk is full.")
        with self._writing() as connection:
            yield connection


def test_a_keeper_that_closes_does_not_wait_for_a_store_that_cannot_be_used(
    kept: Callable[..., Kept], file_store: Store, process: TrainingProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = kept("stuck")
    run.has_begun()
    outage = Outage(file_store, monkeypatch)
    run.closing.set()
    run.thread.join(timeout=5.0)
    assert not run.thread.is_alive()
    assert process.pid is None
    outage.over = True
    assert run.state == "running", "the next leader finds it"


def test_events_wait_for_a_store_that_cannot_be_used_and_none_is_lost(
    kept: Callable[..., Kept], file_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = kept("until told to finish")
    run.has_begun()
    outage = Outage(file_store, monkeypatch)
    run.process.stop(run.run_id)  # the stub then says three more things and finishes
    time.sleep(0.8)
    assert run.state == "running"
    assert 1 <= outage.refused <= 0.8 / RETRY_SECONDS + 2
    outage.over = True
    assert isinstance(run.ends(), Finished)
    steps = [event.steps for event in run.events() if isinstance(event, Progress)]
    assert steps == [7, 8, 9, 10]


MEGABYTES = os.urandom(3 * 2**20)  # far more than a pipe holds


def test_a_table_reaches_the_training_process_whole(kept: Callable[..., Kept]) -> None:
    finished = kept("tell the table", table=MEGABYTES).ends()
    assert isinstance(finished, Finished)
    assert finished.error == {"kind": "sha256", "message": hashlib.sha256(MEGABYTES).hexdigest()}


def test_a_process_that_hangs_before_it_has_read_a_table_is_killed(
    kept: Callable[..., Kept], process: TrainingProcess
) -> None:
    process.start()
    assert process.pid is not None
    hung = psutil.Process(process.pid)
    hung.suspend()
    run = kept("finish", table=MEGABYTES)
    lost = run.ends()
    assert isinstance(lost, Retrying)
    assert "no sign of life" in lost.why
    assert not hung.is_running() or hung.status() == psutil.STATUS_ZOMBIE
    assert run.lifecycle.table(run.run_id) == MEGABYTES, "the next attempt needs it"


def test_a_run_is_cancelled_while_its_table_is_stuck_in_the_pipe(
    kept: Callable[..., Kept], process: TrainingProcess
) -> None:
    process.start()
    assert process.pid is not None
    psutil.Process(process.pid).suspend()
    run = kept("finish", Limits(lease=30.0, run=60.0, grace=0.4), table=MEGABYTES)
    run.lifecycle.cancel(run.run_id)
    run.ends()
    assert run.state == "cancelled"
    assert run.lifecycle.table(run.run_id) is None
