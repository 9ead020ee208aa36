"""Fit the accuracy model of ``app.simulation.learning`` to measured points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares

from app.catalog import DATASETS, TASKS
from app.simulation import learning
from app.simulation.learning import AccuracyTable, Motion, Setting
from benchmarks.simulation_fit.measurements import Measurements

Array = npt.NDArray[np.float64]

KNOTS = 9
TABLE_POINTS = 40
STARTS = 6
EVALUATIONS = 120
SMOOTH = 1.0
"""Weight, in points of accuracy, of a change in the slope (logarithm) of the table from knot to knot."""
CEILING = 2.4
"""Latent progress, about 98.5 % of ten classes, above which the table is pulled back."""
RIDGE = 1.0
"""Weight, in points of accuracy, of one prior standard deviation of one constant."""

# Centre and width (standard deviation of the logarithm) of each constant before the data are seen.
SGD_PRIOR: Mapping[str, tuple[float, float]] = {
    "gradient_scale": (9.0, 0.3),
    "pull": (0.1, 2.0),
    "travel_scale": (10.0, 1.0),
    "pull_decay": (0.5, 0.5),
    "blur": (100.0, 1.5),
    "blur_decay": (0.7, 0.5),
    "blur_power": (1.0, 0.4),
    "collapse": (2.0, 1.0),
}
ADAM_PRIOR: Mapping[str, tuple[float, float]] = {
    **SGD_PRIOR,
    "pull": (8.0, 1.0),
    "travel_scale": (0.05, 1.0),
    "blur": (150.0, 1.0),
    "adam_signal": (0.0005, 0.7),
    "adam_power": (1.0, 0.3),
    "fading_scale": (0.1, 1.5),
    "fading": (0.3, 0.5),
}


@dataclass(frozen=True, kw_only=True)
class AccuracyModel:
    """The fitted constants and table of one task and family."""

    constants: Mapping[str, float]
    table: AccuracyTable


@dataclass(frozen=True, kw_only=True)
class Points:
    """Measured points of one task as arrays [points]; unclipped ones have an infinite ``clipping_norm``."""

    task: str
    run: npt.NDArray[np.str_]
    setting: npt.NDArray[np.str_]
    optimizer: npt.NDArray[np.str_]
    clipping_norm: Array
    noise_multiplier: Array
    batch_size: Array
    learning_rate: Array
    epoch: Array
    iteration: Array
    accuracy: Array

    @property
    def private(self) -> npt.NDArray[np.bool_]:
        """Return which points belong to private series, not to unclipped baselines."""
        return np.isfinite(self.clipping_norm)

    @property
    def classes(self) -> int:
        return DATASETS[TASKS[self.task].dataset].classes

    def where(self, chosen: npt.NDArray[np.bool_]) -> Points:
        """Return the ``chosen`` points only."""
        arrays = {
            field.name: getattr(self, field.name)[chosen] for field in fields(self) if field.name != "task"
        }
        return Points(task=self.task, **arrays)

    @property
    def weights(self) -> Array:
        """Return weights [points] that make every run count the same, however many epochs it had."""
        _, index, counts = np.unique(self.run, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / counts[index])

    def motion(self, constants: Mapping[str, float], steps: Array | None = None) -> Motion:
        """Return travel and wander at each point, or after ``steps`` [points] of its run."""
        steps = self.iteration if steps is None else steps
        travel, wander = np.empty_like(steps), np.empty_like(steps)
        for optimizer in np.unique(self.optimizer):
            chosen = self.optimizer == optimizer
            moved = learning.motion(
                Setting(
                    optimizer=str(optimizer),
                    clipping_norm=self.clipping_norm[chosen],
                    noise_multiplier=self.noise_multiplier[chosen],
                    batch_size=self.batch_size[chosen],
                    learning_rate=self.learning_rate[chosen],
                    steps=steps[chosen],
                ),
                constants,
            )
            travel[chosen], wander[chosen] = moved.travel, moved.wander
        return Motion(travel=travel, wander=wander)


def points_of(task: str, measured: Measurements) -> Points:
    """Return the points of ``measured``; repeats of one setting share its ``setting``."""
    baseline = measured.names("series") == "baseline"
    optimizer = measured.names("optimizer")
    numbers = {
        name: measured.numbers(name)
        for name in ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate", "epoch", "iteration")
    }
    numbers["clipping_norm"] = np.where(baseline, np.inf, numbers["clipping_norm"])
    numbers["noise_multiplier"] = np.where(baseline, 0.0, numbers["noise_multiplier"])
    described = zip(
        optimizer,
        *(
            measured.names(name)
            for name in ("clipping_norm", "noise_multiplier", "batch_size", "learning_rate")
        ),
        strict=True,
    )
    return Points(
        task=task,
        run=np.char.add(np.char.add(measured.names("run"), "/"), measured.names("series")),
        setting=np.array(["/".join(parts) for parts in described]),
        optimizer=optimizer,
        accuracy=measured.numbers("accuracy"),
        **numbers,
    )


class AccuracyFit:
    """Least squares of the accuracy model on some points of one task and family."""

    def __init__(self, points: Points, training: npt.NDArray[np.bool_]) -> None:
        adam = "adam" in points.optimizer
        prior = ADAM_PRIOR if adam else SGD_PRIOR
        self._points, self._training = points, training
        self._names = tuple(prior)
        self._centre = np.log([centre for centre, _ in prior.values()])
        self._width = np.array([width for _, width in prior.values()])
        self._target = points.accuracy
        self._scale = 100.0 * np.sqrt(points.weights)
        self._knots = self._knots_for(np.zeros(len(prior)))

    def best(self) -> AccuracyModel:
        """Return the best of several starts, refitted with its table laid over the travel it found."""
        generator = np.random.default_rng(1)
        size = len(self._names)
        table = np.concatenate([[-1.0], np.full(KNOTS - 1, np.log(0.25))])
        starts = [
            np.concatenate([0.7 * generator.standard_normal(size) * (number > 0), table])
            for number in range(STARTS)
        ]
        found = min((self._solve(start) for start in starts), key=lambda solution: solution.cost)
        old_knots, latent = self._knots, self._raw_latent(found.x[size:])
        self._knots = self._knots_for(found.x[:size])
        moved = np.interp(self._knots, old_knots, latent)
        rises = np.log(np.maximum(np.diff(moved), 1e-3))
        found = self._solve(np.concatenate([found.x[:size], moved[:1], rises]))
        return self._model(found.x)

    def _solve(self, start: Array):  # type: ignore[no-untyped-def]
        return least_squares(self._residuals, start, loss="soft_l1", max_nfev=EVALUATIONS)

    def _residuals(self, theta: Array) -> Array:
        size = len(self._names)
        error = (predicted_accuracy(self._points, self._model(theta)) - self._target) * self._scale
        rises = theta[size + 1 :]
        smooth = SMOOTH * np.diff(rises)
        not_flat = np.minimum(rises + 8.0, 0.0)
        above_ceiling = 20.0 * np.maximum(self._raw_latent(theta[size:])[-1:] - CEILING, 0.0)
        return np.concatenate([error[self._training], RIDGE * theta[:size], smooth, not_flat, above_ceiling])

    def _constants(self, theta: Array) -> dict[str, float]:
        values = np.exp(self._centre + self._width * theta[: len(self._names)])
        return dict(zip(self._names, values.tolist(), strict=True))

    def _model(self, theta: Array) -> AccuracyModel:
        latent = self._raw_latent(theta[len(self._names) :])
        return AccuracyModel(constants=self._constants(theta), table=_table(self._knots, latent))

    def _raw_latent(self, table: Array) -> Array:
        return table[0] + np.concatenate([[0.0], np.cumsum(np.exp(table[1:]))])

    def _knots_for(self, theta: Array) -> Array:
        # The table must not reach beyond the training points: outside it is constant, not extrapolated.
        travel = self._points.motion(self._constants(theta)).travel[self._training]
        low, high = np.percentile(np.log(travel), [0.5, 98.0])
        return np.linspace(low, high, KNOTS)


def _table(knots: Array, raw_latent: Array) -> AccuracyTable:
    """Return a smooth monotone table through the knots; the softplus keeps it above 0 (chance)."""
    latent = np.logaddexp(0.0, 4.0 * raw_latent) / 4.0
    dense = np.linspace(knots[0], knots[-1], TABLE_POINTS)
    smooth = PchipInterpolator(knots, latent)(dense)
    # Before the first measured travel nothing is known but the beginning: chance.
    start = dense[0] - 4.0
    return AccuracyTable(
        log_travel=np.concatenate([[start], dense]), latent=np.concatenate([[0.0], np.maximum(smooth, 0.0)])
    )


def predicted_accuracy(points: Points, model: AccuracyModel) -> Array:
    """Return the accuracy that ``model`` expects at each point."""
    moved = points.motion(model.constants)
    return learning.expected_accuracy(moved, model.table, model.constants, classes=points.classes)


def error_by_run(points: Points, model: AccuracyModel) -> dict[str, float]:
    """Return the mean absolute error of accuracy over the epochs of each run, in points."""
    error = 100.0 * np.abs(predicted_accuracy(points, model) - points.accuracy)
    return {str(run): float(error[points.run == run].mean()) for run in np.unique(points.run)}


def error_by_setting(points: Points, model: AccuracyModel) -> dict[str, float]:
    """Return the mean absolute error over the epochs of each setting, in points.

    Repeats of a setting are averaged first, because the model speaks for the
    average run; a setting that was measured once gives that run's error.
    """
    error = 100.0 * (predicted_accuracy(points, model) - points.accuracy)
    return {
        str(name): _mean_over_epochs(error[points.setting == name], points.epoch[points.setting == name])
        for name in np.unique(points.setting)
    }


def _mean_over_epochs(error: Array, epoch: Array) -> float:
    return float(np.mean([abs(error[epoch == number].mean()) for number in np.unique(epoch)]))
