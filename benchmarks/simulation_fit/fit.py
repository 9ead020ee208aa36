"""Fit the simulation to the committed measurements and write ``app/simulation/profiles.json``.

    python -m benchmarks.simulation_fit.fit

Two thirds of the settings fit the constants; the held-back third gives the
published error. The split and the search are seeded: the same measurements give
the same file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from app.catalog import DATASETS, TASKS
from app.simulation.gradients import distribution, signal_norm
from app.simulation.learning import loss
from app.simulation.profiles import PROFILES_FILE
from benchmarks.simulation_fit.accuracy_fit import AccuracyFit, AccuracyModel, Points, error_by_run, points_of
from benchmarks.simulation_fit.companions import (
    epoch_motion,
    fit_classes,
    fit_loss,
    fit_luck,
    fit_norms,
    midway_steps,
)
from benchmarks.simulation_fit.measurements import Measurements, file_of, read

FAMILIES: tuple[tuple[str, ...], ...] = (("sgd", "momentum"), ("adam",))
"""Optimizers whose runs share one set of constants; momentum is SGD with a longer step."""
FITTED_TASKS = ("mnist", "mnist-1500", "digits", "fashion_mnist")
WORST_PUBLISHED_ERROR = 7.5
"""A family that misses by more points gets no profile: no simulation is better than a misleading one."""
RANGES = ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epochs")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The measurements of one task and family, and which points train the fit."""

    measured: Measurements
    points: Points
    training: npt.NDArray[np.bool_]


def main() -> None:
    """Fit all measured tasks, print their errors and write the profiles."""
    # One thread: sums are then always added in one order, and small matrices are solved faster.
    with threadpool_limits(limits=1):
        profiles = [
            profile
            for task in FITTED_TASKS
            if file_of(task).exists()
            for family in FAMILIES
            for profile in _fit_family(task, family)
        ]
    _write(profiles)


def _write(profiles: list[dict[str, Any]]) -> None:
    document = {
        "origin": "python -m benchmarks.simulation_fit.fit, from benchmarks/simulation_fit/measured_*.csv",
        "profiles": profiles,
    }
    PROFILES_FILE.write_text(json.dumps(_rounded(document), indent=1) + "\n", encoding="utf-8")


