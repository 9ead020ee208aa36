"""The committed fit is what it says: complete, finite, within its published error, and found by name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.catalog import TASKS
from app.simulation import NoFit
from app.simulation.profiles import PROFILES_FILE, find_profile, load_profiles
from benchmarks.simulation_fit.accuracy_fit import AccuracyModel, error_by_setting, points_of
from benchmarks.simulation_fit.fit import held_back
from benchmarks.simulation_fit.measurements import read
from tests.simulation.runs import parameters_of

MUST_HAVE = [
    (task, optimizer) for task in ("mnist", "mnist-1500") for optimizer in ("sgd", "momentum", "adam")
]


@pytest.mark.parametrize(("task", "optimizer"), MUST_HAVE)
def test_the_published_error_is_at_most_two_and_a_half_points(task, optimizer):
    published = load_profiles()[task, optimizer].published
    assert published["accuracy_error_points"] <= 2.5
    assert published["held_out_settings"] >= 5


@pytest.mark.parametrize(("task", "optimizer"), sorted(load_profiles()))
def test_the_published_error_is_that_of_the_committed_measurements(task, optimizer):
    profile = load_profiles()[task, optimizer]
    family = ("adam",) if optimizer == "adam" else ("sgd", "momentum")
    measured = read(task)
    points = points_of(task, measured.where(np.isin(measured.names("optimizer"), family)))
    held = points.where(held_back(points) & points.private & (points.optimizer == optimizer))
    errors = error_by_setting(held, AccuracyModel(constants=profile.motion, table=profile.table))
    assert len(errors) == profile.published["held_out_settings"]
    assert np.mean(list(errors.values())) == pytest.approx(
        profile.published["accuracy_error_points"], abs=0.01
    )


def test_tables_rise_from_chance_with_travel():
    for profile in load_profiles().values():
        assert profile.table.latent[0] == 0.0
        assert np.all(np.diff(profile.table.latent) >= 0.0)
        assert np.all(np.diff(profile.table.log_travel) > 0.0)


def test_the_file_holds_plain_finite_json():
    def refuse(constant):
        raise AssertionError(f"{constant} in profiles.json")

    document = json.loads(PROFILES_FILE.read_text(encoding="utf-8"), parse_constant=refuse)
    assert document["origin"].startswith("python -m benchmarks.simulation_fit.fit")


@pytest.mark.parametrize(
    ("task", "changes", "field", "named"),
    [
        ("xor", {}, "task", ["'xor'", "mnist", "mnist-1500"]),
        ("mnist", {"optimizer": "adagrad"}, "optimizer", ["'adagrad'", "adam, momentum, sgd"]),
        ("mnist", {"dataset": "fashion_mnist"}, "dataset", ["'fashion_mnist'", "mnist"]),
        ("mnist", {"model": "mlp"}, "model", ["'mlp'", "tutorial_cnn"]),
        ("mnist", {"train_size": 10_000}, "train_size", ["10000", "60000"]),
        ("mnist-1500", {"batch_size": 1501}, "batch_size", ["1501", "1500"]),
    ],
)
def test_what_was_not_fitted_is_refused_by_name(task, changes, field, named):
    with pytest.raises(NoFit) as refused:
        find_profile(parameters_of(task, **changes))
    assert refused.value.field == field
    assert str(refused.value).startswith(field)
    assert all(part in str(refused.value) for part in named)


def test_profiles_belong_to_tasks_of_the_catalog():
    for (task, optimizer), profile in load_profiles().items():
        assert task in TASKS
        assert profile.optimizer == optimizer
        assert profile.trainable_parameters > 0
