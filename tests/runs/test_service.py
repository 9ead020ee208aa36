"""The run service over a real store: what its callers see of queueing, stopping and lost attempts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.events import Finished, Progress
from app.parameters import RunParameters
from app.runs import capabilities as capabilities_module
from app.runs.capabilities import EngineUnavailable
from app.runs.execution.executor import Ended
from app.runs.service import RunService
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim, UnknownRun
from app.settings import Settings
from tests.runs.conftest import until

QUEUE_LIMIT = 2


class ScriptedExecutor:
    """One slot; an attempt goes on until the test finishes it, or its run shall stop."""

    survives_leader = False

    def __init__(self, lifecycle: Lifecycle) -> None:
        self._lifecycle = lifecycle
        self.claims: list[Claim] = []
        self._ended: list[Ended] = []

    def start(self) -> None:
        pass

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def poll(self) -> list[Ended]:
        for claim in self.claims:
            self._stop_if_asked(claim)
        ended, self._ended = self._ended, []
        return ended

    def kill(self, run_id: str) -> None:
        pass

    def live_slots(self) -> int:
        return 1

    def close(self) -> None:
        pass

    def progress(self, steps: int) -> None:
        claim = self.claims[-1]
        event = Progress(steps=steps, steps_total=23, epsilon=0.1)
        self._lifecycle.append(claim.run_id, claim.owner, [event])

    def finish(self, state: str = "done", *, steps: int = 23) -> None:
        claim = self.claims[-1]
        finished = Finished(state=state, steps=steps, training_seconds=0.5)
        self._lifecycle.finish(claim.run_id, claim.owner, [], finished)

    def lose(self) -> None:
        claim = self.claims[-1]
        self._ended.append(Ended(run_id=claim.run_id, owner=claim.owner, why="its worker died"))

    def _stop_if_asked(self, claim: Claim) -> None:
        running = {attempt.owner: attempt for attempt in self._lifecycle.running()}
        if claim.owner in running and running[claim.owner].cancel_requested:
            self.finish("cancelled", steps=5)


class Served:
    """A service and its executor, once it leads."""

    def __init__(self, settings: Settings) -> None:
        self._executors: list[ScriptedExecutor] = []
        self.service = RunService(settings, new_executor=self._new)
        self.service.start_worker()
        until(lambda: self._executors)

    def _new(self, lifecycle: Lifecycle) -> ScriptedExecutor:
        self._executors.append(ScriptedExecutor(lifecycle))
        return self._executors[-1]

    @property
    def executor(self) -> ScriptedExecutor:
        return self._executors[-1]

    def start(self, parameters: RunParameters, **more: Any) -> str:
        return self.service.start(parameters, **more).run_id

    def submitted(self, count: int) -> list[str]:
        """Return the runs submitted so far, after waiting until they are that many."""
        until(lambda: len(self.executor.claims) >= count)
        return [claim.run_id for claim in self.executor.claims]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(Settings(store=str(tmp_path / "runs.sqlite"), queue_limit=QUEUE_LIMIT, offline=True))
    yield served
    served.service.close()


def test_a_run_is_submitted_with_all_it_needs(served: Served, parameters: RunParameters) -> None:
    run_id = served.start(parameters, fallback=replace(parameters, epochs=1))
    assert served.submitted(1) == [run_id]
    job = served.executor.claims[0].job
    assert job["parameters"] == parameters.to_dict()
    assert job["fallback"]["epochs"] == 1


def test_runs_are_executed_in_the_order_they_came(served: Served, parameters: RunParameters) -> None:
    runs = [served.start(parameters)]
    served.submitted(1)
    runs += [served.start(parameters) for _ in range(2)]
    documents = [served.service.document(run) for run in runs]
    assert [document["progress"]["queue_position"] for document in documents] == [None, 1, 2]
    for number, run in enumerate(runs, start=1):
        served.submitted(number)
        served.executor.finish()
        assert served.service.wait(run, 5.0)
    assert served.submitted(3) == runs


def test_wait_says_whether_the_run_has_ended(served: Served, parameters: RunParameters) -> None:
    run = served.start(parameters)
    served.submitted(1)
    assert not served.service.wait(run, 0.05)
    served.executor.finish()
    assert served.service.wait(run, 5.0)
    assert served.service.document(run)["state"] == "done"


def test_cancelling_a_queued_run_ends_it_at_once_and_spends_nothing(
    served: Served, parameters: RunParameters
) -> None:
    served.start(parameters)
    served.submitted(1)
    queued = served.start(parameters)
    document = served.service.cancel(queued)
    assert (document["state"], document["epsilon_spent"]) == ("cancelled", 0.0)
    served.executor.finish()
    time.sleep(0.2)
    assert queued not in served.submitted(1)


def test_cancelling_a_running_run_keeps_the_epsilon_really_spent(
    served: Served, parameters: RunParameters
) -> None:
    run = served.start(parameters)
    served.submitted(1)
    served.executor.progress(3)
    document = served.service.cancel(run)
    assert document["state"] == "cancelled"
    assert document["progress"]["steps"] == 5
    assert 0 < document["epsilon_spent"] == document["privacy"]["epsilon"]


def test_cancelling_a_finished_run_changes_nothing(served: Served, parameters: RunParameters) -> None:
    run = served.start(parameters)
    served.submitted(1)
    served.executor.finish()
    served.service.wait(run, 5.0)
    assert served.service.cancel(run)["state"] == "done"


def test_a_lost_attempt_is_retried_and_the_document_charges_both(
    served: Served, parameters: RunParameters
) -> None:
    run = served.start(parameters)
    served.submitted(1)
    served.executor.progress(12)
    served.executor.lose()
    assert served.submitted(2) == [run, run]
    served.executor.progress(23)
    served.executor.finish()
    assert served.service.wait(run, 5.0)
    document = served.service.document(run)
    assert (document["state"], document["attempt"]) == ("done", 2)
    assert [attempt["steps"] for attempt in document["attempts"]] == [12]
    assert document["epsilon_charged"] > document["epsilon_spent"]


def test_a_run_outlives_its_server(served: Served, parameters: RunParameters, tmp_path: Path) -> None:
    run = served.start(parameters)
    served.submitted(1)
    served.executor.progress(12)
    served.service.close()
    again = Served(Settings(store=str(tmp_path / "runs.sqlite"), offline=True))
    assert again.submitted(1) == [run]
    again.executor.finish()
    assert again.service.wait(run, 5.0)
    assert again.service.document(run)["attempt"] == 2
    again.service.close()


@pytest.mark.parametrize("run_id", ["", "1' or '1'='1", "0" * 24])
def test_an_unknown_run_is_named_as_such(served: Served, run_id: str) -> None:
    service = served.service
    for ask in (service.document, service.cancel, lambda run: service.wait(run, 0.0)):
        with pytest.raises(UnknownRun):
            ask(run_id)


@pytest.mark.parametrize(
    ("engine", "absent", "cure"),
    [
        ("fast", {"tensorflow"}, "pip install"),
        ("tensorflow-privacy", {"tensorflow_privacy"}, "engine 'fast'"),
    ],
)
def test_a_missing_engine_is_refused_with_its_cure(
    served: Served,
    parameters: RunParameters,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    absent: set[str],
    cure: str,
) -> None:
    monkeypatch.setattr(capabilities_module, "_is_installed", lambda package: package not in absent)
    with pytest.raises(EngineUnavailable, match=cure):
        served.start(replace(parameters, engine=engine))
    assert served.service.capabilities()["engines"][engine]["available"] is False
    assert served.executor.claims == []
