"""What theory and measurements say of DP-SGD holds for the simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulation.profiles import load_profiles
from tests.simulation.runs import epochs_of, expected_of, final_of

FITTED = sorted(load_profiles())
RATES = np.geomspace(0.002, 1.0, 40)

# Noise multipliers that spend epsilon 1 (RDP, delta 1e-5, add/remove one, Poisson sampling) on N = 60,000:
# bisection over dp_accounting 0.4.3 with its default orders.
SIGMA_BY_BATCH = {64: 0.9526, 128: 1.0597, 256: 1.2632, 512: 1.6491, 1024: 2.227, 2048: 3.0696}  # 15 epochs
SIGMA_BY_EPOCHS = {
    1: 0.9698,
    2: 0.9939,
    5: 1.0649,
    10: 1.1569,
    15: 1.2632,
    20: 1.392,
    30: 1.6258,
    40: 1.8289,
    60: 2.1785,
}  # B = 256


@settings(max_examples=150, deadline=None)
@given(
    fitted=st.sampled_from(FITTED),
    seed=st.integers(0, 2**32 - 1),
    clip=st.floats(0.05, 20.0),
    rate=st.floats(0.001, 1.0),
    batch=st.integers(16, 1024),
    epochs=st.integers(1, 60),
    sigmas=st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 20.0)),
)
def test_accuracy_never_rises_with_noise(fitted, seed, clip, rate, batch, epochs, sigmas):
    task, optimizer = fitted
    less, more = (
        [
            point.accuracy
            for point in epochs_of(
                task,
                optimizer=optimizer,
                seed=seed,
                clipping_norm=clip,
                learning_rate=rate,
                batch_size=batch,
                epochs=epochs,
                noise_multiplier=sigma,
            )
        ]
        for sigma in sorted(sigmas)
    )
    assert np.all(np.array(more) <= np.array(less) + 1e-12)


def test_sgd_has_an_interior_optimum_in_the_clipping_norm():
    norms = np.geomspace(0.05, 20.0, 60)
    accuracies = [
        expected_of(optimizer="sgd", clipping_norm=c, noise_multiplier=2.0, learning_rate=0.25) for c in norms
    ]
    best = int(np.argmax(accuracies))
    assert 0.1 < norms[best] < 10.0
    assert accuracies[best] > accuracies[0] + 0.05
    assert accuracies[best] > accuracies[-1] + 0.02


def test_adam_does_not_care_for_the_clipping_norm_until_gradients_are_no_longer_clipped():
    small, medium = (
        expected_of(optimizer="adam", learning_rate=0.002, noise_multiplier=1.1, clipping_norm=c)
        for c in (0.1, 1.0)
    )
    huge = expected_of(optimizer="adam", learning_rate=0.002, noise_multiplier=1.1, clipping_norm=20.0)
    assert abs(small - medium) < 0.01
    assert huge < medium


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_the_best_learning_rate_falls_as_noise_grows(optimizer):
    best = [
        RATES[
            np.argmax([expected_of(optimizer=optimizer, noise_multiplier=s, learning_rate=r) for r in RATES])
        ]
        for s in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    ]
    assert np.all(np.diff(best) <= 0)
    assert best[-1] < best[0] / 2


def tuned(**changes):
    """Return the best accuracy over learning rates, beyond the slider's end too: that end is no law."""
    rates = np.geomspace(0.002, 10.0, 50)
    return max(expected_of(optimizer="sgd", learning_rate=rate, **changes) for rate in rates)


def test_at_fixed_epsilon_and_tuned_rate_a_bigger_batch_helps_then_saturates():
    accuracies = [tuned(batch_size=b, noise_multiplier=s) for b, s in SIGMA_BY_BATCH.items()]
    gains = np.diff(accuracies)
    assert gains[0] > 0.004
    assert abs(gains[-1]) < gains[0] / 2


def test_at_a_fixed_small_rate_a_bigger_batch_hurts():
    accuracies = [
        expected_of(optimizer="sgd", learning_rate=0.02, batch_size=b, noise_multiplier=s)
        for b, s in SIGMA_BY_BATCH.items()
    ]
    assert np.all(np.diff(accuracies) < 0)


def test_at_fixed_epsilon_epochs_help_then_flatten():
    accuracies = [tuned(epochs=e, noise_multiplier=s) for e, s in SIGMA_BY_EPOCHS.items()]
    assert accuracies[3] > accuracies[0] + 0.01
    assert abs(accuracies[-1] - accuracies[-3]) < 0.01


def test_noise_from_a_half_to_four_costs_the_optimal_preset_four_points():
    optimal = {"optimizer": "momentum", "clipping_norm": 1.5, "learning_rate": 0.02, "epochs": 15}
    for seed in range(20):
        quiet, loud = (final_of(**optimal, seed=seed, noise_multiplier=s) for s in (0.5, 4.0))
        assert quiet - loud >= 0.04


def test_the_clipping_norm_moves_the_clipped_share_from_most_to_few():
    for seed in range(20):
        tight, wide = (epochs_of(seed=seed, clipping_norm=c)[-1].clipped_fraction for c in (0.1, 10.0))
        assert tight > 0.7
        assert wide < 0.3
