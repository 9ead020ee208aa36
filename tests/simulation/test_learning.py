"""The closed forms against the step-by-step processes that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from app.simulation.learning import (
    AccuracyTable,
    Motion,
    Setting,
    blur,
    effective_clip,
    expected_accuracy,
    motion,
)
from app.simulation.learning import loss as loss_of

SGD = {"gradient_scale": 9.0, "pull": 0.02, "travel_scale": 10.0, "pull_decay": 0.5}
ADAM = SGD | {"adam_signal": 0.01, "adam_power": 1.0, "fading_scale": 1.0, "fading": 0.3}


def setting(optimizer="sgd", steps=100.0, **changes):
    values = {"clipping_norm": 1.0, "noise_multiplier": 1.0, "batch_size": 256, "learning_rate": 0.1}
    return Setting(optimizer=optimizer, steps=np.atleast_1d(np.asarray(steps, float)), **(values | changes))


@pytest.mark.parametrize(("clip", "left"), [(1e-6, 1e-6), (9.0, 9.0 / np.sqrt(2)), (np.inf, 9.0)])
def test_clipping_leaves_the_smaller_of_c_and_the_gradient(clip, left):
    assert effective_clip(clip, 9.0) == pytest.approx(left)


def test_momentum_travels_as_its_velocity_adds_up():
    velocity = position = 0.0
    for _ in range(37):
        velocity = 0.9 * velocity + effective_clip(1.0, 9.0)
        position += 0.1 * velocity
    assert motion(setting("momentum", 37), SGD).travel == pytest.approx(position)


def test_without_a_pull_noise_is_a_plain_random_walk():
    free = SGD | {"pull": 1e-9}
    wander = motion(setting(steps=400.0, noise_multiplier=2.0), free).wander
    assert wander == pytest.approx(400 * (0.1 * 2.0 * 1.0 / 256) ** 2, rel=1e-6)


def test_a_pull_keeps_the_variance_of_a_walk_that_is_drawn_back_at_every_step():
    constants = SGD | {"pull_decay": 1e-9}
    moved = motion(setting(steps=1000.0), constants)
    rate = 2 * 0.02 * moved.travel[0] / 1000
    variance = 0.0
    for _ in range(1000):
        variance = variance * (1 - rate) + (0.1 / 256) ** 2
    assert moved.wander[0] == pytest.approx(variance, rel=0.01)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_without_noise_or_clipping_nothing_wanders(optimizer):
    for changes in ({"noise_multiplier": 0.0}, {"noise_multiplier": 0.0, "clipping_norm": np.inf}):
        moved = motion(setting(optimizer, **changes), ADAM)
        assert moved.wander == pytest.approx(0.0)
        assert np.isfinite(moved.travel).all()


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_at_fixed_steps_only_noise_over_batch_matters(optimizer):
    small = motion(setting(optimizer, noise_multiplier=1.0, batch_size=128), SGD)
    large = motion(setting(optimizer, noise_multiplier=4.0, batch_size=512), SGD)
    assert (small.travel, small.wander) == (pytest.approx(large.travel), pytest.approx(large.wander))


def test_adam_moves_a_learning_rate_a_step_whatever_the_clip():
    moved = [motion(setting("adam", clipping_norm=c), ADAM).travel[0] for c in (0.01, 0.1, 0.5)]
    assert moved == pytest.approx([moved[0]] * 3, rel=0.01)


def test_accuracy_starts_at_chance_and_falls_with_wander():
    table = AccuracyTable(log_travel=np.array([-5.0, 0.0, 3.0]), latent=np.array([0.0, 0.5, 2.0]))
    constants = {"travel_scale": 10.0, "blur": 100.0, "blur_decay": 0.5, "blur_power": 1.0, "collapse": 0.5}
    travel, wander = np.array([1e-6, 5.0, 5.0, 5.0]), np.array([0.0, 0.0, 0.01, 1.0])
    moved = Motion(travel=travel, wander=wander)
    accuracies = expected_accuracy(moved, table, constants, classes=10)
    assert accuracies[0] == pytest.approx(0.1)
    assert np.all(np.diff(accuracies[1:]) < 0)
    assert blur(moved, constants)[:2] == pytest.approx(1.0)


def test_loss_starts_at_the_logarithm_of_the_classes():
    constants = {"floor": 0.05, "scale": 10.0, "decay": 0.7, "noise": 0.3, "noise_scale": 100.0}
    moved = Motion(travel=np.array([0.0, 10.0, 1e9, 1e9]), wander=np.array([0.0, 0.0, 0.0, 1.0]))
    losses = loss_of(moved, constants, classes=10)
    assert losses[0] == pytest.approx(np.log(10))
    assert losses[0] > losses[1] > losses[2]
    assert losses[2] == pytest.approx(0.05, abs=1e-3)
    assert losses[3] > losses[2]
