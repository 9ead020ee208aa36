"""Sweeps by HTTP, over the real run service and store: asked for, refused, watched, repeated, stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, product
from typing import Any

import pytest

from app.runs import timing as timing_module
from app.runs.timing import Rate
from app.schemas.sweeps import Sweep, SweepCost
from app.settings import Settings
from tests.api.served import Served
from tests.runs.conftest import until

GRID: dict[str, Any] = {
    "parameter": "noise_multiplier",
    "values": [4, 1, 2],
    "seeds": [2, 1],
    "task": "digits",
}
REAL = {**GRID, "mode": "real", "epochs": 2}
SLOW = Rate(examples_per_second=0.5, source="shipped")
ABROAD = "192.0.2.7"
NO_ID = "0" * 24


@pytest.fixture
def served(serve):
    return serve()


def sweep(served: Served, body: dict[str, Any] | None = None, **more: Any) -> Any:
    return served.post("/api/sweeps", REAL if body is None else body, **more)


def document(served: Served, answer: Any) -> dict[str, Any]:
    found = served.client.get(answer.headers["Location"])
    assert found.status_code == 200
    Sweep.model_validate(found.json)
    return found.json


def test_a_simulated_sweep_is_answered_whole_and_stored_nowhere(served):
    answer = sweep(served, GRID)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    Sweep.model_validate(answer.json)
    found = answer.json
    assert (found["id"], found["state"], found["evidence"]) == (None, "done", "simulated")
    assert (found["values"], found["seeds"]) == ([1.0, 2.0, 4.0], [1, 2])
    assert [point["runs"] for point in found["points"]] == [2, 2, 2]
    assert all(higher["accuracy"] > lower["accuracy"] for higher, lower in pairwise(found["points"]))
    assert found["pareto"] == [0, 1, 2]
    assert served.runs() == 0


def test_a_simulated_run_of_it_is_the_simulation_of_its_settings(served):
    swept = sweep(served, GRID).json
    for run in swept["runs"]:
        body = {"task": "digits", "noise_multiplier": run["value"], "seed": run["seed"]}
        alone = served.post(body=body).json
        metrics = alone["final_metrics"]
        assert (run["accuracy"], run["loss"], run["epsilon"]) == (
            metrics["accuracy"],
            metrics["loss"],
            metrics["epsilon"],
        )
        rest = {**swept["parameters"], "noise_multiplier": run["value"], "seed": run["seed"]}
        assert rest == alone["parameters"]


def test_the_rules_are_told_and_hold(served, expect_problem):
    rules = served.client.get("/api/parameters").json["sweeps"]
    assert rules["limit_seconds"] == 3600
    assert rules["default_seeds"] == [1, 2, 3]
    (least_values, most_values), (_, most_seeds) = rules["values"], rules["seeds"]
    body = {"values": list(range(1, most_values + 1)), "seeds": [1], "task": "digits", "parameter": "epochs"}
    assert sweep(served, body).status_code == 200
    most = {**body, "values": list(range(1, least_values + 1)), "seeds": list(range(most_seeds))}
    assert sweep(served, most).status_code == 200
    expect_problem(sweep(served, {**body, "seeds": list(range(6))}), 422)
    assert rules["most_runs"] == 5 * most_values
    assert sweep(served, {**body, "seeds": list(range(5))}).status_code == 200
    grids = {"clipping_norm": [1, 2], "batch_size": [64, 128], "learning_rate": [0.01, 0.02]}
    grids |= {"noise_multiplier": [1, 2], "epochs": [1, 2]}
    assert set(rules["parameters"]) == set(grids)
    for parameter, values in grids.items():
        answer = sweep(served, {"parameter": parameter, "values": values, "task": "digits"})
        assert answer.status_code == 200


def test_three_seeds_are_the_default(served):
    assert sweep(served, {**GRID, "seeds": None}).status_code == 422
    del (body := dict(GRID))["seeds"]
    assert sweep(served, body).json["seeds"] == [1, 2, 3]


def test_a_real_sweep_is_accepted_with_its_place_and_its_document(served):
    answer = sweep(served)
    assert answer.status_code == 202
    found = document(served, answer)
    assert answer.json["id"] == found["id"]
    assert answer.headers["Location"] == f"/api/sweeps/{found['id']}"
    assert (found["state"], found["mode"], found["evidence"]) == ("queued", "real", "measured")
    assert (found["epsilon_of_all"], found["pareto"]) == (0.0, [])
    assert [notice["id"] for notice in found["notices"]] == ["fixed-seed"]
    assert served.runs() == 6


def test_each_of_its_runs_is_an_ordinary_run(served):
    for run in sweep(served).json["runs"]:
        alone = served.client.get(f"/api/runs/{run['run_id']}").json
        assert (alone["state"], alone["parameters"]["seed"]) == ("queued", run["seed"])
        assert alone["parameters"]["noise_multiplier"] == run["value"]
        assert alone["parameters"]["epochs"] == 2


def test_the_first_seed_of_every_value_goes_first(served):
    runs = sweep(served).json["runs"]
    positions = {}
    for run in runs:
        alone = served.client.get(f"/api/runs/{run['run_id']}").json
        positions[alone["progress"]["queue_position"]] = (run["seed"], run["value"])
    assert [positions[place] for place in sorted(positions)] == [
        (seed, value) for seed in (1, 2) for value in (1.0, 2.0, 4.0)
    ]


def test_a_run_that_somebody_waits_for_goes_before_it(served):
    sweep(served)
    alone = served.post()
    assert alone.json["progress"]["queue_position"] == 1


def test_it_goes_on_run_by_run_until_all_have_ended(serve):
    served = serve(slots=2)
    answer = sweep(served)
    until(lambda: served.trainers and len(served.trainers[0].claims) == 2)
    trainer = served.trainers[0]
    assert document(served, answer)["state"] == "running"
    for number in range(6):
        until(lambda number=number: len(trainer.claims) > number)
        trainer.finish(trainer.claims[number], state="failed" if number == 3 else "done")
        found = document(served, answer)
        assert sum(run["state"] in ("done", "failed") for run in found["runs"]) == number + 1
    assert (found["state"], found["eta_seconds"]) == ("done", None)
    assert sorted(point["runs"] for point in found["points"]) == [1, 2, 2]
    assert {run["training_seconds"] for run in found["runs"] if run["state"] == "done"} == {0.5}
    assert found["epsilon_of_all"] > max(point["epsilon"] for point in found["points"])
    assert "Whoever sees all their models together" in found["statement"]
    again = served.post(f"{answer.headers['Location']}/cancel", {})
    assert (again.status_code, again.json) == (200, found), "what has ended is left alone"


def test_cancelling_stops_every_run_and_keeps_what_was_measured(serve):
    served = serve(slots=1)
    answer = sweep(served)
    until(lambda: served.trainers and served.trainers[0].claims)
    trainer = served.trainers[0]
    trainer.finish(trainer.claims[0])
    until(lambda: len(trainer.claims) == 2)
    with ThreadPoolExecutor() as pool:
        cancelling = pool.submit(served.post, f"{answer.headers['Location']}/cancel", {})
        until(lambda: served.runs() == 0)
        assert not cancelling.done(), "it waits for the run that is stopping"
        assert document(served, answer)["state"] == "running"
        trainer.finish(trainer.claims[1], state="cancelled")
        cancelled = cancelling.result()
    assert (cancelled.status_code, cancelled.json["state"]) == (200, "cancelled")
    assert sorted(run["state"] for run in cancelled.json["runs"]) == [*["cancelled"] * 5, "done"]
    found = document(served, answer)
    assert (found["state"], sum(point["runs"] for point in found["points"])) == ("cancelled", 1)
    assert len(trainer.claims) == 2, "no other was begun"


def test_one_of_its_runs_can_be_cancelled_alone(served):
    answer = sweep(served)
    served.post(f"/api/runs/{answer.json['runs'][0]['run_id']}/cancel", {})
    found = document(served, answer)
    assert [run["state"] for run in found["runs"]] == ["cancelled", *["queued"] * 5]
    assert found["state"] == "running"


def test_the_eta_is_told_once_a_run_has_finished_here(serve):
    served = serve(slots=1)
    answer = sweep(served)
    assert answer.json["eta_seconds"] is None
    until(lambda: served.trainers and served.trainers[0].claims)
    served.trainers[0].finish(served.trainers[0].claims[0])
    served.service.timing._fresh_until = 0.0
    assert 0 < document(served, answer)["eta_seconds"] < 60


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"parameter": None}, {"parameter"}),
        ({"parameter": "delta"}, {"parameter"}),
        ({"parameter": ["epochs"]}, {"parameter"}),
        ({"values": None}, {"values"}),
        ({"values": [1]}, {"values"}),
        ({"values": list(range(1, 14))}, {"values"}),
        ({"values": [1, True]}, {"values"}),
        ({"values": [1, "2"]}, {"values"}),
        ({"values": [1, None]}, {"values"}),
        ({"values": [1, 1.0]}, {"values"}),
        ({"values": [1, 20.5]}, {"values"}),
        ({"values": {"0": 1, "1": 2}}, {"values"}),
        ({"parameter": "batch_size", "values": [64, 100.5]}, {"values"}),
        ({"parameter": "batch_size", "values": [64, 2048]}, {"values", "train_size"}),
        ({"seeds": []}, {"seeds"}),
        ({"seeds": [1, 1]}, {"seeds"}),
        ({"seeds": [-1]}, {"seeds"}),
        ({"seeds": [2**32]}, {"seeds"}),
        ({"seeds": [1.5]}, {"seeds"}),
        ({"seeds": list(range(11))}, {"seeds"}),
        ({"values": list(range(1, 13)), "seeds": list(range(6))}, {"values", "seeds"}),
        ({"noise_multiplier": 1.1}, {"noise_multiplier"}),
        ({"seed": 1}, {"seed"}),
        ({"target_epsilon": 3}, {"target_epsilon"}),
        ({"stop_at_budget": True}, {"stop_at_budget"}),
        ({"dataset": "table"}, {"dataset"}),
        ({"table": NO_ID}, {"table"}),
        ({"model": "tutorial_cnn"}, {"model"}),
        ({"epochs": 61}, {"epochs"}),
        ({"__proto__": 1}, {"__proto__"}),
    ],
    ids=str,
)
def test_what_is_no_sweep_is_refused_with_its_faults(served, expect_problem, changes, fields):
    for path, body in product(("/api/sweeps", "/api/sweeps/cost"), (GRID, REAL)):
        expect_problem(served.post(path, {**body, **changes}), 422, fields=fields)
    assert served.runs() == 0


def test_every_value_that_breaks_a_rule_is_named(served, expect_problem):
    problem = expect_problem(sweep(served, {**GRID, "values": [-1, 1, 21]}), 422, fields={"values"})
    received = [fault["message"].rpartition("received ")[2] for fault in problem["errors"]]
    assert [float(value) for value in received] == [-1, 21]


def test_whole_numbers_may_be_written_as_they_are_elsewhere(served):
    answer = sweep(served, {"parameter": "epochs", "values": [1.0, 3], "seeds": [1.0], "task": "digits"})
    assert (answer.json["values"], answer.json["seeds"]) == ([1, 3], [1])


def test_a_task_without_a_fit_can_be_measured_and_not_simulated(served, expect_problem):
    body = {**REAL, "model": "mlp"}
    answer = sweep(served, body)
    assert {point["simulated_accuracy"] for point in answer.json["points"]} == {None}
    expect_problem(sweep(served, {**body, "mode": "simulation"}), 422, fields={"model"})


def test_data_that_cannot_be_had_are_a_503_with_their_cure(served, expect_problem):
    problem = expect_problem(sweep(served, {**REAL, "task": "fashion_mnist"}), 503)
    assert "DPSGD_DATA_DIR" in problem["detail"]


def test_where_mnist_cannot_be_had_it_is_the_small_task_and_says_so(served):
    del (body := dict(REAL))["task"]
    found = sweep(served, body).json
    assert found["parameters"]["task"] == "digits"
    assert "dataset-fallback" in {notice["id"] for notice in found["notices"]}


def test_the_cost_is_told_of_whatever_it_is(serve, monkeypatch):
    monkeypatch.setattr(timing_module, "shipped_rate", lambda: SLOW)
    served = serve(sweep_seconds=77)
    answer = served.post("/api/sweeps/cost", REAL)
    assert answer.status_code == 200
    SweepCost.model_validate(answer.json)
    assert (answer.json["runs"], answer.json["source"], answer.json["limit_seconds"]) == (6, "estimated", 77)
    assert answer.json["seconds"] > 77
    simulated = served.post("/api/sweeps/cost", GRID).json
    assert simulated == {"runs": 6, "seconds": None, "source": None, "limit_seconds": 77}
    assert served.runs() == 0


def test_the_cost_is_that_of_its_runs_on_the_trainings_at_once(serve, tmp_path):
    def seconds(slots: int) -> list[float]:
        served = serve(slots=slots, store=str(tmp_path / f"{slots}.sqlite"))
        served.service.start_worker()
        until(lambda: served.service.dispatcher.leads)
        bodies = [{**REAL, "seeds": list(range(seeds))} for seeds in (1, 2)]
        return [served.post("/api/sweeps/cost", body).json["seconds"] for body in bodies]

    (one, two), (_, two_at_once) = seconds(1), seconds(2)
    assert two == pytest.approx(2 * one, rel=0.05)
    assert two_at_once == pytest.approx(one, rel=0.05)


@pytest.mark.parametrize(
    ("settings", "fields", "named"),
    [
        ({"sweep_seconds": 100}, {"values", "seeds"}, ["100 s", "DPSGD_SWEEP_SECONDS"]),
        ({"cost_seconds": 60}, {"epochs", "train_size", "model"}, ["60 s", "DPSGD_COST_SECONDS"]),
    ],
    ids=str,
)
def test_what_takes_too_long_is_refused_with_the_figures(
    serve, expect_problem, monkeypatch, settings, fields, named
):
    monkeypatch.setattr(timing_module, "shipped_rate", lambda: SLOW)
    served = serve(**{"cost_seconds": 10**9, "sweep_seconds": 10**9, **settings})
    problem = expect_problem(sweep(served), 422, fields=fields)
    assert all(figure in problem["detail"] for figure in named)
    assert served.runs() == 0
    assert sweep(served, GRID).status_code == 200, "simulations cost nothing"


def test_the_cap_is_an_hour_unless_set() -> None:
    assert Settings().sweep_seconds == 3600


def test_the_same_key_gets_the_same_sweep(served, expect_problem):
    first = sweep(served, Idempotency_Key="k")
    again = sweep(served, {**REAL, "epochs": 2.0}, Idempotency_Key="k")
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert served.runs() == 6
    expect_problem(sweep(served, {**REAL, "epochs": 3}, Idempotency_Key="k"), 422, fields={"Idempotency-Key"})
    served.post(f"{first.headers['Location']}/cancel", {})
    assert sweep(served, Idempotency_Key="k").status_code == 200


def test_a_key_of_a_run_is_none_for_a_sweep_nor_the_other_way_round(served, expect_problem):
    served.post(Idempotency_Key="run")
    sweep(served, Idempotency_Key="sweep")
    expect_problem(sweep(served, Idempotency_Key="run"), 422, fields={"Idempotency-Key"})
    expect_problem(served.post(Idempotency_Key="sweep"), 422, fields={"Idempotency-Key"})


def test_what_is_no_key_is_a_400(served, expect_problem):
    for body in (GRID, REAL):
        expect_problem(sweep(served, body, Idempotency_Key="ä"), 400, fields={"Idempotency-Key"})


def test_a_sweep_counts_as_one_of_what_a_client_may_have(serve, expect_problem):
    served = serve(limits="on", active_runs=2, trainings_per_minute=10)
    answers = [sweep(served, address=ABROAD), served.post(address=ABROAD)]
    assert [answer.status_code for answer in answers] == [202, 202]
    for refused in (sweep(served, address=ABROAD), served.post(address=ABROAD)):
        problem = expect_problem(refused, 429)
        assert "2 runs queued or running" in problem["detail"]
    assert sweep(served, address="192.0.2.8").status_code == 202


def test_a_sweep_counts_as_one_of_the_queue(serve, expect_problem):
    served = serve(queue_limit=2)
    assert [sweep(served).status_code for _ in range(2)] == [202, 202]
    for refused in (sweep(served), served.post()):
        expect_problem(refused, 503)
        assert refused.headers["Retry-After"]
    assert served.runs() == 12


def test_a_simulated_sweep_and_a_cost_are_one_question_each(serve, expect_problem):
    served = serve(limits="on", simulations_per_minute=2)
    assert sweep(served, GRID, address=ABROAD).status_code == 200
    assert served.post("/api/sweeps/cost", REAL, address=ABROAD).status_code == 200
    expect_problem(sweep(served, GRID, address=ABROAD), 429)
    assert sweep(served, address=ABROAD).status_code == 202


@pytest.mark.parametrize("sweep_id", [NO_ID, "x", "1' or '1'='1", NO_ID.upper().replace("0", "A")])
def test_an_unknown_sweep_is_a_404(served, expect_problem, sweep_id):
    expect_problem(served.client.get(f"/api/sweeps/{sweep_id}"), 404)
    expect_problem(served.post(f"/api/sweeps/{sweep_id}/cancel", {}), 404)


def test_a_run_is_no_sweep(served, expect_problem):
    run = sweep(served).json["runs"][0]["run_id"]
    expect_problem(served.client.get(f"/api/sweeps/{run}"), 404)


def test_the_cost_is_not_asked_for_by_get(served, expect_problem):
    answer = served.client.get("/api/sweeps/cost")
    expect_problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_an_old_sweep_is_forgotten(served, expect_problem):
    answer = sweep(served)
    served.post(f"{answer.headers['Location']}/cancel", {})
    assert document(served, answer)["state"] == "cancelled"
    assert served.service.lifecycle.retire(ended_before=10**10) == 6
    expect_problem(served.client.get(answer.headers["Location"]), 404)
