from __future__ import annotations

import math

import numpy as np
import pytest

from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.mechanism import Mechanism
from app.privacy.pld_child import answer
from app.privacy.shuffle import (
    lower_bound_epsilon,
    passes_begun,
    passes_completed,
    worst_case_epsilon,
    worst_case_replace_one_epsilon,
)


def test_the_guides_example_spends_far_more_than_the_poisson_figure() -> None:
    proved = lower_bound_epsilon(noise_multiplier=1.1, examples=60_000, batch_size=128, passes=15, delta=1e-5)
    poisson = answer(
        {
            "sampling_probability": 128 / 60_000,
            "noise_multiplier": 1.1,
            "steps": 7032,
            "delta": 1e-5,
            "seconds": 60,
        }
    )
    assert poisson["epsilon"] == pytest.approx(0.76, abs=0.01)
    assert proved == pytest.approx(4.56, abs=0.01)


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.1, 4.0, 20.0])
@pytest.mark.parametrize(("batch_size", "passes"), [(60_000, 1), (256, 15), (16, 60)])
def test_the_lower_bound_stays_below_the_worst_case(sigma: float, batch_size: int, passes: int) -> None:
    proved = lower_bound_epsilon(
        noise_multiplier=sigma, examples=60_000, batch_size=batch_size, passes=passes, delta=1e-5
    )
    worst = worst_case_epsilon(noise_multiplier=sigma, passes=passes, delta=1e-5)
    assert 0 <= proved <= worst


def test_a_single_batch_hides_nothing() -> None:
    proved = lower_bound_epsilon(noise_multiplier=1.1, examples=500, batch_size=500, passes=15, delta=1e-5)
    exact = epsilon_of_gaussian(mu=math.sqrt(15) / 1.1, delta=1e-5)
    assert exact * 0.99 <= proved <= exact


def test_one_passes_bound_is_what_an_attack_on_the_largest_batch_achieves() -> None:
    # The event "the largest coordinate exceeds c", drawn at random: P - e^eps Q must reach delta.
    sigma, batches, delta = 0.8, 20, 0.01  # 41 examples in batches of 2: one sits out
    proved = lower_bound_epsilon(noise_multiplier=sigma, examples=41, batch_size=2, passes=1, delta=delta)
    generator = np.random.default_rng(7)

    def largest(mean: float) -> np.ndarray:
        draws = generator.normal(scale=sigma, size=(400_000, batches))
        draws[generator.random(400_000) < 40 / 41, 0] += mean
        return np.sort(draws.max(axis=1))

    thresholds = np.linspace(0, 5, 200)
    upper = 1 - np.searchsorted(largest(2.0), thresholds) / 400_000
    lower = 1 - np.searchsorted(largest(1.0), thresholds) / 400_000
    reached = (upper - math.exp(proved) * lower).max()
    assert reached == pytest.approx(delta, abs=0.002)


def test_what_sits_out_a_pass_lowers_what_is_proved_of_it() -> None:
    # 19 examples in batches of 10: in nearly half of all passes the example is not used.
    numbers = {"noise_multiplier": 0.8, "batch_size": 10, "passes": 1, "delta": 1e-3}
    used_always = lower_bound_epsilon(examples=10, **numbers)
    assert lower_bound_epsilon(examples=19, **numbers) < used_always - 0.1


def test_passes_are_counted_by_whole_batches() -> None:
    mechanism = Mechanism(examples=41, batch_size=2, noise_multiplier=1.0, epochs=3, delta=1e-5)
    steps = (0, 1, 20, 21, 40, 41)  # twenty a pass: one example is left over
    assert [passes_begun(mechanism, taken) for taken in steps] == [0, 1, 1, 2, 2, 3]
    assert [passes_completed(mechanism, taken) for taken in steps] == [0, 0, 1, 1, 2, 2]


def test_replacing_an_example_moves_a_sum_twice_as_far() -> None:
    replaced = worst_case_replace_one_epsilon(noise_multiplier=2.0, passes=4, delta=1e-5)
    assert replaced == worst_case_epsilon(noise_multiplier=1.0, passes=4, delta=1e-5)


def test_worst_cases_without_noise_or_without_steps() -> None:
    assert worst_case_epsilon(noise_multiplier=0.0, passes=1, delta=1e-5) == math.inf
    assert worst_case_epsilon(noise_multiplier=1.0, passes=0, delta=1e-5) == 0
    assert worst_case_epsilon(noise_multiplier=0.0, passes=0, delta=1e-5) == 0
