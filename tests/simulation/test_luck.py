"""Luck is a function of the seed, of the right size and memory."""

from __future__ import annotations

import numpy as np
import pytest

from app.simulation.luck import EPOCH_CORRELATION, POINTS_PER_EPOCH, luck_of
from app.simulation.profiles import load_profiles
from tests.simulation.runs import epochs_of

MANY = [luck_of(seed) for seed in range(3000)]


@pytest.mark.parametrize("name", ["pace", "noise"])
def test_patterns_have_unit_variance_from_the_first_point_on(name):
    patterns = np.array([getattr(luck, name) for luck in MANY])
    # Draws are cut at 2.5 deviations, which leaves 0.955 of the variance of a normal.
    assert patterns.mean(axis=0) == pytest.approx(0.0, abs=0.09)
    assert patterns.var(axis=0) == pytest.approx(0.955, abs=0.11)


@pytest.mark.parametrize("name", ["pace", "noise"])
def test_patterns_remember_from_epoch_to_epoch(name):
    patterns = np.array([getattr(luck, name) for luck in MANY])[:, ::POINTS_PER_EPOCH]
    correlation = np.corrcoef(patterns[:, 20], patterns[:, 21])[0, 1]
    assert correlation == pytest.approx(EPOCH_CORRELATION, abs=0.05)


def test_the_pattern_is_the_same_at_every_setting():
    """Where one seed runs ahead of another, it does so whatever the settings are."""

    def lead(**changes):
        first, second = (
            np.array([point.accuracy for point in epochs_of(seed=seed, **changes)]) for seed in (11, 12)
        )
        return np.sign(first - second)[:3]

    leads = [
        lead(),
        lead(noise_multiplier=0.0),
        lead(clipping_norm=0.5, batch_size=512),
        lead(learning_rate=0.01, epochs=40),
    ]
    assert all(np.array_equal(leads[0], other) for other in leads)


def test_a_longer_run_begins_like_a_shorter_one():
    short, long = epochs_of(epochs=5), epochs_of(epochs=20)
    assert [point.accuracy for point in short] == [point.accuracy for point in long[:5]]


def test_every_profile_has_some_luck_but_not_much():
    for profile in load_profiles().values():
        sizes = [profile.luck[name] for name in ("pace", "noise", "test")]
        assert all(0.0 <= size <= 3.0 for size in sizes)
        assert sum(sizes) > 0.0
