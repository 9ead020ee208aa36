"""The run service: queueing, order, waiting, cancelling, forgetting, and what it refuses."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

import app.runs.service as service_module
from app.events import Finished, Progress
from app.parameters import RunParameters
from app.runs.executor import Update
from app.runs.service import EngineUnavailable, QueueFull, RunService, UnknownRun


class ScriptedExecutor:
    """One slot; a run goes on until the test finishes or kills it."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.jobs: list[Mapping[str, Any]] = []
        self._current: str | None = None
        self._updates: list[Update] = []
        self._lock = threading.Lock()

    def submit(self, run_id: str, job: Mapping[str, Any]) -> None:
        with self._lock:
            self._current = run_id
            self.submitted.append(run_id)
            self.jobs.append(job)

    def poll(self, timeout_seconds: float) -> list[Update]:
        time.sleep(min(timeout_seconds, 0.01))
        with self._lock:
            updates, self._updates = self._updates, []
        return updates

    def kill(self, run_id: str) -> None:
        self.finish("cancelled", steps=5)

    def live_slots(self) -> int:
        return 0 if self._current else 1

    def progress(self, steps: int) -> None:
        assert self._current is not None
        self._updates.append(
            Update(run_id=self._current, event=Progress(steps=steps, steps_total=23, epsilon=0.1))
        )

    def finish(self, state: str, *, steps: int) -> None:
        with self._lock:
            assert self._current is not None
            event = Finished(state=state, steps=steps, training_seconds=0.5)
            self._updates.append(Update(run_id=self._current, event=event))
            self._current = None


@pytest.fixture
def executor() -> ScriptedExecutor:
    return ScriptedExecutor()


@pytest.fixture
def service(executor: ScriptedExecutor) -> Iterator[RunService]:
    service = RunService(data_directory=None, offline=True, queue_limit=2, executor=executor)
    yield service
    service.close()


def test_a_started_run_is_submitted_with_its_parameters(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    run_id = service.start(parameters, fallback=replace(parameters, epochs=1))
    assert executor.submitted == [run_id]
    assert executor.jobs[0]["parameters"] == parameters.to_dict()
    assert executor.jobs[0]["fallback"]["epochs"] == 1
    assert executor.jobs[0]["offline"] is True


def test_runs_are_executed_in_the_order_they_came(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    runs = [service.start(parameters) for _ in range(3)]
    assert [service.document(run)["progress"]["queue_position"] for run in runs] == [None, 1, 2]
    for run in runs:
        executor.finish("done", steps=23)
        assert service.wait(run, 5.0)
    assert executor.submitted == runs


def test_a_full_queue_refuses_and_makes_nothing(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    runs = [service.start(parameters) for _ in range(3)]
    with pytest.raises(QueueFull):
        service.start(parameters)
    for run in runs:
        executor.finish("done", steps=23)
        assert service.wait(run, 5.0)
    assert len(executor.submitted) == 3


def test_wait_says_whether_the_run_has_ended(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    run = service.start(parameters)
    assert not service.wait(run, 0.05)
    executor.finish("done", steps=23)
    assert service.wait(run, 5.0)
    assert service.document(run)["state"] == "done"


def test_cancelling_a_queued_run_ends_it_at_once_and_spends_nothing(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    service.start(parameters)
    queued = service.start(parameters)
    document = service.cancel(queued)
    assert (document["state"], document["epsilon_spent"]) == ("cancelled", 0.0)
    executor.finish("done", steps=23)
    time.sleep(0.05)
    assert queued not in executor.submitted


def test_cancelling_a_running_run_keeps_the_epsilon_really_spent(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    run = service.start(parameters)
    executor.progress(3)
    document = service.cancel(run)
    assert document["state"] == "cancelled"
    assert document["progress"]["steps"] == 5
    assert 0 < document["epsilon_spent"] == document["privacy"]["epsilon"]


def test_cancelling_a_finished_run_changes_nothing(
    service: RunService, executor: ScriptedExecutor, parameters: RunParameters
) -> None:
    run = service.start(parameters)
    executor.finish("done", steps=23)
    service.wait(run, 5.0)
    assert service.cancel(run)["state"] == "done"


@pytest.mark.parametrize("run_id", ["", "1' or '1'='1", "0" * 24])
def test_an_unknown_run_is_named_as_such(service: RunService, run_id: str) -> None:
    for ask in (service.document, service.cancel, lambda run: service.wait(run, 0.0)):
        with pytest.raises(UnknownRun):
            ask(run_id)


def test_finished_runs_are_forgotten_oldest_first(
    service: RunService,
    executor: ScriptedExecutor,
    parameters: RunParameters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service_module, "RUNS_KEPT", 2)
    runs = []
    for _ in range(3):
        runs.append(service.start(parameters))
        executor.finish("done", steps=23)
        service.wait(runs[-1], 5.0)
    service.start(parameters)
    with pytest.raises(UnknownRun):
        service.document(runs[0])
    assert service.document(runs[2])["state"] == "done"


@pytest.mark.parametrize(
    ("engine", "absent", "cure"),
    [
        ("fast", {"tensorflow"}, "pip install"),
        ("tensorflow-privacy", {"tensorflow_privacy"}, "engine 'fast'"),
    ],
)
def test_a_missing_engine_is_refused_with_its_cure(
    service: RunService,
    parameters: RunParameters,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    absent: set[str],
    cure: str,
) -> None:
    monkeypatch.setattr(service_module, "_is_installed", lambda package: package not in absent)
    with pytest.raises(EngineUnavailable, match=cure):
        service.start(replace(parameters, engine=engine))
    assert service.capabilities()["engines"][engine]["available"] is False


def test_run_ids_carry_96_bits(service: RunService, parameters: RunParameters) -> None:
    first, second = service.start(parameters), service.start(parameters)
    assert len(first) == len(second) == 24
    assert first != second
