"""The executor on this machine: slots, warm processes, and what becomes of attempts when it closes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from unittest.mock import Mock

import psutil
import pytest

from app.events import Finished, Progress, Retrying
from app.runs.execution.executor import Ended
from app.runs.execution.keeper import Limits
from app.runs.execution.process_executor import ProcessExecutor
from app.runs.execution.training_process import TrainingProcess
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, NewRun
from tests.runs.conftest import JOB, STUB, until


@pytest.fixture
def lifecycle(file_store: Store) -> Lifecycle:
    return Lifecycle(file_store)


@pytest.fixture
def make(lifecycle: Lifecycle) -> Iterator[Callable[..., ProcessExecutor]]:
    made: list[ProcessExecutor] = []

    def executor(behaviour: str, *, slots: int = 1) -> ProcessExecutor:
        made.append(
            ProcessExecutor(
                lifecycle=lifecycle,
                slots=slots,
                site={"data_directory": behaviour, "offline": True},
                limits=Limits(),
                new_process=lambda: TrainingProcess(STUB),
            )
        )
        return made[-1]

    yield executor
    for one in made:
        one.close()


def claim(store: Store, lifecycle: Lifecycle) -> Claim:
    with store.writing() as connection:
        lifecycle.admit(connection, NewRun(job=JOB, client="c"))
    claimed = lifecycle.claim()
    assert claimed is not None
    return claimed


def begun(lifecycle: Lifecycle, run_id: str) -> bool:
    return any(isinstance(entry.event, Progress) for entry in lifecycle.entries(run_id))


def drained(executor: ProcessExecutor, ended: list[Ended], count: int) -> bool:
    ended += executor.poll()
    return len(ended) == count


def test_every_attempt_is_told_ended_once_its_end_is_in_the_store(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = make("finish")
    ended: list[Ended] = []
    for _ in range(2):
        claimed = claim(file_store, lifecycle)
        executor.submit(claimed)
        until(lambda: drained(executor, ended, 1))
        assert (ended[0].run_id, ended[0].owner) == (claimed.run_id, claimed.owner)
        assert lifecycle.record(claimed.run_id).state == "done"
        ended.clear()


def test_each_slot_trains_in_a_process_of_its_own(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = make("until stopped", slots=2)
    assert executor.live_slots() == 2
    claims = [claim(file_store, lifecycle) for _ in range(2)]
    for claimed in claims:
        executor.submit(claimed)
    until(lambda: all(begun(lifecycle, claimed.run_id) for claimed in claims))
    assert len({process.pid for process in executor.processes}) == 2
    for claimed in claims:
        lifecycle.cancel(claimed.run_id)
    until(lambda: all(lifecycle.record(claimed.run_id).state == "cancelled" for claimed in claims))


def test_the_end_of_an_attempt_leaves_its_run_s_next_one_in_the_books(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    """With two slots it may have begun before the thread of the lost one has returned."""
    executor = make("until stopped", slots=2)
    first = claim(file_store, lifecycle)
    lifecycle.lose(first.run_id, first.owner, why="it died", crash=False)
    again = lifecycle.claim()
    assert again is not None

    def return_late(claimed: Claim) -> None:
        executor.submit(again)
        until(lambda: begun(lifecycle, again.run_id))

    executor._keeper_of[id(executor.processes[0])] = Mock(keep=return_late)
    ended: list[Ended] = []
    executor.submit(first)
    until(lambda: drained(executor, ended, 1))
    executor.kill(again.run_id)
    until(lambda: drained(executor, ended, 2))
    assert [each.owner for each in ended] == [first.owner, again.owner]


def test_an_attempt_submitted_too_many_waits_for_a_process(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = make("until stopped")
    first, second = claim(file_store, lifecycle), claim(file_store, lifecycle)
    executor.submit(first)
    until(lambda: begun(lifecycle, first.run_id))
    executor.submit(second)
    time.sleep(0.3)
    assert not begun(lifecycle, second.run_id)
    lifecycle.cancel(first.run_id)
    until(lambda: begun(lifecycle, second.run_id))


def test_start_makes_every_process_warm(make: Callable[..., ProcessExecutor]) -> None:
    executor = make("finish", slots=2)
    assert [process.pid for process in executor.processes] == [None, None]
    executor.start()
    assert all(process.pid for process in executor.processes)


def test_kill_ends_the_process_and_the_run_is_tried_again(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = make("stuck")
    claimed = claim(file_store, lifecycle)
    executor.submit(claimed)
    until(lambda: begun(lifecycle, claimed.run_id))
    executor.kill(claimed.run_id)
    until(lambda: lifecycle.record(claimed.run_id).state == "queued")
    executor.kill("unknown")


def test_close_gives_attempts_back_and_leaves_no_process(
    make: Callable[..., ProcessExecutor], file_store: Store, lifecycle: Lifecycle
) -> None:
    executor = make("stuck", slots=2)
    claimed = claim(file_store, lifecycle)
    executor.submit(claimed)
    until(lambda: begun(lifecycle, claimed.run_id))
    executor.start()
    children = [psutil.Process(process.pid) for process in executor.processes]
    executor.close()
    assert not any(child.is_running() for child in children)
    assert executor.live_slots() == 0
    assert lifecycle.record(claimed.run_id).state == "queued"
    last = lifecycle.entries(claimed.run_id)[-1].event
    assert isinstance(last, Retrying)
    assert "server was stopped" in last.why


def test_a_keeper_that_fails_is_told_and_its_process_ended(
    make: Callable[..., ProcessExecutor],
    file_store: Store,
    lifecycle: Lifecycle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(run_id: str, owner: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(lifecycle, "enter", fail)
    executor = make("finish")
    claimed = claim(file_store, lifecycle)
    executor.submit(claimed)
    ended: list[Ended] = []
    until(lambda: drained(executor, ended, 1))
    assert ended[0].why == "its keeper failed"
    assert not any(isinstance(entry.event, Finished) for entry in lifecycle.entries(claimed.run_id))
