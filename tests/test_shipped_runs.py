"""static/data/measured_runs.json: the runs the page opens with are real, whole and of today's presets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.advice.presets import preset_parameters
from app.catalog import DEFAULT_TASK
from app.parameters import RunParameters
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.schemas.documents import Run
from benchmarks.shipped_runs import PRESETS, SEED, SHIPPED

MOST_BYTES = 200_000
CONTENT: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))
ROUNDED = 1e-3  # histograms are rounded to four digits

each_run = pytest.mark.parametrize("preset", PRESETS)


def test_both_runs_together_are_small_and_say_what_measured_them() -> None:
    assert SHIPPED.stat().st_size < MOST_BYTES
    assert set(CONTENT["runs"]) == set(PRESETS)
    for fact in ("script", "engine", "python", "tensorflow", "dp_accounting", "cores", "date"):
        assert CONTENT["provenance"][fact], fact


@each_run
def test_a_shipped_run_is_what_the_api_answers(preset: str) -> None:
    run = CONTENT["runs"][preset]
    Run.model_validate(run)
    assert (run["id"], run["state"], run["mode"], run["evidence"]) == (None, "done", "real", "measured")
    assert run["error"] is None
    assert [notice["id"] for notice in run["notices"]] == ["fixed-seed"]


@each_run
def test_a_shipped_run_belongs_to_todays_preset(preset: str) -> None:
    expected = RunParameters.of_task(
        DEFAULT_TASK, **preset_parameters(DEFAULT_TASK, preset), seed=SEED, baseline=True
    )
    assert CONTENT["runs"][preset]["parameters"] == expected.to_dict()


@each_run
def test_the_epsilon_of_a_shipped_run_is_the_accountants(preset: str) -> None:
    run = CONTENT["runs"][preset]
    mechanism = Mechanism.of(RunParameters.from_dict(run["parameters"]))
    epsilon_at = guaranteed_epsilon(mechanism)
    assert run["privacy"]["steps"] == run["progress"]["steps"] == mechanism.steps
    for said in (run["epsilon_spent"], run["privacy"]["epsilon"], run["final_metrics"]["epsilon"]):
        assert said == pytest.approx(epsilon_at(mechanism.steps), rel=1e-9)
    for point in run["epochs"]:
        assert point["epsilon"] == pytest.approx(epsilon_at(point["iteration"]), rel=1e-9)


@each_run
def test_a_shipped_run_is_whole_and_agrees_with_itself(preset: str) -> None:
    run = CONTENT["runs"][preset]
    last = run["epochs"][-1]
    assert [point["epoch"] for point in run["epochs"]] == list(range(1, run["parameters"]["epochs"] + 1))
    assert run["final_metrics"]["accuracy"] == last["accuracy"] == run["iterations"][-1]["accuracy"]
    assert run["baseline"]["final_metrics"]["accuracy"] > 0.8
    for point in run["epochs"]:
        for side in ("before", "after"):
            total = sum(bar["y"] for bar in point["gradient_norm_histogram"][side])
            assert total == pytest.approx(1, abs=ROUNDED)


def test_the_optimal_run_teaches_its_lesson() -> None:
    balanced, optimal = (CONTENT["runs"][preset]["final_metrics"] for preset in PRESETS)
    assert optimal["epsilon"] < balanced["epsilon"]
    assert optimal["accuracy"] > balanced["accuracy"] + 0.05
