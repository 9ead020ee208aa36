from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from app.privacy.renyi import (
    FRACTIONAL_ORDERS,
    INTEGER_ORDERS,
    ORDERS,
    SMALLEST_INTEGRABLE_SIGMA,
    epsilon_of_rdp,
    integer_rdp,
    one_step_rdp,
    quadrature_rdp,
)

probabilities = st.floats(-5, -0.01).map(lambda exponent: 10**exponent)
noises = st.floats(-1, 1.3).map(lambda exponent: 10**exponent)


def test_the_orders_are_the_defaults_of_the_accountant() -> None:
    from dp_accounting.rdp import rdp_privacy_accountant

    assert list(ORDERS) == list(rdp_privacy_accountant.DEFAULT_RDP_ORDERS)
    assert len(FRACTIONAL_ORDERS) + len(INTEGER_ORDERS) == len(ORDERS) == 156


@pytest.mark.parametrize("q", [1e-5, 0.004, 0.2, 0.99])
@pytest.mark.parametrize("sigma", [0.01, 0.05, 0.3, 1.1, 5.0, 20.0])
def test_the_integer_orders_are_those_of_dp_accounting(q: float, sigma: float) -> None:
    import dp_accounting
    from dp_accounting import rdp

    accountant = rdp.RdpAccountant(INTEGER_ORDERS)
    accountant.compose(dp_accounting.PoissonSampledDpEvent(q, dp_accounting.GaussianDpEvent(sigma)))
    # Its own terms sum to 1 and a little more, which loses digits where the divergence is near 1e-16.
    np.testing.assert_allclose(integer_rdp(q, sigma), accountant.rdp, rtol=1e-9, atol=1e-13)


@settings(max_examples=60, deadline=None)
@given(q=probabilities, sigma=noises)
def test_the_integral_equals_the_closed_form_at_integer_orders(q: float, sigma: float) -> None:
    few = np.array([2.0, 3.0, 7.0, 10.0])
    closed = integer_rdp(q, sigma)[[INTEGER_ORDERS.index(int(order)) for order in few]]
    np.testing.assert_allclose(quadrature_rdp(q, sigma, few), closed, rtol=1e-9)


@pytest.mark.parametrize("q", [1e-7, 1e-9, 1e-11])
@pytest.mark.parametrize("sigma", [0.5, 2.0, 20.0])
def test_the_integral_loses_no_digits_however_small_the_probability(q: float, sigma: float) -> None:
    few = np.array([2.0, 3.0, 7.0, 10.0])
    closed = integer_rdp(q, sigma)[[INTEGER_ORDERS.index(int(order)) for order in few]]
    np.testing.assert_allclose(quadrature_rdp(q, sigma, few), closed, rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    ("q", "sigma", "order"),
    [
        (0.004, 1.1, 4.5),
        (0.004, 0.5, 2.3),
        (0.1, 0.3, 1.1),
        (0.5, 5.0, 10.9),
        (0.01, 10.0, 6.3),
        (0.9, 1, 1.7),
    ],
)
def test_the_integral_equals_adaptive_integration(q: float, sigma: float, order: float) -> None:
    def integrand(z: float) -> float:
        ratio = 1 - q + q * math.exp((2 * z - 1) / (2 * sigma**2))
        density = math.exp(-(z**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
        return density * (ratio**order - 1 - order * (ratio - 1))

    turn = sigma**2 * math.log(1 / q - 1) + 0.5
    edges = sorted((-12 * sigma, turn, order, order + 12 * sigma))
    excess = sum(
        quad(integrand, left, right, epsabs=0, epsrel=1e-10, limit=500)[0]
        for left, right in pairwise(edges)
        if right > left
    )
    expected = math.log1p(excess) / (order - 1)
    assert quadrature_rdp(q, sigma, np.array([order]))[0] == pytest.approx(expected, rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(q=probabilities, sigma=st.floats(-3, 1.3).map(lambda exponent: 10**exponent))
def test_divergence_rises_with_the_order_and_stays_below_no_sampling(q: float, sigma: float) -> None:
    rdp = one_step_rdp(sampling_probability=q, noise_multiplier=sigma)
    assert np.all(np.diff(rdp) >= -1e-9 * rdp[1:] - 1e-13)
    assert np.all(rdp <= np.array(ORDERS) / (2 * sigma**2) * (1 + 1e-9) + 1e-13)


def test_below_the_integral_chords_still_bound_the_divergence() -> None:
    q, sigma = 0.01, SMALLEST_INTEGRABLE_SIGMA * 0.999
    fractional = [order not in INTEGER_ORDERS for order in ORDERS]
    chords = one_step_rdp(sampling_probability=q, noise_multiplier=sigma)[fractional]
    exact = quadrature_rdp(q, sigma, np.array(FRACTIONAL_ORDERS))
    assert np.all(chords >= exact)


@pytest.mark.parametrize("sigma", [0.0, 1e-300, 1e-7])
def test_next_to_no_noise_is_infinite(sigma: float) -> None:
    assert np.all(np.isinf(one_step_rdp(sampling_probability=0.01, noise_multiplier=sigma)))


@pytest.mark.parametrize("q", [0.0, 0.01, 1.0])
def test_a_divergence_that_callers_share_cannot_be_written_to(q: float) -> None:
    with pytest.raises(ValueError, match="read-only"):
        one_step_rdp(sampling_probability=q, noise_multiplier=1.0)[0] = 0.0


def test_an_example_never_drawn_gives_nothing_away() -> None:
    assert not one_step_rdp(sampling_probability=0.0, noise_multiplier=1.0).any()


@pytest.mark.parametrize("steps", [1, 3516, 10**6])
@pytest.mark.parametrize("delta", [1e-9, 1e-5, 0.4])
def test_the_conversion_is_the_accountants(steps: int, delta: float) -> None:
    from dp_accounting.rdp import rdp_privacy_accountant

    rdp = steps * one_step_rdp(sampling_probability=0.004, noise_multiplier=1.1)
    expected = rdp_privacy_accountant.compute_epsilon(list(ORDERS), rdp, delta)
    assert epsilon_of_rdp(rdp, delta=delta) == pytest.approx(expected, rel=1e-12)
