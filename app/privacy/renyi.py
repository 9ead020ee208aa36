"""Renyi divergence of one step of the Poisson-sampled Gaussian mechanism.

Integer orders have a closed form, the same as dp_accounting's. Fractional orders
are integrated, because dp_accounting 0.6.0 drops or overstates some of them
(epsilon up to 175 % too large), while 0.4.3 gives them exactly.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# The default orders of dp_accounting 0.4.3, written down so that no release can move them:
# 1.1, 1.2 .. 10.9, the integers 11 .. 63, and four large ones.
ORDERS: tuple[float, ...] = (
    *(1 + tenth / 10 for tenth in range(1, 100)),
    *(float(order) for order in range(11, 64)),
    128.0,
    256.0,
    512.0,
    1024.0,
)
INTEGER_ORDERS = tuple(int(order) for order in ORDERS if order.is_integer())
FRACTIONAL_ORDERS = tuple(order for order in ORDERS if not order.is_integer())

_ORDERS: Array = np.array(ORDERS)
_IS_INTEGER = np.floor(_ORDERS) == _ORDERS
# The large orders apart: they have a thousand terms each, the others at most 63.
_BLOCKS = (_ORDERS[_IS_INTEGER & (_ORDERS < 64)], _ORDERS[_IS_INTEGER & (_ORDERS > 64)])

# The grid of the integral grows like 1/sigma^2; below this the (valid) interpolation takes over.
SMALLEST_INTEGRABLE_SIGMA = 0.05
# Below this sigma squared leaves the range of doubles; privacy is called absent, which is valid.
SMALLEST_SIGMA = 1e-6


@lru_cache(maxsize=4096)
def one_step_rdp(*, sampling_probability: float, noise_multiplier: float) -> Array:
    """Return the Renyi divergences of one step at :data:`ORDERS`, in nats, shape (len(ORDERS),).

    Neighbours differ by adding or removing one example; sampling is Poisson.
    Zero for sampling probability 0; infinite for noise multiplier 0. The array
    is shared between callers and read-only.

    Args:
        sampling_probability: q in [0, 1].
        noise_multiplier: sigma >= 0, finite.
    """
    q, sigma = sampling_probability, noise_multiplier
    if q == 0:
        rdp = np.zeros(len(ORDERS))
    elif sigma < SMALLEST_SIGMA:
        rdp = np.full(len(ORDERS), math.inf)
    elif q == 1:
        rdp = _ORDERS / (2 * sigma**2)
    else:
        rdp = _subsampled_rdp(q, sigma)
    rdp.setflags(write=False)
    return rdp


def _subsampled_rdp(q: float, sigma: float) -> Array:
    rdp = np.empty(len(ORDERS))
    rdp[_IS_INTEGER] = integer_rdp(q, sigma)
    if sigma >= SMALLEST_INTEGRABLE_SIGMA:
        rdp[~_IS_INTEGER] = quadrature_rdp(q, sigma, np.array(FRACTIONAL_ORDERS))
    else:
        unsampled = np.array(FRACTIONAL_ORDERS) / (2 * sigma**2)
        rdp[~_IS_INTEGER] = np.minimum(_interpolated_rdp(rdp[_IS_INTEGER]), unsampled)
    # Rounding may leave -1e-17 where the divergence is all but zero.
    return np.maximum(rdp, 0.0)


def integer_rdp(q: float, sigma: float) -> Array:
    """Return the divergences at the integer orders, 0 < q < 1, shape (len(INTEGER_ORDERS),).

    log E[w^a] / (a - 1), where E[w^a] - 1 is the sum over k >= 2 of
    C(a, k) q^k (1 - q)^(a - k) (exp((k^2 - k) / (2 sigma^2)) - 1):
    Mironov, Talwar, Zhang 2019, section 3.3, less the binomial terms, which sum to 1, so that no digits
    cancel. On whole arrays, because dp_accounting's loop over the terms takes 10 ms.
    """
    return np.concatenate([_integer_block(q, sigma, orders) for orders in _BLOCKS])


def _integer_block(q: float, sigma: float, orders: Array) -> Array:
    k = np.arange(2, orders[-1] + 1)  # (terms,)
    growth = (k**2 - k) / (2 * sigma**2)
    with np.errstate(over="ignore"):
        log_excess = np.where(growth > 30, growth, np.log(np.expm1(growth)))
    chosen = _log_binomials(tuple(orders)) + k * (math.log(q) - math.log1p(-q)) + log_excess
    log_terms = chosen + orders[:, None] * math.log1p(-q)  # (orders, terms)
    top = log_terms.max(axis=1)
    log_sum = top + np.log(np.exp(log_terms - top[:, None]).sum(axis=1))
    return np.asarray(np.logaddexp(0.0, log_sum) / (orders - 1))


@cache
def _log_binomials(orders: tuple[float, ...]) -> Array:
    """Return log C(a, k) for each order a and k = 2 .. the last order; -inf where k > a."""
    last = int(orders[-1])
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, last + 1)))))  # (last + 1,)
    a, k = np.array(orders, dtype=np.int64)[:, None], np.arange(2, last + 1)
    rest = factorials[np.maximum(a - k, 0)]
    return np.where(k <= a, factorials[a] - factorials[k] - rest, -math.inf)


def quadrature_rdp(q: float, sigma: float, orders: Array) -> Array:
    """Return log E[w^a] / (a - 1) for each order a by the trapezoid rule, shape as ``orders``.

    w(z) = 1 - q + q exp((2z - 1) / (2 sigma^2)), z ~ N(0, sigma^2): Mironov,
    Talwar, Zhang 2019, theorem 4. Because E[w] = 1, E[w^a] - 1 equals
    E[w^a - 1 - a(w - 1)], whose integrand is never negative: no digits cancel
    however small q is.

    The rule converges like exp(-2 pi d / h), d = pi sigma^2 being the distance of
    the integrand's singularities from the real line; h <= sigma^2 / 2 leaves 1e-16.
    """
    spacing = min(sigma, sigma**2) / 2
    margin = 12 * sigma  # the integrand's bumps sit at 0 and at z = a, both of width sigma
    z = np.arange(-margin, orders.max() + margin, spacing)  # (points,)
    exponent = (2 * z - 1) / (2 * sigma**2)
    log_density = -(z**2) / (2 * sigma**2) - math.log(sigma * math.sqrt(2 * math.pi))
    log_w = np.logaddexp(math.log1p(-q), math.log(q) + exponent)
    near_one = np.abs(log_w) < 0.5
    log_w[near_one] = np.log1p(q * np.expm1(exponent[near_one]))
    peak = _log_bernoulli_excess(log_w, orders[:, None]) + log_density  # (orders, points)
    top = peak.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(peak - top).sum(axis=1)) + math.log(spacing)
    return np.asarray(np.logaddexp(0.0, log_sum) / (orders - 1))


def _log_bernoulli_excess(log_w: Array, orders: Array) -> Array:
    """Return log(w^a - 1 - a(w - 1)) for a > 1, shape (orders, points); -inf where w = 1.

    Args:
        log_w: log w at the points, shape (points,).
        orders: the orders a, shape (orders, 1).
    """
    found = np.empty((len(orders), len(log_w)))
    near, large = np.abs(log_w) < 1e-4, log_w > 1
    middle = ~(near | large)
    with np.errstate(divide="ignore"):
        # w = e^s near 1: the first two terms of the series, free of cancellation.
        s = log_w[near]
        found[:, near] = np.log(orders * s**2 / 2) + np.log(
            orders - 1 + (orders**2 - 1) * s / 3 + (orders**3 - 1) * s**2 / 12
        )
    s = log_w[middle]
    found[:, middle] = np.log(np.expm1(orders * s) - orders * np.expm1(s))
    # w large: w^a (1 - a w^(1-a) + (a-1) w^-a), where w^a alone would overflow.
    s = log_w[large]
    found[:, large] = orders * s + np.log1p(
        (orders - 1) * np.exp(-orders * s) - orders * np.exp((1 - orders) * s)
    )
    return found


def _interpolated_rdp(integer_values: Array) -> Array:
    """Return upper bounds at the fractional orders from the integer ones.

    (a - 1) RDP(a) is the logarithm of a moment, hence convex in a (Hoelder), and
    0 at a = 1: the chord between neighbouring integers lies above it.
    """
    knots = np.array((1.0, *INTEGER_ORDERS))
    moments = np.concatenate(([0.0], integer_values * (knots[1:] - 1)))
    orders = np.array(FRACTIONAL_ORDERS)
    return np.asarray(np.interp(orders, knots, moments) / (orders - 1), dtype=np.float64)


def epsilon_of_rdp(rdp: Array, *, delta: float) -> tuple[float, float]:
    """Return (epsilon, order): the smallest epsilon over :data:`ORDERS` and where it is reached.

    Canonne, Kamath, Steinke 2020, proposition 12; where delta already exceeds
    sqrt(1 - exp(-RDP)), a bound on total variation, epsilon is 0 (Bretagnolle,
    Huber 1979). Infinite if every divergence is.
    """
    epsilons = rdp + np.log1p(-1 / _ORDERS) - np.log(delta * _ORDERS) / (_ORDERS - 1)
    epsilons = np.where(delta**2 + np.expm1(-rdp) > 0, 0.0, epsilons)
    best = int(np.argmin(epsilons))
    return max(0.0, float(epsilons[best])), ORDERS[best]
