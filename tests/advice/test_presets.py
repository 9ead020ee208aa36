"""Presets: the ladder of DESIGN.md, and measured figures only where these very settings were measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.advice import presets as presets_module
from app.advice.presets import SETTINGS, measured_accuracy, measurements, presets
from app.catalog import TASKS
from app.parameters import PARAMETERS, default_of
from tests.advice.documents import epsilon_of, parameters_of

LADDER = {
    # id: (C, sigma, B, learning rate, epochs, optimizer)
    "strong": (1.0, 1.1, 256, 0.01, 10, "sgd"),
    "balanced": (1.0, 0.8, 256, 0.02, 15, "sgd"),
    "weak": (1.0, 0.6, 256, 0.02, 20, "sgd"),
    "no-privacy": (1.0, 0.0, 256, 0.02, 15, "sgd"),
}

ELSEWHERE = {
    # id: (task, C, sigma, B, learning rate, epochs, optimizer)
    "published": ("mnist", 1.0, 1.2, 256, 0.32, 10, "sgd"),
    "small-data": ("mnist-1500", 1.0, 2.0, 128, 0.01, 15, "adam"),
}


@pytest.mark.parametrize(("name", "values"), ELSEWHERE.items())
@pytest.mark.parametrize("task", ["mnist", "mnist-1500"])
def test_presets_of_another_task_name_it(task: str, name: str, values: tuple[float | str, ...]) -> None:
    preset = next(preset for preset in presets(task) if preset["id"] == name)
    assert tuple(preset["parameters"][setting] for setting in ("task", *SETTINGS)) == values


def test_a_published_result_is_quoted_and_not_called_measured_here() -> None:
    published, small = (next(each for each in presets("mnist") if each["id"] == name) for name in ELSEWHERE)
    assert published["measured"] is None
    assert "reports 95.0 %" in published["description"]
    assert small["measured"]["accuracy"] == measurements()["mnist-1500"]["balanced"]["accuracy"]


@pytest.mark.parametrize(("name", "values"), LADDER.items())
def test_mnist_ladder_is_the_guides(name: str, values: tuple[float | str, ...]) -> None:
    parameters = {preset["id"]: preset["parameters"] for preset in presets("mnist")}[name]
    assert tuple(parameters[setting] for setting in SETTINGS) == values


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_has_the_ladder_and_the_optimum_inside_the_bounds(task: str) -> None:
    others = list(ELSEWHERE) if TASKS[task].dataset == "mnist" else []
    assert [preset["id"] for preset in presets(task)] == [*LADDER, *others, "optimal"]
    for preset in presets(task):
        assert set(preset["parameters"]) - {"task"} == set(SETTINGS)
        for name in set(SETTINGS) - {"optimizer"}:
            assert PARAMETERS[name].minimum <= preset["parameters"][name] <= PARAMETERS[name].maximum


@pytest.mark.parametrize("task", sorted(TASKS))
def test_balanced_is_the_tasks_default(task: str) -> None:
    balanced = presets(task)[1]["parameters"]
    assert balanced["optimizer"] == TASKS[task].optimizer
    assert all(balanced[name] == default_of(name, task) for name in set(SETTINGS) - {"optimizer"})


@pytest.mark.parametrize("task", sorted(TASKS))
def test_strong_and_weak_spend_what_they_are_called_after(task: str) -> None:
    spent = {
        preset["id"]: epsilon_of(parameters_of(task, **preset["parameters"]))
        for preset in presets(task)
        if preset["id"] in LADDER
    }
    assert 0.9 < (spent["strong"] or 0) < 1.15
    assert 6.5 < (spent["weak"] or 0) < 8.0
    assert spent["no-privacy"] is None


@pytest.mark.parametrize("task", sorted(TASKS))
def test_measured_epsilon_is_the_accountants_for_these_settings(task: str) -> None:
    for preset in presets(task):
        if preset["measured"] is not None:
            epsilon = epsilon_of(parameters_of(**{"task": task, **preset["parameters"]}))
            assert preset["measured"]["epsilon"] == pytest.approx(epsilon, rel=1e-6)


def test_settings_inside_the_bands_of_the_guide_are_optimal_on_mnist() -> None:
    optimal = presets("mnist")[-1]["parameters"]
    for name in set(SETTINGS) - {"optimizer"}:
        low, high = PARAMETERS[name].recommended or (0, 0)
        assert low <= optimal[name] <= high


def test_measured_accuracy_is_known_for_measured_settings_only() -> None:
    optimal = presets("mnist")[-1]["parameters"]
    assert measured_accuracy(parameters_of(**optimal)) == measurements()["mnist"]["optimal"]["accuracy"]
    assert measured_accuracy(parameters_of(**{**optimal, "noise_multiplier": 1.2})) is None
    assert measured_accuracy(parameters_of(**optimal, sampling="shuffle")) is None
    assert measured_accuracy(parameters_of(**optimal, train_size=6_000)) is None


def test_figures_of_other_settings_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    stale = {**measurements()["mnist"]["strong"], "parameters": {"epochs": 99}}
    changed = {**measurements(), "mnist": {**measurements()["mnist"], "strong": stale}}
    monkeypatch.setattr(presets_module, "measurements", lambda: changed)
    assert presets("mnist")[0]["measured"] is None


def recorded_runs() -> list[dict[str, Any]]:
    record = Path(__file__).parents[2] / "benchmarks" / "optimal_grid" / "runs.jsonl"
    return [json.loads(line) for line in record.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("task", sorted(TASKS))
def test_published_accuracy_is_the_mean_of_the_recorded_runs(task: str) -> None:
    rows = [row for row in recorded_runs() if row["task"] == task]
    for name, published in measurements()[task].items():
        if published["accuracy"] is None:  # carried over from another task, and shown as unmeasured
            continue
        accuracies = [
            row["accuracy"]
            for row in rows
            if row["parameters"] == published["parameters"] and row["seed"] in published["seeds"]
        ]
        assert len(accuracies) == len(published["seeds"]), name
        assert published["accuracy"] == pytest.approx(sum(accuracies) / len(accuracies), abs=5e-5)
