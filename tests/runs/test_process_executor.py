"""The training process seen from the server: it finishes, stops, gets stuck, dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.events import Event, Finished, Progress
from app.runs.process_executor import ProcessExecutor

STUB = (sys.executable, str(Path(__file__).with_name("stub_worker.py")))
GRACE_SECONDS = 0.3


@pytest.fixture
def executor() -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(command=STUB, stop_grace_seconds=GRACE_SECONDS)
    yield executor
    executor.close()


def job(behaviour: str) -> dict[str, object]:
    return {"parameters": {}, "fallback": None, "data_directory": behaviour, "offline": True}


def events_until(executor: ProcessExecutor, wanted: type[Event], *, seconds: float = 15.0) -> list[Event]:
    events: list[Event] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        events += [update.event for update in executor.poll(0.05)]
        if any(isinstance(event, wanted) for event in events):
            return events
    raise AssertionError(f"no {wanted.__name__} within {seconds} s, only {events}")


def child_of(executor: ProcessExecutor) -> psutil.Process:
    (child,) = (p for p in psutil.Process().children() if "stub_worker.py" in " ".join(p.cmdline()))
    return child


def test_a_run_reports_its_events_in_order_and_frees_the_slot(executor: ProcessExecutor) -> None:
    executor.submit("a", job("finish"))
    assert executor.live_slots() == 0
    events = events_until(executor, Finished)
    assert [event.kind for event in events] == ["phase", "progress", "finished"]
    assert executor.live_slots() == 1


def test_one_warm_process_serves_run_after_run(executor: ProcessExecutor) -> None:
    executor.submit("a", job("finish"))
    events_until(executor, Finished)
    first = child_of(executor).pid
    executor.submit("b", job("finish"))
    events_until(executor, Finished)
    assert child_of(executor).pid == first


def test_a_second_run_is_refused_while_the_slot_is_taken(executor: ProcessExecutor) -> None:
    executor.submit("a", job("until stopped"))
    with pytest.raises(RuntimeError, match="free slot"):
        executor.submit("b", job("finish"))


def test_a_killed_run_stops_and_keeps_its_own_count_of_steps(executor: ProcessExecutor) -> None:
    executor.submit("a", job("until stopped"))
    events_until(executor, Progress)
    executor.kill("a")
    finished = events_until(executor, Finished)[-1]
    assert (finished.state, finished.steps) == ("cancelled", 9)


def test_a_stuck_run_is_killed_after_the_grace_and_keeps_its_last_count_of_steps(
    executor: ProcessExecutor,
) -> None:
    executor.submit("a", job("stuck"))
    events_until(executor, Progress)
    child = child_of(executor)
    executor.kill("a")
    finished = events_until(executor, Finished)[-1]
    assert (finished.state, finished.steps, finished.error) == ("cancelled", 7, None)
    assert not child.is_running()


@pytest.mark.parametrize("behaviour", ["die", "die in a line"])
def test_a_dead_process_fails_its_run_and_the_next_run_gets_a_new_one(
    executor: ProcessExecutor, behaviour: str
) -> None:
    executor.submit("a", job(behaviour))
    finished = events_until(executor, Finished)[-1]
    assert (finished.state, finished.steps) == ("failed", 7)
    assert finished.error is not None
    assert "signal 9" in finished.error["message"]
    executor.submit("b", job("finish"))
    assert events_until(executor, Finished)[-1].state == "done"


def test_a_process_lost_with_its_run_is_replaced_before_the_next_run_comes(executor: ProcessExecutor) -> None:
    executor.submit("a", job("die"))
    events_until(executor, Finished)
    deadline = time.monotonic() + 10
    while executor._child is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert executor._child is not None
    assert executor._child.poll() is None


def test_a_stop_that_finds_its_process_gone_is_no_error(executor: ProcessExecutor) -> None:
    executor.submit("a", job("stuck"))
    events_until(executor, Progress)
    child = executor._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()  # as the listener does between a process' death and the report of it
    executor.kill("a")
    assert events_until(executor, Finished)[-1].state == "cancelled"


def test_the_end_of_a_replaced_process_leaves_the_new_one_s_run_alone(executor: ProcessExecutor) -> None:
    executor.start()
    replaced = executor._child
    assert replaced is not None
    executor._child = None
    executor.submit("a", job("until stopped"))
    replaced.kill()
    replaced.wait(timeout=5)
    time.sleep(0.2)
    assert executor.live_slots() == 0
    executor.kill("a")
    assert events_until(executor, Finished)[-1].state == "cancelled"


def test_a_process_killed_from_outside_while_idle_is_replaced(executor: ProcessExecutor) -> None:
    executor.start()
    child = child_of(executor)
    child.kill()
    child.wait(timeout=5)
    time.sleep(0.2)
    executor.submit("a", job("finish"))
    assert events_until(executor, Finished)[-1].state == "done"


def test_close_ends_the_process_also_in_the_middle_of_a_run(executor: ProcessExecutor) -> None:
    executor.submit("a", job("stuck"))
    events_until(executor, Progress)
    child = child_of(executor)
    executor.close()
    assert not child.is_running()
    assert executor.live_slots() == 0
    finished = events_until(executor, Finished)[-1]
    assert finished.error is not None
    assert "server was stopped" in finished.error["message"]
