"""The table of relative costs covers all that can be trained, and work grows with what is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.catalog import DATASETS, ENGINES, MODELS, why_incompatible
from app.parameters import PARAMETERS, RunParameters
from app.runs import work
from app.runs.work import baseline_work, cost_of, private_work
from app.training import schedule

MNIST = RunParameters.of_task("mnist")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("model", MODELS)
def test_whatever_can_be_trained_has_a_cost(model: str, dataset: str, engine: str) -> None:
    possible = why_incompatible(model, DATASETS[dataset].input_shape) is None
    assert (cost_of(model, dataset) is not None) == possible
    if possible:
        parameters = replace(RunParameters.of_task(dataset), model=model, engine=engine)
        assert private_work(parameters) > 0


def test_the_unit_is_an_example_of_the_tutorial_cnn_at_256() -> None:
    cost = cost_of("tutorial_cnn", "mnist")
    assert cost is not None
    assert cost.example * 256 + cost.step == pytest.approx(256, rel=0.01)


@pytest.mark.parametrize(
    "more",
    [
        {"epochs": 16},
        {"batch_size": 64},
        {"model": "digits_cnn"},
        {"engine": "tensorflow-privacy"},
    ],
    ids=str,
)
def test_more_is_more_work(more: dict[str, Any]) -> None:
    assert private_work(replace(MNIST, **more)) > private_work(MNIST)


def test_fewer_examples_are_less_work() -> None:
    assert private_work(replace(MNIST, train_size=30_000)) < 0.6 * private_work(MNIST)


def test_a_baseline_costs_less_than_the_private_series_and_nothing_where_there_is_none() -> None:
    assert baseline_work(MNIST) == 0
    assert 0 < baseline_work(replace(MNIST, baseline=True)) < private_work(MNIST)


@pytest.mark.parametrize("epochs", [1, 2, 15, 20, 21, 30, 31, int(PARAMETERS["epochs"].maximum)])
def test_measurements_are_counted_as_the_trainer_makes_them(epochs: int) -> None:
    parameters = replace(MNIST, epochs=epochs)
    assert work._measurements(parameters) == len(schedule.marks(parameters, steps=parameters.steps))
