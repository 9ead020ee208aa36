"""The relative costs of the catalog's models, which app/runs/model_costs.py holds as a table.

Every model is trained for short windows at two batch sizes on zeros of its data's shape, each
window beside one of the unit (the tutorial CNN at 256), so that a busy machine slows both. The
medians of the ratios give a cost of an example and one of a step. Run it on an idle machine:

    python -m benchmarks.model_costs
"""

from __future__ import annotations

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


def main() -> None:
    """Print the rows of the table, the factors beside it, and the rate of the unit here."""
    dpsgd.configure_threads()
    unit = engine(UNIT)
    seconds_a_step(unit)
    rates, compiling = [], []
    for parameters in combinations():
        steps, tests = [], []
        small, large, seconds = warm(parameters)
        compiling.append(seconds)
        for _ in range(ROUNDS):
            one = seconds_a_step(unit) / UNIT.batch_size
            rates.append(1 / one)
            steps.append([seconds_a_step(each) / one for each in (small, large)])
            tests.append(seconds_a_test(large) / one / DATASETS[parameters.dataset].test_examples)
        at_small, at_large = (statistics.median(each) for each in zip(*steps, strict=True))
        of_example = (at_large - at_small) / (BATCHES[1] - BATCHES[0])
        of_step = at_small - BATCHES[0] * of_example
        print(
            f'    ("{parameters.model}", "{parameters.dataset}"): '
            f"Cost(example={of_example:.4g}, step={of_step:.4g}, test={statistics.median(tests):.4g}),",
            flush=True,
        )
    print(f"# seconds until the first step: median {statistics.median(compiling):.2f}, all {compiling}")
    for name, changed, series in factors():
        print(f"# {name}: {relative(changed, series, unit):.3g}", flush=True)
    spread = statistics.quantiles(rates, n=10)
    cores = len(os.sched_getaffinity(0))
    middle = f"{statistics.median(rates):.0f} (deciles {spread[0]:.0f} to {spread[-1]:.0f})"
    print(f"# unit: {middle} examples/s on {cores} cores")


def combinations() -> Iterator[RunParameters]:
    """Yield one run for every model and every shape of data it takes."""
    for dataset in ("mnist", "digits", "xor"):
        for model in MODELS:
            if why_incompatible(model, DATASETS[dataset].input_shape) is None:
                yield replace(RunParameters.of_task(dataset), model=model, batch_size=256)


def factors() -> Iterator[tuple[str, RunParameters, str]]:
    for model, task in (("tutorial_cnn", "mnist"), ("mlp", "mnist"), ("digits_cnn", "digits")):
        run = replace(RunParameters.of_task(task), model=model, batch_size=256)
        yield f"baseline {model}", run, "baseline"
        yield f"private {model}", run, "private"
        try:
            import tensorflow_privacy  # noqa: F401
        except ImportError:
            continue
        yield f"tensorflow-privacy {model}", replace(run, engine="tensorflow-privacy"), "private"


def relative(parameters: RunParameters, series: str, unit: Any) -> float:
    """Return the cost of a step in examples of the unit."""
    each = engine(parameters, series)
    each.run(1)
    ratios = []
    for _ in range(3):
        one = seconds_a_step(unit) / UNIT.batch_size
        ratios.append(seconds_a_step(each) / one)
    return statistics.median(ratios)


def warm(parameters: RunParameters) -> tuple[Any, Any, float]:
    started = time.perf_counter()
    large = engine(parameters)
    large.evaluate()
    large.run(1)
    seconds = time.perf_counter() - started
    small = engine(replace(parameters, batch_size=BATCHES[0]))
    small.run(1)
    return small, large, round(seconds, 2)


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
