"""The leader's loop: who leads, what is submitted, what is found abandoned."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.events import Finished, Retrying, Started
from app.runs.execution import dispatcher as dispatcher_module
from app.runs.execution.dispatcher import Dispatcher
from app.runs.execution.executor import Ended
from app.runs.execution.leadership import FileLeadership
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun
from tests.runs.conftest import JOB, until


class ScriptedExecutor:
    """``slots`` slots; an attempt goes on until the test ends it."""

    def __init__(self, *, slots: int = 1, survives_leader: bool = False) -> None:
        self.slots = slots
        self.survives_leader = survives_leader
        self.claims: list[Claim] = []
        self.killed: list[str] = []
        self.ended: list[Ended] = []
        self.started = self.closed = False

    def start(self) -> None:
        self.started = True

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def poll(self) -> list[Ended]:
        ended, self.ended = self.ended, []
        return ended

    def kill(self, run_id: str) -> None:
        self.killed.append(run_id)

    def live_slots(self) -> int:
        return self.slots

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def lifecycle(file_store: Store) -> Lifecycle:
    return Lifecycle(file_store)


@pytest.fixture
def dispatch(file_store: Store, lifecycle: Lifecycle, tmp_path: Path) -> Iterator[Callable[..., Dispatcher]]:
    made: list[Dispatcher] = []

    def make(executor: Any, *, lease: float = 60.0, retention: float = 1e9, begin: bool = True) -> Dispatcher:
        dispatcher = Dispatcher(
            store=file_store,
            lifecycle=lifecycle,
            leadership=FileLeadership(tmp_path / "leader"),
            new_executor=lambda: executor,
            lease=lease,
            retention=retention,
        )
        made.append(dispatcher)
        if begin:
            dispatcher.start()
        return dispatcher

    yield make
    for dispatcher in made:
        dispatcher.close()


def queue(store: Store, lifecycle: Lifecycle) -> str:
    with store.writing() as connection:
        return lifecycle.admit(connection, NewRun(job=JOB, client="c"))


def finish(lifecycle: Lifecycle, claim: Claim) -> None:
    lifecycle.finish(claim.run_id, claim.owner, [], Finished(state="done", steps=1, training_seconds=0.1))


def test_runs_are_submitted_in_their_order_as_slots_come_free(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = ScriptedExecutor(slots=2)
    ids = [queue(file_store, lifecycle) for _ in range(3)]
    dispatch(executor)
    until(lambda: len(executor.claims) == 2)
    time.sleep(0.2)
    assert [claim.run_id for claim in executor.claims] == ids[:2]
    assert executor.started
    finish(lifecycle, executor.claims[0])
    until(lambda: len(executor.claims) == 3)
    assert executor.claims[2].run_id == ids[2]


def test_one_dispatcher_leads_and_another_follows_when_it_closes(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    first, second = ScriptedExecutor(), ScriptedExecutor()
    leader = dispatch(first)
    until(lambda: leader.leads)
    follower = dispatch(second)
    time.sleep(0.6)
    assert not follower.leads
    assert not second.started
    leader.close()
    assert first.closed
    until(lambda: follower.leads, seconds=2.0)
    queue(file_store, lifecycle)
    until(lambda: second.claims)
    assert first.claims == []


@pytest.mark.parametrize("survives", [False, True])
def test_a_new_leader_queues_the_attempts_that_died_with_the_old_one(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle, survives: bool
) -> None:
    run_id = queue(file_store, lifecycle)
    old = lifecycle.claim()
    assert old is not None
    executor = ScriptedExecutor(survives_leader=survives)
    dispatcher = dispatch(executor)
    until(lambda: dispatcher.leads)
    if survives:  # it goes on without the leader, so its slot is taken and it is left alone
        time.sleep(0.5)
        assert [entry.event for entry in lifecycle.entries(run_id)] == [Started(attempt=1)]
        assert executor.claims == []
        return
    until(lambda: executor.claims)
    assert executor.claims[0].attempt == 2
    retrying = lifecycle.entries(run_id)[1].event
    assert isinstance(retrying, Retrying)
    assert "server process" in retrying.why


def test_a_silent_attempt_of_a_cluster_is_given_up_after_the_lease_and_only_then(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    queue(file_store, lifecycle)
    queue(file_store, lifecycle)
    executor = ScriptedExecutor(slots=2, survives_leader=True)
    dispatch(executor, lease=1.0)
    until(lambda: len(executor.claims) == 2)
    silent, beating = executor.claims[:2]
    for _ in range(8):
        lifecycle.beat(beating.run_id, beating.owner)
        time.sleep(0.2)
    until(lambda: len(executor.claims) == 3)
    assert (executor.claims[2].run_id, executor.claims[2].attempt) == (silent.run_id, 2)
    assert executor.killed == [silent.run_id]
    assert lifecycle.record(beating.run_id).attempt == 1


def test_an_attempt_that_the_executor_dropped_is_tried_again(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    run_id = queue(file_store, lifecycle)
    executor = ScriptedExecutor()
    dispatch(executor)
    until(lambda: executor.claims)
    executor.ended.append(Ended(run_id=run_id, owner=executor.claims[0].owner, why="its worker died"))
    until(lambda: len(executor.claims) == 2)
    assert executor.claims[1].attempt == 2


def test_an_attempt_whose_end_is_in_the_store_stays_ended(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    run_id = queue(file_store, lifecycle)
    executor = ScriptedExecutor()
    dispatch(executor)
    until(lambda: executor.claims)
    finish(lifecycle, executor.claims[0])
    executor.ended.append(Ended(run_id=run_id, owner=executor.claims[0].owner, why="its keeper returned"))
    time.sleep(0.3)
    assert lifecycle.record(run_id).state == "done"
    assert len(executor.claims) == 1


def test_it_is_one_thread_however_many_start_it_at_once(
    dispatch: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = dispatch(ScriptedExecutor(), begin=False)
    begun: list[str] = []

    class SlowThread(threading.Thread):
        def __init__(self, **arguments: Any) -> None:
            time.sleep(0.05)
            begun.append(arguments["name"])
            super().__init__(**arguments)

    callers = [threading.Thread(target=dispatcher.start) for _ in range(8)]
    monkeypatch.setattr(dispatcher_module.threading, "Thread", SlowThread)
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert begun == ["dispatcher"]


def test_runs_past_their_age_are_deleted(
    dispatch: Callable[..., Dispatcher], file_store: Store, lifecycle: Lifecycle
) -> None:
    run_id = queue(file_store, lifecycle)
    claim = lifecycle.claim()
    assert claim is not None
    finish(lifecycle, claim)
    dispatch(ScriptedExecutor(), retention=0.0)
    until(lambda: not lifecycle.marks([run_id]))


def test_trouble_of_the_store_pauses_the_queue_and_nothing_else(
    dispatch: Callable[..., Dispatcher],
    file_store: Store,
    lifecycle: Lifecycle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = ScriptedExecutor()
    dispatcher = dispatch(executor)
    until(lambda: dispatcher.leads)
    running = lifecycle.running

    def unusable() -> Any:
        raise StoreUnavailable("The run store's disk is full.")

    monkeypatch.setattr(lifecycle, "running", unusable)
    time.sleep(0.2)  # a round under way has asked already
    queue(file_store, lifecycle)
    time.sleep(0.5)
    assert executor.claims == []
    monkeypatch.setattr(lifecycle, "running", running)
    until(lambda: executor.claims)


def test_a_follower_that_is_woken_rests_again(
    dispatch: Callable[..., Dispatcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = dispatch(ScriptedExecutor())
    until(lambda: leader.leads)
    follower = dispatch(ScriptedExecutor())
    rounds: list[bool] = []
    monkeypatch.setattr(follower, "_tick", rounds.append)
    follower.wake()
    time.sleep(0.5)
    assert 1 <= len(rounds) <= 20
    assert rounds.count(True) == 1


def test_what_an_executor_dropped_is_told_again_to_a_store_that_was_away(
    dispatch: Callable[..., Dispatcher],
    file_store: Store,
    lifecycle: Lifecycle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = queue(file_store, lifecycle)
    executor = ScriptedExecutor()
    dispatch(executor)
    until(lambda: executor.claims)
    lose = lifecycle.lose
    away = [True]

    def sometimes(*arguments: Any, **more: Any) -> Any:
        if away[0]:
            raise StoreUnavailable("The run store's disk is full.")
        return lose(*arguments, **more)

    monkeypatch.setattr(lifecycle, "lose", sometimes)
    executor.ended.append(Ended(run_id=run_id, owner=executor.claims[0].owner, why="its worker died"))
    time.sleep(0.6)
    away[0] = False
    until(lambda: len(executor.claims) == 2)
