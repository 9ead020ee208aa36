"""Fit what goes with accuracy: losses, gradient norms, classes and the luck of single runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares, nnls
from scipy.special import ndtri

from app.simulation import gradients, learning
from app.simulation.learning import Motion
from app.simulation.luck import EPOCH_CORRELATION, POINTS_PER_EPOCH
from benchmarks.simulation_fit.accuracy_fit import AccuracyModel, Array, Points, predicted_accuracy
from benchmarks.simulation_fit.measurements import CLASSES, LEVELS, QUANTILES, Measurements

Constants = dict[str, float]
Mask = npt.NDArray[np.bool_]

LOSS_START: Mapping[str, float] = {
    "floor": 0.05,
    "scale": 10.0,
    "decay": 0.7,
    "noise": 0.3,
    "noise_scale": 100.0,
}
NORM_START: Mapping[str, float] = {"scale_0": 3.0, "margin_0": 0.7, "width_0": -1.5}
AGREEMENT_START: Mapping[str, float] = {"agreement_0": -2.0, "disagreement": 0.5}
LEAST_NORM = 1e-3
"""Norms below the first histogram bin are all alike."""


def midway_steps(points: Points) -> list[Array]:
    """Return the steps at the middle of each part of each point's epoch, as the simulator takes them."""
    steps_per_epoch = points.iteration / points.epoch
    parts = (np.arange(POINTS_PER_EPOCH) + 0.5) / POINTS_PER_EPOCH
    return [(points.epoch - 1.0 + part) * steps_per_epoch for part in parts]


def fit_loss(moved: list[Motion], measured: Array, chosen: Mask, *, classes: int, scale: float) -> Constants:
    """Return loss constants; ``measured`` [points] is the mean of the loss over the motions ``moved``.

    ``scale`` is a travel at which much has been learned, where the search starts.
    """
    start = {**LOSS_START, "scale": scale, "noise_scale": 1.0 / np.median(_positive(moved[0].wander))}
    names, centre = tuple(start), np.log(list(start.values()))
    target = np.log(measured)

    def residuals(theta: Array) -> Array:
        constants = dict(zip(names, np.exp(centre + theta), strict=True))
        predicted = np.mean([learning.loss(part, constants, classes=classes) for part in moved], axis=0)
        return np.concatenate([(np.log(np.maximum(predicted, 1e-4)) - target)[chosen], 0.1 * theta])

    found = least_squares(residuals, np.zeros(len(names)), loss="soft_l1", f_scale=0.1, max_nfev=200)
    return dict(zip(names, np.exp(centre + found.x).tolist(), strict=True))


def _positive(values: Array) -> Array:
    return values[values > 0] if np.any(values > 0) else np.ones(1)


def epoch_motion(points: Points, model: AccuracyModel) -> Motion:
    """Return the motion averaged over each point's epoch, as the simulator averages it."""
    moved = [points.motion(model.constants, steps) for steps in midway_steps(points)]
    return Motion(
        travel=np.mean([part.travel for part in moved], axis=0),
        wander=np.mean([part.wander for part in moved], axis=0),
    )


def fit_norms(points: Points, measured: Measurements, moved: Motion, training: Mask) -> Constants:
    """Return constants of ``app.simulation.gradients``: the norm distribution, then the signal."""
    chosen = training & np.isfinite(points.clipping_norm)
    seen = Motion(travel=moved.travel[chosen], wander=moved.wander[chosen])
    found = _stage_constants(seen)
    names = [f"{name}_{term}" for name in ("scale", "margin", "spread") for term in range(6)]
    names += ["width_0", "width_1"]
    found = _solve(_norm_residuals(points, measured, seen, chosen), names, NORM_START, found)
    names = [*(f"agreement_{term}" for term in range(4)), "disagreement"]
    return _solve(_signal_residuals(points, measured, seen, chosen), names, AGREEMENT_START, found)


def _stage_constants(seen: Motion) -> Constants:
    """Return the scales and limits of the regressions: medians, and the range that was measured."""
    travel_scale = float(np.median(seen.travel))
    wander_scale = float(np.median(_positive(seen.wander)))
    least, most = np.percentile(np.log(seen.travel / travel_scale), [0.5, 99.5])
    return {
        "travel_scale": travel_scale,
        "wander_scale": wander_scale,
        "travel_least": float(least),
        "travel_most": float(most),
        "wander_most": float(np.percentile(np.log1p(seen.wander / wander_scale), 99.5)),
    }


def _solve(
    residuals: Callable[[Constants], Array], names: list[str], start: Mapping[str, float], fixed: Constants
) -> Constants:
    """Return ``fixed`` and the constants ``names`` that make ``residuals`` small, kept near ``start``."""
    centre = np.array([start.get(name, 0.0) for name in names])

    def all_residuals(theta: Array) -> Array:
        return np.concatenate(
            [residuals(fixed | dict(zip(names, theta, strict=True))), 0.05 * (theta - centre)]
        )

    found = least_squares(all_residuals, centre, loss="soft_l1", f_scale=0.2, max_nfev=200)
    return fixed | dict(zip(names, found.x.tolist(), strict=True))


