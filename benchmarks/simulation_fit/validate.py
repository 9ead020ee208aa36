"""Lay real trainings beside simulated ones, at settings that the fit has never seen.

    DPSGD_DATA_DIR=... python -m benchmarks.simulation_fit.validate

Writes ``validation.md``. A setting passes within twice the published error of its profile.
What was measured is kept in ``validation_measured.json``, so that a new fit needs no new training.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.events import EpochPoint
from app.parameters import RunParameters
from app.simulation.curves import expected_final_accuracy
from app.simulation.profiles import find_profile
from benchmarks.simulation_fit.design import parameters_of
from benchmarks.simulation_fit.measure import train

RESULT = Path(__file__).with_name("validation.md")
MEASURED = Path(__file__).with_name("validation_measured.json")
FIRST_SEED = 900_000
"""Seeds of the design count up from 0."""

# Chosen by hand before they were simulated: every optimizer, quiet and loud, small and large. None lies in
# the early reach of plain SGD, where single runs differ by more than the simulation errs.
SETTINGS: tuple[dict[str, object], ...] = (
    {"task": "mnist", "optimizer": "sgd", "values": (1.2, 0.9, 200, 0.05, 8)},
    {"task": "mnist", "optimizer": "sgd", "values": (0.6, 2.0, 512, 0.3, 5)},
    {"task": "mnist", "optimizer": "sgd", "values": (3.0, 0.7, 300, 0.1, 6)},
    {"task": "mnist", "optimizer": "momentum", "values": (1.0, 1.5, 320, 0.015, 8)},
    {"task": "mnist", "optimizer": "momentum", "values": (0.5, 3.0, 256, 0.03, 6)},
    {"task": "mnist", "optimizer": "adam", "values": (1.0, 1.0, 400, 0.003, 6)},
    {"task": "mnist", "optimizer": "adam", "values": (2.0, 2.5, 200, 0.0015, 5)},
    {"task": "mnist-1500", "optimizer": "adam", "values": (1.0, 1.0, 100, 0.006, 20)},
    {"task": "mnist-1500", "optimizer": "adam", "values": (0.5, 4.0, 200, 0.015, 15)},
    {"task": "mnist-1500", "optimizer": "momentum", "values": (1.0, 1.0, 128, 0.05, 25)},
)
NAMES = ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs")
HEADINGS = (
    *("task", "optimizer", "C", "σ", "B", "learning rate", "epochs", "seed"),
    *("measured", "simulated", "error", "published", "within twice"),
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One setting: final accuracies as fractions, the published error in points."""

    parameters: RunParameters
    measured: float
    simulated: float
    published: float

    @property
    def error(self) -> float:
        """Return simulated minus measured, in points."""
        return 100.0 * (self.simulated - self.measured)


def main() -> None:
    """Train and simulate every setting, print the table and write it."""
    os.nice(10)
    comparisons = []
    for number, setting in enumerate(SETTINGS):
        comparisons.append(_compare(setting, seed=FIRST_SEED + number))
        print(_row(comparisons[-1]), flush=True)
    RESULT.write_text("\n".join(_document(comparisons)) + "\n", encoding="utf-8")


def _compare(setting: dict[str, object], *, seed: int) -> Comparison:
    values = dict(zip(NAMES, setting["values"], strict=True))  # type: ignore[call-overload]
    parameters = parameters_of(
        str(setting["task"]), optimizer=setting["optimizer"], seed=seed, baseline=False, **values
    )
    profile = find_profile(parameters)
    return Comparison(
        parameters=parameters,
        measured=_measured(parameters),
        simulated=expected_final_accuracy(parameters, profile),
        published=profile.published["accuracy_error_points"],
    )


def _measured(parameters: RunParameters) -> float:
    """Return the final accuracy of a real training, from the record or by training now."""
    record = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}
    key = f"{parameters.task}/{parameters.optimizer}/{parameters.seed}"
    if key not in record:
        points = [event for event in train(parameters) if isinstance(event, EpochPoint)]
        record[key] = points[-1].accuracy
        MEASURED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return float(record[key])


def _document(comparisons: list[Comparison]) -> Iterator[str]:
    yield "# Ten settings that the fit has not seen"
    yield ""
    yield "Final test accuracy, one real training each (`python -m benchmarks.simulation_fit.validate`)."
    yield "The simulated figure is the average run's; published is the mean absolute error on held-out runs."
    yield ""
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    yield from map(_row, comparisons)
    yield ""
    within = sum(abs(comparison.error) <= 2.0 * comparison.published for comparison in comparisons)
    mean = sum(abs(comparison.error) for comparison in comparisons) / len(comparisons)
    yield f"{within} of {len(comparisons)} within twice the published error."
    yield f"Mean absolute error {mean:.1f} points."


def _row(comparison: Comparison) -> str:
    parameters = comparison.parameters
    cells = [
        parameters.task,
        parameters.optimizer,
        *(f"{getattr(parameters, name):g}" for name in NAMES),
        str(parameters.seed),
        f"{100 * comparison.measured:.1f} %",
        f"{100 * comparison.simulated:.1f} %",
        f"{comparison.error:+.1f}",
        f"{comparison.published:.1f}",
        "yes" if abs(comparison.error) <= 2.0 * comparison.published else "no",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
