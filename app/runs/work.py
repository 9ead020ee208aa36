"""How much work a run is, counted in examples of one fixed kind of run: the unit.

The unit is one example of a private step of the tutorial CNN on MNIST at batch size 256. How many of
them a machine does a second differs from machine to machine; what one model costs beside another
differs less, so that this table was measured once: by ``python -m benchmarks.model_costs`` on four
cores of an x86-64 server with TensorFlow 2.15, as medians of five windows each beside one of the unit.
Repeated under heavy load, the costs of a whole step at 256 came out at 0.6 to 1.4 of these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.catalog import DATASETS, TABLE, DatasetInfo
from app.parameters import RunParameters

SHIPPED_PER_CORE = 9_200.0  # units a second and core, from the same measurement: 36,784 on four cores
OVERHEAD_SECONDS = 0.8  # until the first step: 0.4 to 0.9, another model being compiled or not
BASELINE_SHARE = 0.6  # a step without privacy beside one with it: 0.47 to 0.72, by the model
MOST_MEASUREMENTS, MEASUREMENTS_PER_EPOCH = 60, 3  # as app.training.schedule has them


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Units for one example of a private step, for the step itself, and for one example of the test set."""

    example: float
    step: float
    test: float


COSTS: Mapping[tuple[str, str], Cost] = {
    ("tutorial_cnn", "mnist"): Cost(example=0.792, step=53.2, test=0.136),
    ("tanh_cnn", "mnist"): Cost(example=0.792, step=53.2, test=0.150),
    ("wide_cnn", "mnist"): Cost(example=1.032, step=63.9, test=0.210),
    ("digits_cnn", "mnist"): Cost(example=1.730, step=55.5, test=0.362),
    ("mlp", "mnist"): Cost(example=0.042, step=38.2, test=0.034),
    ("small_mlp", "mnist"): Cost(example=0.008, step=33.6, test=0.025),
    ("logistic", "mnist"): Cost(example=0.031, step=14.7, test=0.019),
    ("toy_mlp", "mnist"): Cost(example=0.022, step=21.3, test=0.016),
    ("wide_cnn", "digits"): Cost(example=0.147, step=38.4, test=0.188),
    ("digits_cnn", "digits"): Cost(example=0.291, step=38.1, test=0.150),
    ("mlp", "digits"): Cost(example=0.011, step=19.2, test=0.070),
    ("small_mlp", "digits"): Cost(example=0.008, step=15.7, test=0.073),
    ("logistic", "digits"): Cost(example=0.003, step=11.4, test=0.054),
    ("toy_mlp", "digits"): Cost(example=0.001, step=15.8, test=0.090),
    ("mlp", "xor"): Cost(example=0.006, step=14.7, test=0.028),
    ("small_mlp", "xor"): Cost(example=0.004, step=15.3, test=0.026),
    ("logistic", "xor"): Cost(example=0.007, step=11.4, test=0.030),
    ("toy_mlp", "xor"): Cost(example=0.008, step=14.3, test=0.036),
}
REFERENCE_COSTS: Mapping[str, Cost] = {  # the engine tensorflow-privacy: the slowest of the models tried
    "mnist": Cost(example=4.3, step=193.0, test=0.136),
    "digits": Cost(example=2.5, step=165.0, test=0.150),
    "xor": Cost(example=0.5, step=85.0, test=0.036),
}


def cost_of(model: str, dataset: str) -> Cost | None:
    """Return the cost of ``model`` on examples of the shape of ``dataset``, None if it cannot take them."""
    return COSTS.get((model, _measured_on(DATASETS[dataset])))


def private_work(parameters: RunParameters) -> float:
    """Return the units of the private series with its measurements on the test set."""
    cost = _cost(parameters)
    return _steps_work(parameters, cost) + _tests_work(parameters, cost)


def baseline_work(parameters: RunParameters) -> float:
    """Return the units of the series without privacy; 0 where none is wanted."""
    cost = _cost(parameters)
    steps = BASELINE_SHARE * _steps_work(parameters, cost)
    return steps + _tests_work(parameters, cost) if parameters.baseline else 0.0


def _cost(parameters: RunParameters) -> Cost:
    shape = _measured_on(parameters.data)
    if parameters.engine == "tensorflow-privacy":
        return REFERENCE_COSTS[shape]
    return COSTS[parameters.model, shape]


def _measured_on(dataset: DatasetInfo) -> str:
    """Return the dataset of the same shape on which costs were measured.

    For a table, the smallest with at least as many inputs: a row costs no more than its example.
    """
    measured = sorted({name for _, name in COSTS}, key=lambda name: math.prod(DATASETS[name].input_shape))
    if dataset.name != TABLE:
        return next(name for name in measured if DATASETS[name].input_shape == dataset.input_shape)
    (inputs,) = dataset.input_shape
    return next(name for name in measured if math.prod(DATASETS[name].input_shape) >= inputs)


def _steps_work(parameters: RunParameters, cost: Cost) -> float:
    return parameters.steps * (parameters.batch_size * cost.example + cost.step)


def _tests_work(parameters: RunParameters, cost: Cost) -> float:
    return _measurements(parameters) * parameters.data.test_examples * cost.test


def _measurements(parameters: RunParameters) -> int:
    """Return how often the trainer measures a series; in very short epochs it does less often."""
    return parameters.epochs * max(1, min(MEASUREMENTS_PER_EPOCH, MOST_MEASUREMENTS // parameters.epochs))