def _norm_residuals(
    points: Points, measured: Measurements, seen: Motion, chosen: Mask
) -> Callable[[Constants], Array]:
    quantiles = [np.log(measured.numbers(name)[chosen] + LEAST_NORM) for name in QUANTILES]
    clipped = measured.numbers("clipped_fraction")[chosen]
    limit = points.clipping_norm[chosen]

    def residuals(constants: Constants) -> Array:
        norms = gradients.distribution(seen, constants)
        errors = [
            0.3 * (np.log(norms.quantile(level) + LEAST_NORM) - quantile)
            for level, quantile in zip(LEVELS, quantiles, strict=True)
        ]
        return np.concatenate([*errors, 5.0 * (norms.share_above(limit) - clipped)])

    return residuals


def _signal_residuals(
    points: Points, measured: Measurements, seen: Motion, chosen: Mask
) -> Callable[[Constants], Array]:
    signal = np.log(measured.numbers("signal_norm")[chosen])
    limit = points.clipping_norm[chosen]
    batch_size = points.batch_size[chosen]

    def residuals(constants: Constants) -> Array:
        mean = gradients.distribution(seen, constants).mean_clipped(limit)
        predicted = gradients.signal_norm(mean, seen, batch_size=batch_size, constants=constants)
        return np.asarray(np.log(np.maximum(predicted, 1e-6)) - signal)

    return residuals


def fit_classes(points: Points, measured: Measurements, training: Mask) -> tuple[Constants, list[float]]:
    """Return (width constants, offset of each class): how far apart classes lie on the probit scale."""
    shares = np.stack([measured.numbers(name) for name in CLASSES], axis=1)[training]  # [points, classes]
    level = ndtri(np.clip(points.accuracy[training], 0.01, 0.99))
    probits = ndtri(np.clip(shares, 0.005, 0.995))
    probits -= probits.mean(axis=1, keepdims=True)
    slope, width = np.polyfit(level, np.log(probits.std(axis=1) + 0.05), 1)
    relative = probits / np.exp(width + slope * level)[:, None]
    offsets = relative.mean(axis=0)
    constants = {"width": width, "width_slope": slope, "luck": (relative - offsets).std()}
    return {name: float(value) for name, value in constants.items()}, offsets.tolist()


def fit_luck(points: Points, model: AccuracyModel, *, test_examples: int) -> Constants:
    """Return the size of the wobble along measured curves.

    The bends of the error (second differences along a run, from the second epoch
    on) keep the wobble and drop what a whole run is off by. Their squares are laid
    out on how strongly accuracy answers to travel, to wander and to the test set.
    """
    bends = _bends(points, predicted_accuracy(points, model) - points.accuracy)
    found = np.isfinite(bends)
    expected = predicted_accuracy(points, model)
    by_travel, by_wander = _answers(points, model)
    bend = 6.0 - 8.0 * EPOCH_CORRELATION + 2.0 * EPOCH_CORRELATION**2
    design = np.stack(
        [
            bend * by_travel**2,
            bend * by_wander**2,
            6.0 * expected * (1.0 - expected) / test_examples,  # not remembered from epoch to epoch
        ],
        axis=1,
    )[found]
    variances = _robust_variances(design, bends[found] ** 2)
    return dict(zip(("pace", "noise", "test"), np.sqrt(variances).tolist(), strict=True))


def _robust_variances(design: Array, squares: Array) -> Array:
    """Return variances >= 0 with ``design`` @ variances about ``squares``, outliers cut at four deviations.

    Each point is divided by what is expected of it, so that small ones count too.
    """
    expected = np.full(squares.shape, np.median(squares) / 0.455)  # the median of chi-squared is 0.455
    for _ in range(10):
        drawn_in = np.minimum(squares, 16.0 * expected)
        variances, _ = nnls(design / expected[:, None], drawn_in / expected)
        expected = np.maximum(design @ variances, 1e-9)
    return np.asarray(variances)


def _bends(points: Points, error: Array) -> Array:
    """Return e[t-1] - 2 e[t] + e[t+1] along each run, at its middle point; NaN elsewhere."""
    bends = np.full(error.shape, np.nan)
    for run in np.unique(points.run):
        place = np.flatnonzero(points.run == run)
        place = place[np.argsort(points.epoch[place])][1:]
        if place.size > 2:
            bends[place[1:-1]] = np.diff(error[place], n=2)
    return bends


def _answers(points: Points, model: AccuracyModel) -> tuple[Array, Array]:
    """Return how accuracy answers to luck in travel (as it fades, ``app.simulation.luck``) and in wander.

    Derivatives by the logarithms, shape [points] each.
    """
    moved, step = points.motion(model.constants), 0.02

    def accuracy(travel: float, wander: float) -> Array:
        shifted = Motion(travel=moved.travel * np.exp(travel), wander=moved.wander * np.exp(wander))
        return learning.expected_accuracy(shifted, model.table, model.constants, classes=points.classes)

    return (
        (accuracy(step, 0.0) - accuracy(-step, 0.0)) / (2.0 * step) / points.epoch,
        (accuracy(0.0, step) - accuracy(0.0, -step)) / (2.0 * step),
    )
