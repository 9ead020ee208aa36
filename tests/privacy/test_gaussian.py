from __future__ import annotations

import math

import pytest
from scipy.stats import norm

from app.privacy.gaussian import (
    delta_of_gaussian,
    epsilon_of_gaussian,
    gaussian_advantage,
    gaussian_true_positive_rate,
)


@pytest.mark.parametrize(("epsilon", "mu"), [(0.0, 0.5), (1.0, 1.0), (3.0, 0.7), (20.0, 4.0)])
def test_delta_is_the_analytic_gaussian_mechanism(epsilon: float, mu: float) -> None:
    expected = norm.cdf(mu / 2 - epsilon / mu) - math.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert delta_of_gaussian(epsilon, mu=mu) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("mu", [0.05, 0.5, 1.0, 3.5, 50.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-5, 1e-3])
def test_epsilon_inverts_delta(mu: float, delta: float) -> None:
    epsilon = epsilon_of_gaussian(mu=mu, delta=delta)
    assert delta_of_gaussian(epsilon, mu=mu) == pytest.approx(delta, rel=1e-6)
    assert delta_of_gaussian(epsilon, mu=mu) <= delta


def test_the_ends_are_no_shift_and_an_infinite_one() -> None:
    assert epsilon_of_gaussian(mu=0.0, delta=1e-5) == 0
    assert epsilon_of_gaussian(mu=1e-6, delta=1e-5) == 0
    assert epsilon_of_gaussian(mu=1e200, delta=1e-5) == math.inf
    assert epsilon_of_gaussian(mu=math.inf, delta=1e-5) == math.inf


def test_advantage_is_delta_at_epsilon_zero() -> None:
    assert gaussian_advantage(0.8) == pytest.approx(delta_of_gaussian(0.0, mu=0.8), rel=1e-12)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1])
def test_the_attack_curve_touches_every_epsilon_delta_line(rate: float) -> None:
    mu = 1.2
    lines = [
        delta_of_gaussian(epsilon / 1000, mu=mu) + math.exp(epsilon / 1000) * rate for epsilon in range(8000)
    ]
    assert gaussian_true_positive_rate(rate, mu=mu) == pytest.approx(min(lines), rel=1e-4)
