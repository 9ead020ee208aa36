"""static/data/measured_sweep.json: the shipped sweep is whole, of today's preset, and agrees with itself."""

from __future__ import annotations

import json
from statistics import fmean, stdev
from typing import Any

import pytest

from app.advice.presets import preset_parameters
from app.catalog import DEFAULT_TASK
from app.parameters import RunParameters
from app.privacy.composition import composed_epsilon
from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from benchmarks.shipped_sweep import PARAMETER, PRESET, SEEDS, SHIPPED, VALUES, settings_of, sweep_of

MOST_BYTES = 20_000
CONTENT: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))
SWEEP: dict[str, Any] = CONTENT["sweep"]


def parameters_at(value: float, seed: int = SEEDS[0]) -> RunParameters:
    return RunParameters.of_task(DEFAULT_TASK, **settings_of(value=value, seed=seed))


def test_it_is_small_and_says_what_measured_it_but_not_on_which_host() -> None:
    assert SHIPPED.stat().st_size < MOST_BYTES
    facts = {"script", "engine", "python", "tensorflow", "dp_accounting", "machine", "cores", "date"}
    assert set(CONTENT["provenance"]) == facts
    assert all(CONTENT["provenance"].values())


def test_it_is_a_finished_measured_sweep_of_the_values_and_seeds() -> None:
    assert (SWEEP["id"], SWEEP["state"], SWEEP["mode"], SWEEP["evidence"]) == (
        None,
        "done",
        "real",
        "measured",
    )
    assert (SWEEP["parameter"], SWEEP["values"], SWEEP["seeds"]) == (PARAMETER, list(VALUES), list(SEEDS))
    assert [(run["value"], run["seed"]) for run in SWEEP["runs"]] == [(v, s) for v in VALUES for s in SEEDS]
    assert {run["state"] for run in SWEEP["runs"]} == {"done"}
    assert {run["run_id"] for run in SWEEP["runs"]} == {None}


def test_its_other_settings_are_todays_preset() -> None:
    preset = preset_parameters(DEFAULT_TASK, PRESET)
    others = {name: value for name, value in preset.items() if name != PARAMETER}
    assert {name: SWEEP["parameters"][name] for name in others} == others
    assert not {PARAMETER, "seed"} & set(SWEEP["parameters"])


@pytest.mark.parametrize("place", range(len(VALUES)))
def test_a_points_epsilon_is_the_accountants(place: int) -> None:
    mechanism = Mechanism.of(parameters_at(VALUES[place]))
    expected = guaranteed_epsilon(mechanism)(mechanism.steps)
    assert SWEEP["points"][place]["epsilon"] == pytest.approx(expected, rel=1e-9)
    for run in SWEEP["runs"]:
        if run["value"] == VALUES[place]:
            assert run["epsilon"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("place", range(len(VALUES)))
def test_a_points_mean_and_spread_are_those_of_its_runs(place: int) -> None:
    point = SWEEP["points"][place]
    accuracies = [run["accuracy"] for run in SWEEP["runs"] if run["value"] == point["value"]]
    assert (point["value"], point["runs"]) == (VALUES[place], len(SEEDS))
    assert point["accuracy"] == pytest.approx(fmean(accuracies))
    assert point["accuracy_sd"] == pytest.approx(stdev(accuracies))
    assert (point["accuracy_min"], point["accuracy_max"]) == (min(accuracies), max(accuracies))


def test_no_point_of_its_front_is_beaten_and_every_other_is() -> None:
    points = SWEEP["points"]
    for index, mine in enumerate(points):
        beaten = any(
            other["epsilon"] <= mine["epsilon"]
            and other["accuracy"] >= mine["accuracy"]
            and (other["epsilon"], other["accuracy"]) != (mine["epsilon"], mine["accuracy"])
            for other in points
        )
        assert beaten != (index in SWEEP["pareto"]), mine["value"]


def test_the_epsilon_of_all_adds_up_every_run() -> None:
    mechanisms = [Mechanism.of(parameters_at(value, seed)) for value in VALUES for seed in SEEDS]
    expected = composed_epsilon([(mechanism, mechanism.steps) for mechanism in mechanisms])
    assert SWEEP["epsilon_of_all"] == pytest.approx(expected, rel=1e-9)
    assert SWEEP["epsilon_of_all"] > max(point["epsilon"] for point in SWEEP["points"])


def test_the_document_is_what_the_server_would_say_of_these_runs() -> None:
    """After a change of the document or the simulation: ``python -m benchmarks.shipped_sweep --restate``."""

    def figures(document: dict[str, Any]) -> Any:
        text = json.dumps(document | {"statement": ""})  # words may change
        return json.loads(text, parse_float=lambda number: f"{float(number):.9g}")

    assert figures(sweep_of(SWEEP["runs"])) == figures(SWEEP)


def test_there_is_a_baseline_for_every_seed_and_it_is_better() -> None:
    baselines = {run["seed"]: run["accuracy"] for run in CONTENT["baseline"]}
    assert tuple(baselines) == SEEDS
    assert min(baselines.values()) > max(run["accuracy"] for run in SWEEP["runs"])


def test_noise_costs_accuracy() -> None:
    accuracies = [point["accuracy"] for point in SWEEP["points"]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert accuracies[0] - accuracies[-1] >= 0.04
