"""The fit finds constants that it is given, and the design measures what it says."""

from __future__ import annotations

import numpy as np
import pytest

from app.events import EpochPoint
from app.simulation.profiles import load_profiles
from benchmarks.simulation_fit.accuracy_fit import AccuracyFit, AccuracyModel, Points, error_by_run
from benchmarks.simulation_fit.accuracy_fit import predicted_accuracy as predict
from benchmarks.simulation_fit.design import TASKS_MEASURED, runs_of
from benchmarks.simulation_fit.measurements import QUANTILES, rows_of
from tests.simulation.runs import epochs_of, parameters_of


def synthetic_points(runs=40, epochs=6):
    """Return points of ``runs`` settings whose accuracy follows the committed SGD profile exactly."""
    generator = np.random.default_rng(3)

    def column(low, high):
        return np.repeat(np.exp(generator.uniform(np.log(low), np.log(high), runs)), epochs)

    batch, epoch = column(64, 1024), np.tile(np.arange(1.0, epochs + 1), runs)
    names = np.repeat([str(run) for run in range(runs)], epochs)
    points = Points(
        task="mnist",
        run=names,
        setting=names,
        optimizer=np.full(runs * epochs, "sgd"),
        clipping_norm=column(0.1, 8),
        noise_multiplier=column(0.3, 6),
        batch_size=batch,
        learning_rate=column(0.01, 0.5),
        epoch=epoch,
        iteration=np.ceil(epoch * 60_000 / batch),
        accuracy=np.zeros(runs * epochs),
    )
    profile = load_profiles()["mnist", "sgd"]
    points.accuracy[:] = predict(points, AccuracyModel(constants=profile.motion, table=profile.table))
    return points


def test_the_fit_finds_a_truth_of_its_own_form():
    points = synthetic_points()
    training = points.run.astype(int) % 3 > 0
    model = AccuracyFit(points, training).best()
    errors = error_by_run(points, model)
    assert np.median([errors[run] for run in set(points.run[~training])]) < 0.75


def test_equal_seeds_give_equal_designs_and_no_setting_leaves_the_parameter_table():
    assert runs_of("mnist-1500") == runs_of("mnist-1500")
    for task in TASKS_MEASURED:
        runs = runs_of(task)
        assert len({run.seed for run in runs}) == len(runs)
        assert all(16 <= run.batch_size <= min(2048, run.train_size) for run in runs)
        assert any(run.noise_multiplier == 0 for run in runs)


def test_a_row_holds_what_the_point_showed():
    point = epochs_of()[-1]
    (row,) = rows_of(7, parameters_of(), 26_010, [point])
    assert row["run"] == 7
    assert float(row["accuracy"]) == pytest.approx(point.accuracy, rel=1e-4)
    assert float(row["norm_p50"]) == pytest.approx(point.gradient_norm_median, rel=1e-4)
    quantiles = [float(row[name]) for name in QUANTILES]
    assert quantiles == sorted(quantiles)
    assert float(row["class_9"]) == pytest.approx(point.per_class_accuracy[9], rel=1e-4)


def test_a_baselines_row_leaves_clipping_empty():
    (*_, point) = epochs_of(baseline=True, series="baseline")
    assert isinstance(point, EpochPoint)
    (row,) = rows_of(0, parameters_of(), 26_010, [point])
    assert row["clipped_fraction"] == row["signal_norm"] == ""
    assert "norm_p50" not in row
