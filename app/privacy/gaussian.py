"""Gaussian differential privacy in closed form: what one Gaussian shift by mu gives away."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def delta_of_gaussian(epsilon: float, *, mu: float) -> float:
    """Return the smallest delta at which mu-GDP is (epsilon, delta)-DP.

    Balle, Wang 2018, theorem 8; Dong, Roth, Su 2022, corollary 2.13. Computed in
    logarithms, so that neither a large epsilon nor a small delta loses digits.
    ``mu`` 0 gives 0.
    """
    from scipy.special import log_ndtr

    if mu == 0:
        return 0.0
    log_upper = float(log_ndtr(mu / 2 - epsilon / mu))
    log_lower = epsilon + float(log_ndtr(-mu / 2 - epsilon / mu))
    return math.exp(log_upper) * -math.expm1(min(0.0, log_lower - log_upper))


def epsilon_of_gaussian(*, mu: float, delta: float) -> float:
    """Return the smallest epsilon at which mu-GDP is (epsilon, delta)-DP; rounded up by < 1e-12 relative.

    Infinite where ``mu`` is, or its square leaves the doubles; 0 where delta alone covers the difference.
    """
    if mu > 1e150:
        return math.inf
    if delta_of_gaussian(0.0, mu=mu) <= delta:
        return 0.0
    # The first term alone is at most delta here, because Phi(-t) <= exp(-t^2 / 2).
    low, high = 0.0, mu**2 / 2 + mu * math.sqrt(-2 * math.log(delta))
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if delta_of_gaussian(middle, mu=mu) > delta:
            low = middle
        else:
            high = middle
    return high


def gaussian_advantage(mu: float) -> float:
    """Return the largest advantage (true minus false positive rate) of any attack on mu-GDP."""
    return 2 * _NORMAL.cdf(mu / 2) - 1


def gaussian_true_positive_rate(false_positive_rate: float, *, mu: float) -> float:
    """Return the largest true-positive rate of any attack on mu-GDP (Dong, Roth, Su 2022, eq. 6)."""
    return _NORMAL.cdf(_NORMAL.inv_cdf(false_positive_rate) + mu)
