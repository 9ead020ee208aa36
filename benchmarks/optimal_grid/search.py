"""``python -m benchmarks.optimal_grid.search``: find the optimal parameters, measure all presets.

Staged search (successive halving): every recipe for a few epochs, the best at
three batch sizes, the best of those at three lengths. The figures that are
published come from other seeds than those of the stages. Every training is
appended to ``runs.jsonl``; a second call goes on from there. The result is
``app/advice/measured_presets.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from app.advice.presets import MEASURED_PRESETS, preset_parameters
from app.advice.wording import delta_text
from app.catalog import ENGINES
from benchmarks.optimal_grid.grid import (
    BATCH_SIZES,
    DELTA,
    EPOCHS,
    Plan,
    epsilon_of,
    plans,
    recipes,
    run_of,
    shortened,
    variants,
)
from benchmarks.optimal_grid.measure import Laboratory

RECORD = Path(__file__).with_name("runs.jsonl")
LADDER = ("strong", "balanced", "weak", "no-privacy")
# Five of them, since each draws other initial weights, and with plain SGD these move the accuracy by points.
REPORT_SEEDS = (101, 102, 103, 104, 105)
TASKS = ("mnist", "mnist-1500", "digits", "xor", "fashion_mnist")
# Accuracies closer than this are a tie, which the smaller ε wins, then the shorter training.
TIE = 0.002
# Twice the spread that luck gives the difference of two such means on the small tasks; MNIST has less.
CLEARLY_BETTER = 0.005

Settings = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Search the tasks asked for (default: all), write the presets, return 0."""
    parser = argparse.ArgumentParser(description="Find and measure the optimal parameters.")
    parser.add_argument("tasks", nargs="*", default=list(TASKS), help="default: all tasks")
    parser.add_argument("--data-directory", default=os.environ.get("DPSGD_DATA_DIR"))
    options = parser.parse_args(arguments)
    laboratory = Laboratory(RECORD, options.data_directory)
    for task in options.tasks:
        optimal = _optimal(laboratory, task)
        ladder = {name: preset_parameters(task, name) for name in LADDER}
        measured = {
            name: _measured(laboratory, task, settings)
            for name, settings in {**ladder, "optimal": optimal}.items()
        }
        _publish(task, measured)
    return 0


def _optimal(laboratory: Laboratory, task: str) -> Settings:
    """Return the optimal settings: searched where there is a plan, else those of MNIST (Fashion-MNIST)."""
    plan = plans().get(task)
    return search(laboratory, plan) if plan else preset_parameters("mnist", "optimal")


def search(laboratory: Laboratory, plan: Plan) -> Settings:
    """Return the best settings of ``plan``; the incumbent unless they are clearly better."""

    def scored(candidates: Iterable[Settings], epochs: int | None = None) -> list[tuple[float, Settings]]:
        return [(_score(laboratory, plan, settings, epochs), settings) for settings in candidates]

    promising = _best(plan, scored(recipes(plan), plan.short), 2)
    sized = [found for kept in promising for found in variants(plan, kept, "batch_size", BATCH_SIZES)]
    at_best_sizes = _best(plan, scored(sized), 2)
    timed = [found for kept in at_best_sizes for found in variants(plan, kept, "epochs", EPOCHS)]
    winner = _best(plan, scored(timed), 1)[0]
    gain = fmean(_report(laboratory, plan.task, winner)) - fmean(
        _report(laboratory, plan.task, dict(plan.incumbent))
    )
    print(f"{plan.task}: winner {winner}, {100 * gain:+.2f} points against the incumbent", flush=True)
    return winner if gain > CLEARLY_BETTER else dict(plan.incumbent)


def _score(laboratory: Laboratory, plan: Plan, settings: Settings, epochs: int | None) -> float:
    runs = [run_of(plan.task, settings, seed=seed) for seed in plan.search_seeds]
    return fmean(laboratory.accuracies([shortened(run, epochs) for run in runs] if epochs else runs))


def _report(laboratory: Laboratory, task: str, settings: Settings) -> list[float]:
    return laboratory.accuracies([run_of(task, settings, seed=seed) for seed in REPORT_SEEDS])


def _best(plan: Plan, scored: list[tuple[float, Settings]], count: int) -> list[Settings]:
    """Return the ``count`` best settings; accuracies within TIE of the best go by ε, then by epochs."""

    def rank(entry: tuple[float, Settings]) -> tuple[int, float, int]:
        accuracy, settings = entry
        behind = math.floor((top - accuracy) / TIE)
        return behind, epsilon_of(run_of(plan.task, settings, seed=None)), settings["epochs"]

    top = max(accuracy for accuracy, _ in scored)
    return [settings for _, settings in sorted(scored, key=rank)[:count]]


def _measured(laboratory: Laboratory, task: str, settings: Settings) -> dict[str, Any]:
    epsilon = epsilon_of(run_of(task, settings, seed=None))
    accuracies = _report(laboratory, task, settings)
    spread = f"{100 * stdev(accuracies):.1f}"
    return {
        "parameters": settings,
        "accuracy": round(fmean(accuracies), 4),
        "epsilon": epsilon if math.isfinite(epsilon) else None,
        "seeds": list(REPORT_SEEDS),
        "source": (
            f"mean of {len(accuracies)} runs (standard deviation {spread} points, each from other initial "
            f"weights) on this project's engine, ε by RDP at {delta_text(DELTA)}"
        ),
    }


def _publish(task: str, measured: Mapping[str, Any]) -> None:
    """Put the presets of ``task`` into the file that the product reads, leaving the other tasks."""
    document = json.loads(MEASURED_PRESETS.read_text("utf-8"))
    document["engine"] = ENGINES["fast"]
    document["tasks"][task] = dict(measured)
    MEASURED_PRESETS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
