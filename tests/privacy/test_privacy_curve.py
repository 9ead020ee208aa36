from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from app.privacy.accounting import epsilon_rdp
from app.privacy.gaussian import epsilon_of_gaussian, gaussian_advantage, gaussian_true_positive_rate
from app.privacy.privacy_curve import PrivacyCurve, addition, composed, one_step, removal, replacement
from tests.privacy.reference import GOLDEN, Reference

# The largest ones take seconds and gigabytes; the child process answers for them (test_pld).
AFFORDABLE = [reference for reference in GOLDEN if reference.pld < 20]
LABELS = [reference.label for reference in AFFORDABLE]


def curve_of(*, sampling_probability: float, noise_multiplier: float, steps: int) -> PrivacyCurve:
    return PrivacyCurve.of(
        [
            composed(one_step(pair(sampling_probability, noise_multiplier)), steps)
            for pair in (removal, addition)
        ]
    )


@pytest.mark.parametrize("reference", AFFORDABLE, ids=LABELS)
def test_epsilon_equals_the_golden_pld(reference: Reference) -> None:
    numbers = dict(reference.numbers)
    delta = numbers.pop("delta")
    assert curve_of(**numbers).epsilon(delta) == pytest.approx(reference.pld, rel=1e-6)


@pytest.mark.parametrize("reference", AFFORDABLE, ids=LABELS)
def test_replacing_an_example_equals_the_golden_pld(reference: Reference) -> None:
    numbers = reference.numbers
    step = one_step(replacement(numbers["sampling_probability"], numbers["noise_multiplier"]))
    epsilon = PrivacyCurve.of([composed(step, numbers["steps"])]).epsilon(numbers["delta"])
    assert epsilon == pytest.approx(reference.replace_one, rel=1e-5)


@pytest.mark.parametrize(("sigma", "steps"), [(1.0, 1), (4.0, 9), (10.0, 400)])
def test_without_sampling_the_curve_is_the_exact_gaussian(sigma: float, steps: int) -> None:
    curve = curve_of(sampling_probability=1.0, noise_multiplier=sigma, steps=steps)
    mu = math.sqrt(steps) / sigma
    assert curve.epsilon(1e-5) == pytest.approx(epsilon_of_gaussian(mu=mu, delta=1e-5), rel=1e-4)
    assert curve.advantage() == pytest.approx(gaussian_advantage(mu), rel=1e-4)
    for rate in (0.01, 0.001):
        exact = gaussian_true_positive_rate(rate, mu=mu)
        assert curve.true_positive_rates([rate]) == [pytest.approx(exact, rel=1e-3)]


@pytest.mark.parametrize(("q", "sigma"), [(0.004, 1.1), (0.3, 0.7)])
def test_one_steps_curve_is_the_exact_hockey_stick(q: float, sigma: float) -> None:
    curve = curve_of(sampling_probability=q, noise_multiplier=sigma, steps=1)
    for index in (0, 100, 5000):
        epsilon = curve.epsilons[index]
        x = sigma**2 * math.log((math.exp(epsilon) - 1 + q) / q) + 0.5
        above = (1 - q) * norm.sf(x / sigma) + q * norm.sf((x - 1) / sigma)
        exact = above - math.exp(epsilon) * norm.sf(x / sigma)
        assert exact * (1 - 1e-9) <= curve.deltas[index] <= exact * (1 + 1e-5) + 2e-15


def test_between_two_points_delta_is_that_of_the_smaller_epsilon() -> None:
    curve = curve_of(sampling_probability=0.3, noise_multiplier=1.0, steps=1)
    assert curve.deltas[0] > curve.deltas[1] > curve.deltas[2]
    assert [curve.delta(epsilon) for epsilon in (0.0, 0.5e-4, 1.5e-4)] == list(curve.deltas[[0, 0, 1]])
    assert curve.delta(1e9) == curve.deltas[-1]


@settings(max_examples=10, deadline=None)
@given(q=st.floats(0.001, 0.05), sigma=st.floats(0.7, 8), steps=st.integers(1, 2_000))
def test_the_curve_falls_and_its_epsilon_stays_below_rdp(q: float, sigma: float, steps: int) -> None:
    curve = curve_of(sampling_probability=q, noise_multiplier=sigma, steps=steps)
    assert (curve.deltas[1:] <= curve.deltas[:-1] + 1e-12).all()
    rdp = epsilon_rdp(sampling_probability=q, noise_multiplier=sigma, steps=steps, delta=1e-5).epsilon
    assert curve.epsilon(1e-5) <= rdp


def test_a_delta_below_the_truncated_mass_has_no_epsilon() -> None:
    curve = curve_of(sampling_probability=0.01, noise_multiplier=1.0, steps=100)
    assert curve.epsilon(1e-16) == math.inf
    assert curve.epsilon(0.999) == 0


def test_the_guides_example_is_hard_to_attack() -> None:
    # sigma 1.1, B 128, 15 epochs: 54.0 % right on a fair guess, 1.7 % caught at 1 % false alarms.
    curve = curve_of(sampling_probability=128 / 60_000, noise_multiplier=1.1, steps=7032)
    assert (1 + curve.advantage()) / 2 == pytest.approx(0.540, abs=0.0005)
    assert curve.true_positive_rates([0.01]) == [pytest.approx(0.017, abs=0.0005)]
