"""The sweep service over each kind of store: made whole, shown, repeated, stopped, and gone on with."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.parameters import RunParameters
from app.privacy.composition import composed_epsilon
from app.privacy.mechanism import Mechanism
from app.runs import capabilities as capabilities_module
from app.runs.admission import RequestKey, Visitor
from app.runs.capabilities import EngineUnavailable
from app.runs.sweeps.plan import Grid, PlannedRun, SweepPlan
from app.runs.sweeps.sweeps import AdmittedSweep, UnknownSweep
from app.settings import Settings
from tests.runs.conftest import until
from tests.runs.test_service import Served

GRID = Grid(parameter="noise_multiplier", values=(1.0, 2.0), seeds=(1, 2))
PLAN = SweepPlan(
    grid=GRID,
    runs=tuple(
        PlannedRun(
            parameters=RunParameters.of_task("digits", epochs=2, noise_multiplier=value, seed=seed),
            notices=[{"id": "fixed-seed", "severity": "warning", "text": "It has a seed."}],
        )
        for value in GRID.values
        for seed in GRID.seeds
    ),
)
ME = Visitor()
KEY = RequestKey(key="4e7d", request="{}")


@pytest.fixture
def served(store_location: str) -> Iterator[Served]:
    served = Served(Settings(store=store_location, offline=True))
    yield served
    served.service.close()


def states(served: Served, sweep_id: str) -> Counter[str]:
    return Counter(run["state"] for run in served.service.sweeps.document(sweep_id)["runs"])


def test_its_runs_are_trained_one_after_the_other_to_the_end(served: Served) -> None:
    sweeps = served.service.sweeps
    sweep_id = sweeps.start(PLAN, visitor=ME).sweep_id
    for number in range(1, 5):
        served.submitted(number)
        assert states(served, sweep_id)["running"] == 1
        served.executor.progress(23)
        served.executor.finish()
    document = sweeps.document(sweep_id)
    assert document["state"] == "done"
    order = [claim.job["parameters"] for claim in served.executor.claims]
    trained = [(parameters["seed"], parameters["noise_multiplier"]) for parameters in order]
    assert trained == [(1, 1.0), (1, 2.0), (2, 1.0), (2, 2.0)]
    assert [run["run_id"] for run in document["runs"]][::2] == served.submitted(4)[:2]


def test_it_survives_its_server(served: Served, store_location: str) -> None:
    sweep_id = served.service.sweeps.start(PLAN, visitor=ME).sweep_id
    served.submitted(1)
    served.executor.progress(12)
    served.service.close()
    again = Served(Settings(store=store_location, offline=True))
    for number in range(1, 5):
        again.submitted(number)
        again.executor.finish()
    document = again.service.sweeps.document(sweep_id)
    assert (document["state"], states(again, sweep_id)["done"]) == ("done", 4)
    first, _, second, _ = (Mechanism.of(run.parameters) for run in PLAN.runs)
    lost_and_done = [(first, 12), (first, 23), (first, 23), (second, 23), (second, 23)]
    assert document["epsilon_of_all"] == composed_epsilon(lost_and_done)
    again.service.close()


def test_cancelling_stops_what_runs_and_what_waits(served: Served) -> None:
    sweeps = served.service.sweeps
    sweep_id = sweeps.start(PLAN, visitor=ME).sweep_id
    other = sweeps.start(PLAN, visitor=ME).sweep_id
    served.submitted(1)
    document = sweeps.cancel(sweep_id)
    assert document["state"] == "cancelled"
    assert states(served, sweep_id) == {"cancelled": 4}
    assert document["epsilon_of_all"] > 0, "the run that was stopped had taken steps"
    until(lambda: states(served, other)["running"] == 1)
    assert sweeps.cancel(sweep_id) == document


def test_sent_many_times_at_once_it_is_made_once(served: Served) -> None:
    found: list[AdmittedSweep] = []

    def send() -> None:
        found.append(served.service.sweeps.start(PLAN, visitor=ME, key=KEY))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({sweep.sweep_id for sweep in found}) == 1
    assert [sweep.repeated for sweep in found].count(False) == 1
    assert served.service.sweeps.earlier(ME, KEY) == replace(found[0], repeated=True)
    assert served.service.lifecycle.count("queued") + served.service.lifecycle.count("running") == 4


def test_an_unknown_sweep_is_named_as_such(served: Served) -> None:
    for ask in (served.service.sweeps.document, served.service.sweeps.cancel):
        with pytest.raises(UnknownSweep):
            ask("0" * 24)


def test_without_its_engine_nothing_is_made(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capabilities_module, "_is_installed", lambda package: package != "tensorflow")
    with pytest.raises(EngineUnavailable):
        served.service.sweeps.start(PLAN, visitor=ME)
    assert served.service.lifecycle.count("queued") == 0
