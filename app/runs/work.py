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

SHIPPED_PER_CORE = 22_000.0  # units a second and core, from the same measurement: 88,306 on four cores
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
    ("tutorial_cnn", "mnist"): Cost(example=0.836, step=42.1, test=0.135),
    ("tanh_cnn", "mnist"): Cost(example=0.823, step=46.7, test=0.151),
    ("wide_cnn", "mnist"): Cost(example=1.426, step=57.6, test=0.257),
    ("digits_cnn", "mnist"): Cost(example=1.877, step=56.2, test=0.389),
    ("mlp", "mnist"): Cost(example=0.052, step=51.7, test=0.034),
    ("small_mlp", "mnist"): Cost(example=0.041, step=38.6, test=0.025),
    ("logistic", "mnist"): Cost(example=0.022, step=23.8, test=0.017),
    ("toy_mlp", "mnist"): Cost(example=0.045, step=26.2, test=0.019),
    ("wide_cnn", "digits"): Cost(example=0.156, step=46.4, test=0.261),
    ("digits_cnn", "digits"): Cost(example=0.221, step=46.9, test=0.340),
    ("mlp", "digits"): Cost(example=0.008, step=28.0, test=0.149),
    ("small_mlp", "digits"): Cost(example=0.004, step=25.7, test=0.139),
    ("logistic", "digits"): Cost(example=0.001, step=24.0, test=0.156),
    ("toy_mlp", "digits"): Cost(example=0.007, step=25.2, test=0.182),
    ("mlp", "xor"): Cost(example=0.001, step=26.6, test=0.055),
    ("small_mlp", "xor"): Cost(example=0.007, step=27.8, test=0.072),
    ("logistic", "xor"): Cost(example=0.005, step=22.1, test=0.053),
    ("toy_mlp", "xor"): Cost(example=0.008, step=28.7, test=0.067),
}
REFERENCE_COSTS: Mapping[str, Cost] = {  # the engine tensorflow-privacy: the slowest of the models tried
    "mnist": Cost(example=6.6, step=151.0, test=0.136),
    "digits": Cost(example=3.1, step=139.0, test=0.328),
    "xor": Cost(example=1.3, step=77.0, test=0.052),
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
