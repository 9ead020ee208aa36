"""The relative costs of the catalog's models, which app/runs/work.py holds as a table.

Every model is trained for short windows at two batch sizes on zeros of its data's shape, each
window beside one of the unit (the tutorial CNN at 256), so that a busy machine slows both. The
medians of the ratios give a cost of an example and one of a step. Run it on an idle machine:

    python -m benchmarks.model_costs
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from app.catalog import DATASETS, MODELS, why_incompatible
from app.parameters import RunParameters
from app.training import dpsgd
from app.training.datasets import Data
from app.training.engines import engine_of
from app.training.seeds import run_seeds

ROUNDS = 5
WINDOW_SECONDS = 0.35
BATCHES = (64, 256)
UNIT = RunParameters.of_task("mnist")
BASELINES = (
    UNIT,
    replace(UNIT, model="mlp"),
    replace(RunParameters.of_task("digits"), batch_size=256),
    replace(RunParameters.of_task("xor"), batch_size=256),
)


def main() -> None:
    """Print the rows of the table, the baseline's share, and the rate of the unit here."""
    dpsgd.configure_threads()
    unit = engine(UNIT)
    seconds_a_step(unit)
    rates: list[float] = []
    for parameters in [*combinations(), *references()]:
        print(f"{row(parameters, unit, rates)},", flush=True)
    for parameters in BASELINES:
        print(f"# baseline share of {parameters.model}: {baseline_share(parameters):.2f}", flush=True)
    spread = statistics.quantiles(rates, n=10)
    cores = len(os.sched_getaffinity(0))
    middle = f"{statistics.median(rates):.0f} (deciles {spread[0]:.0f} to {spread[-1]:.0f})"
    print(f"# unit: {middle} examples/s on {cores} cores")


def combinations() -> Iterator[RunParameters]:
    """Yield one run for every model and every shape of data it takes."""
    for dataset in ("mnist", "digits", "xor"):
        for model in MODELS:
            if why_incompatible(model, DATASETS[dataset].input_shape) is None:
                yield replace(RunParameters.of_task(dataset), model=model, batch_size=BATCHES[1])


def references() -> Iterator[RunParameters]:
    """Yield runs of the engine tensorflow-privacy, where it is installed."""
    if importlib.util.find_spec("tensorflow_privacy") is not None:
        for parameters in BASELINES:
            yield replace(parameters, engine="tensorflow-privacy")


def row(parameters: RunParameters, unit: Any, rates: list[float]) -> str:
    """Return the costs as a row of the table; the unit's rates beside it are added to ``rates``."""
    small, large = warm(parameters)
    steps, tests = [], []
    for _ in range(ROUNDS):
        one = seconds_a_step(unit) / UNIT.batch_size
        rates.append(1 / one)
        steps.append([seconds_a_step(each) / one for each in (small, large)])
        tests.append(seconds_a_test(large) / one / DATASETS[parameters.dataset].test_examples)
    at_small, at_large = (statistics.median(each) for each in zip(*steps, strict=True))
    of_example = (at_large - at_small) / (BATCHES[1] - BATCHES[0])
    cost = f"example={of_example:.3f}, step={at_small - BATCHES[0] * of_example:.1f}"
    name = f'"{parameters.model}", "{parameters.dataset}"'
    return f"({parameters.engine}, {name}): Cost({cost}, test={statistics.median(tests):.3f})"


def baseline_share(parameters: RunParameters) -> float:
    """Return the cost of a step without privacy beside one with it."""
    private, baseline = engine(parameters), engine(parameters, "baseline")
    for each in (private, baseline):
        each.run(1)
    return statistics.median(seconds_a_step(baseline) / seconds_a_step(private) for _ in range(ROUNDS))


def warm(parameters: RunParameters) -> tuple[Any, Any]:
    """Return engines at the small and the large batch size that have compiled."""
    small, large = (engine(replace(parameters, batch_size=batch)) for batch in BATCHES)
    for each in (small, large):
        each.evaluate()
        each.run(1)
    return small, large


def engine(parameters: RunParameters, series: Any = "private") -> Any:
    info = DATASETS[parameters.dataset]
    kind = np.float32 if len(info.input_shape) == 1 else np.uint8
    data = Data(
        images=np.zeros((parameters.train_size, *info.input_shape), kind),
        labels=np.zeros(parameters.train_size, np.int32),
        test_images=np.zeros((info.test_examples, *info.input_shape), kind),
        test_labels=np.zeros(info.test_examples, np.int32),
        info=info,
    )
    return engine_of(parameters, data, run_seeds(1), series)


def seconds_a_step(each: Any) -> float:
    """Return the seconds of a step, over about a window."""
    steps, count, started = 0, 2, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < WINDOW_SECONDS:
        each.run(count)
        steps += count
        count = min(2 * count, 40)
    return elapsed / steps


def seconds_a_test(each: Any) -> float:
    started = time.perf_counter()
    for _ in range(3):
        each.evaluate()
    return (time.perf_counter() - started) / 3


if __name__ == "__main__":
    main()