def _fit_family(task: str, family: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the profiles of each optimizer of ``family`` on ``task`` that is worth publishing."""
    measured = read(task)
    measured = measured.where(np.isin(measured.names("optimizer"), family))
    if not len(measured):
        return []
    points = points_of(task, measured)
    sample = Sample(measured=measured, points=points, training=~held_back(points))
    model = AccuracyFit(points, sample.training).best()
    shared = _shared_entry(sample, model)
    entries = [_entry(optimizer, sample, model, shared) for optimizer in family]
    return [e for e in entries if e["published"]["accuracy_error_points"] <= WORST_PUBLISHED_ERROR]


def held_back(points: Points) -> npt.NDArray[np.bool_]:
    """Return which points are held back: of each optimizer one setting in three, all its repeats together.

    Stratified: settings are ranked by the accuracy they reached, and one of each
    three neighbours is drawn, so that both parts reach from collapse to success.
    """
    generator = np.random.default_rng(7)
    held: list[str] = []
    for optimizer in np.unique(points.optimizer):
        own = points.optimizer == optimizer
        settings = np.unique(points.setting[own])
        reached = [_reached_by_first_run(points, own & (points.setting == name)) for name in settings]
        ranked = settings[np.argsort(reached, kind="stable")]
        held += [str(generator.choice(ranked[place : place + 3])) for place in range(0, len(ranked) - 2, 3)]
    return np.isin(points.setting, held)


def _reached_by_first_run(points: Points, chosen: npt.NDArray[np.bool_]) -> float:
    """Return the final accuracy of the first run of a setting: repeats added later leave the split as it is."""
    first = points.run[np.flatnonzero(chosen)[0]]
    return float(points.accuracy[points.run == first][-1])


def _shared_entry(sample: Sample, model: AccuracyModel) -> dict[str, Any]:
    """Return the fields of a profile that all optimizers of a family share."""
    points, measured, training = sample.points, sample.measured, sample.training
    test_examples = DATASETS[TASKS[points.task].dataset].test_examples
    now = points.motion(model.constants)
    midway = [points.motion(model.constants, steps) for steps in midway_steps(points)]
    scale = float(np.median(now.travel))
    classes, offsets = fit_classes(points, measured, training)
    return {
        "table": {"log_travel": model.table.log_travel.tolist(), "latent": model.table.latent.tolist()},
        "motion": dict(model.constants),
        "train_loss": fit_loss(
            midway, measured.numbers("loss"), training, classes=points.classes, scale=scale
        ),
        "test_loss": fit_loss(
            [now], measured.numbers("test_loss"), training, classes=points.classes, scale=scale
        ),
        "norms": fit_norms(points, measured, epoch_motion(points, model), training),
        "classes": classes,
        "class_offsets": offsets,
        "luck": fit_luck(points, model, test_examples=test_examples),
    }


def _entry(optimizer: str, sample: Sample, model: AccuracyModel, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return the profile of one optimizer as it is written to the file."""
    chosen = sample.points.optimizer == optimizer
    own = sample.measured.where(chosen)
    return {
        "task": sample.points.task,
        "optimizer": optimizer,
        "trainable_parameters": int(own.numbers("trainable_parameters")[0]),
        **shared,
        "published": _published(optimizer, sample, model, shared),
        "fitted_range": {
            name: [float(own.numbers(name).min()), float(own.numbers(name).max())] for name in RANGES
        },
    }


def _published(
    optimizer: str, sample: Sample, model: AccuracyModel, shared: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the held-out error: mean over held-back runs of the mean absolute error over their epochs."""
    points = sample.points
    errors = error_by_run(points, model)
    own = points.optimizer == optimizer
    held = sorted(set(points.run[own & ~sample.training]))
    fitted = sorted(set(points.run[own & sample.training]))
    published = {
        "accuracy_error_points": float(np.mean([errors[run] for run in held])),
        "accuracy_error_points_fitted": float(np.mean([errors[run] for run in fitted])),
        "held_out_runs": len(held),
        "fitted_runs": len(fitted),
    }
    published |= _companion_errors(sample, model, shared, own & ~sample.training)
    print(points.task, optimizer, {name: round(value, 2) for name, value in published.items()})
    return published


def _companion_errors(
    sample: Sample, model: AccuracyModel, shared: Mapping[str, Any], chosen: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """Return the errors at the ``chosen`` points: clipped share in points, median factor of the others."""
    points, measured = sample.points, sample.measured
    midway = [points.motion(model.constants, steps) for steps in midway_steps(points)]
    train = np.mean([loss(part, shared["train_loss"], classes=points.classes) for part in midway], axis=0)
    test = loss(points.motion(model.constants), shared["test_loss"], classes=points.classes)
    moved = epoch_motion(points, model)
    norms = distribution(moved, shared["norms"])
    signal = signal_norm(
        norms.mean_clipped(points.clipping_norm),
        moved,
        batch_size=points.batch_size,
        constants=shared["norms"],
    )

    def factor(predicted: Any, name: str) -> float:
        ratio = np.abs(np.log(predicted / measured.numbers(name)))[chosen]
        return float(np.exp(np.nanmedian(ratio)))

    clipped = np.abs(norms.share_above(points.clipping_norm) - measured.numbers("clipped_fraction"))
    return {
        "clipped_error_points": float(100.0 * np.nanmean(clipped[chosen])),
        "loss_factor": factor(train, "loss"),
        "test_loss_factor": factor(test, "test_loss"),
        "norm_median_factor": factor(norms.quantile(0.5), "norm_p50"),
        "norm_p90_factor": factor(norms.quantile(0.9), "norm_p90"),
        "signal_norm_factor": factor(signal, "signal_norm"),
    }


def _rounded(value: Any) -> Any:
    """Return ``value`` with every float at six significant digits."""
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
