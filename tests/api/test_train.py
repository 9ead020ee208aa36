"""POST /api/train: simulations at once, real runs waited for, handed over, or refused with the reason."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from app.runs.admission import QueueFull
from app.runs.capabilities import EngineUnavailable
from app.schemas.documents import Run
from tests.api.conftest import RUN_ID

# DESIGN.md, section 5: what every run document has, and what each part of it has.
DOCUMENT_FIELDS = {
    "id", "state", "mode", "evidence", "parameters", "dataset", "model", "epochs", "iterations",
    "gradient_norms", "per_class_accuracy", "final_metrics", "privacy", "assessment", "recommendations",
    "baseline", "notices",
}  # fmt: skip
EPOCH_FIELDS = {
    "epoch", "iteration", "accuracy", "loss", "test_loss", "epsilon", "clipped_fraction",
    "gradient_norm_histogram", "gradient_norm_median", "gradient_norm_p90", "signal_norm", "noise_norm",
    "seconds",
}  # fmt: skip


def test_an_empty_object_is_a_simulation_with_the_defaults(client):
    response = client.post("/api/train", json={})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    document = response.json
    assert (document["mode"], document["evidence"], document["id"]) == ("simulation", "simulated", None)
    chosen = {name: document["parameters"][name] for name in ("task", "dataset", "optimizer", "epochs")}
    assert chosen == {"task": "mnist", "dataset": "mnist", "optimizer": "sgd", "epochs": 15}
    assert document["final_metrics"]["epsilon"] == pytest.approx(2.73, abs=0.01)


def test_a_simulation_has_every_field_of_the_document(client):
    document = client.post("/api/train", json={"seed": 4, "epochs": 3, "baseline": True}).json
    assert set(document) >= DOCUMENT_FIELDS
    assert [set(epoch) for epoch in document["epochs"]] == [EPOCH_FIELDS] * 3
    assert all(set(point) == {"iteration", "accuracy", "loss"} for point in document["iterations"])
    assert set(document["gradient_norms"]) == {"clipping_norm", "clipped_fraction", "before", "after"}
    assert len(document["per_class_accuracy"]) == 10
    assert document["baseline"]["final_metrics"]["epsilon"] is None
    assert document["state"] == "done"


def test_a_simulation_keeps_the_documented_schema(client):
    document = client.post("/api/train", json={"seed": 4, "baseline": True}).json
    Run.model_validate(document)
    assert missing_from(document, Run) == set()


def missing_from(document: dict, model: type[BaseModel]) -> set[str]:
    return {name for name in model.model_fields if name not in document}


def test_the_final_metrics_are_the_last_epoch_s_to_the_last_digit(client):
    document = client.post("/api/train", json={"seed": 4}).json
    last = document["epochs"][-1]
    assert {name: document["final_metrics"][name] for name in ("accuracy", "loss", "epsilon")} == {
        name: last[name] for name in ("accuracy", "loss", "epsilon")
    }


def test_a_seed_makes_a_simulation_repeat_and_none_draws_one(client):
    first, second = (client.post("/api/train", json={"seed": 7}).data for _ in range(2))
    assert first == second
    seeds = {client.post("/api/train", json={}).json["parameters"]["seed"] for _ in range(5)}
    assert len(seeds) == 5


@pytest.mark.parametrize("value", [5, 5.0])
def test_an_integral_float_is_an_integer(client, value):
    parameters = client.post("/api/train", json={"epochs": value}).json["parameters"]
    assert parameters["epochs"] == 5
    assert isinstance(parameters["epochs"], int)


def test_nothing_that_is_not_finite_leaves(client):
    response = client.post("/api/train", json={"noise_multiplier": 0, "seed": 1})
    assert response.json["final_metrics"]["epsilon"] is None
    assert "NaN" not in response.text
    assert "Infinity" not in response.text


def test_a_target_epsilon_is_solved_for_and_met(client):
    document = client.post("/api/train", json={"target_epsilon": 2.0, "seed": 1}).json
    assert document["parameters"]["target_epsilon"] == 2.0
    assert 1.98 < document["final_metrics"]["epsilon"] <= 2.0


def test_a_simulation_that_stops_at_its_budget_reports_the_privacy_of_the_steps_it_took(client):
    body = {"stop_at_budget": True, "privacy_budget": 2.0, "seed": 1}
    document = client.post("/api/train", json=body).json
    assert document["privacy"]["steps"] == document["progress"]["steps"] < document["progress"]["steps_total"]
    assert document["privacy"]["epsilon"] == document["final_metrics"]["epsilon"] <= 2.0


def test_a_real_run_is_waited_for(client, runs):
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    assert response.status_code == 200
    assert response.json["id"] == RUN_ID
    assert runs.waited == [7]
    assert runs.started[0]["parameters"].mode == "real"


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, respond-async", "Respond-Async; x=1"])
def test_who_prefers_not_to_wait_gets_the_address_of_the_run(client, runs, prefer):
    runs.changes = {"state": "queued"}
    response = client.post("/api/train", json={"mode": "real", "task": "digits"}, headers={"Prefer": prefer})
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/runs/{RUN_ID}"
    assert response.headers["Preference-Applied"] == "respond-async"
    assert response.json["state"] == "queued"
    assert runs.waited == []


def test_past_the_waiting_time_the_run_goes_on_and_its_address_is_given(client, runs):
    runs.finishes, runs.changes = False, {"state": "running"}
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    assert (response.status_code, response.json["state"]) == (202, "running")
    assert response.headers["Location"] == f"/api/runs/{RUN_ID}"
    assert "Preference-Applied" not in response.headers


def test_a_simulation_ignores_the_preference(client):
    response = client.post("/api/train", json={}, headers={"Prefer": "respond-async"})
    assert response.status_code == 200
    assert "Preference-Applied" not in response.headers


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_a_run_that_ended_without_failing_is_a_200(client, runs, state):
    runs.changes = {"state": state}
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    assert (response.status_code, response.json["state"]) == (200, state)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("data_unavailable", 503), ("engine_unavailable", 503), ("invalid", 422), ("internal", 500)],
)
def test_a_run_that_failed_while_waited_for_is_a_problem_with_its_message(
    client, runs, expect_problem, kind, status
):
    runs.changes = {"state": "failed", "error": {"kind": kind, "message": "It broke; mend it."}}
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    assert expect_problem(response, status)["detail"] == "It broke; mend it."


def test_a_full_queue_is_a_503_that_says_when_to_come_back(client, runs, expect_problem):
    runs.refusal = QueueFull("20 runs are waiting already")
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    expect_problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0


def test_a_missing_engine_is_a_503_with_the_cure(client, runs, expect_problem):
    runs.refusal = EngineUnavailable("TensorFlow is not installed. Install it.")
    response = client.post("/api/train", json={"mode": "real", "task": "digits"})
    assert expect_problem(response, 503)["detail"] == "TensorFlow is not installed. Install it."


@pytest.mark.parametrize("body", [{"dataset": "mnist"}, {"task": "mnist"}, {"task": "mnist-1500"}])
def test_named_data_that_cannot_be_had_is_a_503_with_the_cure(
    client, runs, expect_problem, body, monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    problem = expect_problem(client.post("/api/train", json={"mode": "real", **body}), 503)
    assert "DPSGD_DATA_DIR" in problem["detail"]
    assert runs.started == []
