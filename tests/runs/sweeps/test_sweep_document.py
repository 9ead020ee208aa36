"""The sweep document: what its runs have come to, folded and averaged; and what is simulated of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import mean, stdev
from typing import Any

import pytest

from app.events import Event, Fallback, Finished, Notice, Progress, Retrying, Started
from app.parameters import RunParameters
from app.privacy.accounting import epsilon_rdp
from app.privacy.composition import composed_epsilon
from app.privacy.mechanism import Mechanism
from app.runs.sweeps.document import (
    SweptRun,
    epsilon_of_all,
    pareto_front,
    simulated_sweep,
    sweep_document,
    sweep_state,
)
from app.runs.sweeps.plan import Grid, PlannedRun, SweepPlan
from app.runs.sweeps.results import RunResult
from tests.runs.conftest import epoch_point, iteration_point

DIGITS = RunParameters.of_task("digits", epochs=2, seed=3)
GRID = Grid(parameter="noise_multiplier", values=(1.0, 2.0), seeds=(3, 5))
STEPS = DIGITS.steps


def result(*events: Event, **changes: Any) -> RunResult:
    folded = RunResult(replace(DIGITS, **changes))
    for event in events:
        folded.add(event)
    return folded


def progress(steps: int) -> Progress:
    return Progress(steps=steps, steps_total=STEPS, epsilon=0.1)


def done(accuracy: float, **changes: Any) -> SweptRun:
    point = replace(epoch_point(2), accuracy=accuracy, loss=2 * accuracy)
    finished = Finished(state="done", steps=STEPS, training_seconds=1.5)
    return SweptRun(id="r", state="done", result=result(point, finished, **changes))


def document(*swept: SweptRun, state: str = "done", **more: Any) -> dict[str, Any]:
    return sweep_document(GRID, swept, sweep_id="s", state=state, **more)


def noise(sigma: float) -> dict[str, float]:
    return {"noise_multiplier": sigma}


MEASURED = (done(0.8, **noise(1)), done(0.9, **noise(1)), done(0.5, **noise(2)), done(0.6, **noise(2)))


def test_a_point_is_the_mean_and_the_spread_of_its_runs() -> None:
    first, second = document(*MEASURED)["points"]
    assert (first["value"], first["runs"], second["runs"]) == (1.0, 2, 2)
    assert first["accuracy"] == pytest.approx(0.85)
    assert first["accuracy_sd"] == pytest.approx(stdev([0.8, 0.9]))
    assert (first["accuracy_min"], first["accuracy_max"]) == (0.8, 0.9)
    assert second["loss"] == pytest.approx(1.1)


def test_a_point_has_the_epsilon_of_one_run() -> None:
    for point in document(*MEASURED)["points"]:
        alone = epsilon_rdp(
            sampling_probability=DIGITS.sampling_probability,
            noise_multiplier=point["value"],
            steps=STEPS,
            delta=1e-5,
        )
        assert point["epsilon"] == alone.epsilon


def test_only_runs_that_are_done_count() -> None:
    going = SweptRun(id="r", state="running", result=result(epoch_point(1), progress(5), **noise(1)))
    waiting = SweptRun(id="r", state="queued", result=result(**noise(2)))
    found = document(going, MEASURED[1], waiting, waiting, state="running")
    first, second = found["points"]
    assert (first["runs"], first["accuracy"], first["accuracy_sd"]) == (1, 0.9, None)
    assert (second["runs"], second["accuracy"], second["accuracy_min"], second["loss"]) == (0, *[None] * 3)
    assert found["pareto"] == [0]
    assert [run["accuracy"] for run in found["runs"]] == [0.6, 0.9, None, None], "as far as they have come"
    assert [run["training_seconds"] for run in found["runs"]] == [None, 1.5, None, None]
    assert found["runs"][0]["epsilon"] > 0 == found["runs"][2]["epsilon"]


def test_runs_stand_by_value_and_then_by_seed() -> None:
    runs = document(*MEASURED)["runs"]
    assert [(run["value"], run["seed"]) for run in runs] == [(1.0, 3), (1.0, 5), (2.0, 3), (2.0, 5)]


def test_the_simulation_stands_beside_what_was_measured() -> None:
    swept = [
        done(0.5, noise_multiplier=sigma, seed=seed, epochs=8) for sigma in GRID.values for seed in GRID.seeds
    ]
    plan = SweepPlan(
        grid=GRID,
        runs=tuple(PlannedRun(parameters=replace(run.result.parameters, mode="simulation")) for run in swept),
    )
    for beside, simulated in zip(document(*swept)["points"], simulated_sweep(plan)["points"], strict=True):
        assert beside["simulated_accuracy"] == simulated["accuracy"] == simulated["simulated_accuracy"]
        assert beside["simulated_accuracy_sd"] == simulated["accuracy_sd"] > 0


def test_where_there_is_no_fit_nothing_is_simulated() -> None:
    swept = [done(0.5, seed=1, model="mlp", **noise(sigma)) for sigma in (1, 1, 2, 2)]
    assert {point["simulated_accuracy"] for point in document(*swept)["points"]} == {None}


def test_a_stand_in_s_accuracy_is_no_part_of_a_mean() -> None:
    stand_in = replace(DIGITS, dataset="xor", train_size=2_000, model="toy_mlp", task="xor")
    fell_back = result(
        Fallback(parameters=stand_in.to_dict(), reason="no data"), epoch_point(0.2), **noise(1), seed=5
    )
    swept = [MEASURED[0], SweptRun(id="r", state="done", result=fell_back), *MEASURED[2:]]
    point = document(*swept)["points"][0]
    assert (point["runs"], point["accuracy"]) == (1, 0.8)
    assert point["epsilon"] == document(*MEASURED)["points"][0]["epsilon"]


def test_the_epsilon_of_all_counts_every_attempt_s_steps_on_each_data() -> None:
    fallback = replace(DIGITS, dataset="xor", train_size=2_000, model="toy_mlp", task="xor")
    lost = [progress(7), Retrying(attempt=1, why="it died")]
    fell_back = [Fallback(parameters=fallback.to_dict(), reason="no data"), progress(9)]
    results = [result(progress(5)), result(*lost, progress(3), **noise(1)), result(*lost, *fell_back)]
    on_digits = [(DIGITS, 5), (replace(DIGITS, **noise(1)), 7), (replace(DIGITS, **noise(1)), 3), (DIGITS, 7)]
    both = [
        composed_epsilon([(Mechanism.of(parameters), steps) for parameters, steps in parts])
        for parts in (on_digits, [(fallback, 9)])
    ]
    assert epsilon_of_all(results) == max(both, key=lambda epsilon: epsilon or 0.0)
    assert epsilon_of_all([*results, result(progress(1), **noise(0))]) is None
    assert epsilon_of_all([result(**noise(0))]) == 0.0, "it has released nothing yet"


def test_what_a_lost_attempt_measured_is_void_and_what_it_used_is_not() -> None:
    folded = result(Started(attempt=1), epoch_point(1), iteration_point(3), progress(7))
    assert (folded.accuracy, folded.steps) == (0.6, 7)
    folded.add(Retrying(attempt=1, why="it died"))
    assert (folded.accuracy, folded.loss, folded.steps) == (None, None, 0)
    assert [steps for _, steps in folded.spent()] == [7, 0]


def test_a_retried_run_that_finds_its_data_has_no_fallback_to_tell_of() -> None:
    lost = [Fallback(parameters=DIGITS.to_dict(), reason="no data"), progress(7)]
    folded = result(*lost, Retrying(attempt=1, why="it died"), progress(9))
    assert folded.notices == []


def test_a_baseline_s_accuracy_is_not_taken_for_the_private_one() -> None:
    assert result(epoch_point(1), epoch_point(2, series="baseline")).accuracy == 0.6


def test_each_notice_is_told_once() -> None:
    told = Notice(id="a", severity="info", text="Once.")
    other = Notice(id="a", severity="info", text="Another.")
    swept = [SweptRun(id="r", state="done", result=result(told, other)) for _ in range(4)]
    assert [notice["text"] for notice in document(*swept)["notices"]] == ["Once.", "Another."]


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([(1.0, 0.8), (2.0, 0.9), (3.0, 0.95)], [0, 1, 2]),
        ([(1.0, 0.8), (2.0, 0.7), (3.0, 0.8)], [0]),
        ([(1.0, 0.7), (1.0, 0.9), (1.0, 0.8)], [1]),  # of a parameter that ε does not depend on
        ([(1.0, 0.8), (1.0, 0.8)], [0, 1]),
        ([(None, 0.99), (2.0, 0.9), (None, 0.5)], [0, 1]),
        ([(None, 0.9), (2.0, 0.9)], [1]),
        ([(2.0, None), (3.0, 0.5)], [1]),
        ([(2.0, None)], []),
    ],
)
def test_the_front_is_what_no_other_beats(
    points: list[tuple[float | None, float | None]], front: list[int]
) -> None:
    assert pareto_front(points) == front


@pytest.mark.parametrize(
    ("states", "stopped", "state"),
    [
        (["queued", "queued"], False, "queued"),
        (["running", "queued"], False, "running"),
        (["done", "queued"], False, "running"),
        (["cancelled", "running"], True, "running"),
        (["done", "done"], False, "done"),
        (["done", "failed"], False, "done"),
        (["done", "cancelled"], False, "done"),
        (["done", "cancelled"], True, "cancelled"),
        (["failed", "failed"], False, "failed"),
        (["failed", "cancelled"], False, "cancelled"),
    ],
)
def test_the_state_of_a_sweep_is_that_of_its_runs(states: list[str], stopped: bool, state: str) -> None:
    assert sweep_state(states, stopped=stopped) == state


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["ε of them all", "seeds that are known", "Rényi", "one run"]),
        ({"noise_multiplier": 0.0}, ["nothing at all"]),
        ({"baseline": True}, ["baselines were trained without privacy"]),
        ({"sampling": "shuffle"}, ["worst case"]),
    ],
    ids=str,
)
def test_the_statement_says_what_holds(changes: dict[str, Any], words: list[str]) -> None:
    statement = document(*[done(0.5, **changes) for _ in range(4)])["statement"]
    assert all(word in statement for word in words), statement


def test_a_simulated_sweep_is_whole_and_says_that_it_used_no_data() -> None:
    values = (0.5, 1.0, 2.0, 4.0)
    grid = replace(GRID, values=values)
    parameters = replace(RunParameters.of_task("mnist-1500"), mode="simulation")
    runs = tuple(
        PlannedRun(parameters=replace(parameters, noise_multiplier=sigma, seed=seed))
        for sigma in values
        for seed in grid.seeds
    )
    found = simulated_sweep(SweepPlan(grid=grid, runs=runs))
    assert (found["id"], found["state"], found["mode"], found["evidence"]) == (
        None,
        "done",
        "simulation",
        "simulated",
    )
    assert (
        {run["run_id"] for run in found["runs"]}
        == {run["training_seconds"] for run in found["runs"]}
        == {None}
    )
    for point, pair in zip(
        found["points"], zip(found["runs"][::2], found["runs"][1::2], strict=True), strict=True
    ):
        assert point["accuracy"] == pytest.approx(mean(run["accuracy"] for run in pair))
        assert {run["epsilon"] for run in pair} == {point["epsilon"]}
    epsilons = [point["epsilon"] for point in found["points"]]
    assert all(high > low for high, low in pairwise(epsilons))
    assert found["epsilon_of_all"] > max(epsilons)
    assert "have used no data" in found["statement"]
    assert "noise_multiplier" not in found["parameters"]
    assert found["parameters"]["task"] == "mnist-1500"
