"""What is known about shuffled batches, which the Poisson analysis does not cover.

Each pass shuffles the data and cuts it into floor(N / B) batches; what is left over
sits out until the next pass, so that no example is used twice in a pass. Sources:
Chua et al., ICML 2024 (arXiv 2403.17673) and NeurIPS 2024 (2411.04205).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.mechanism import Mechanism

Array = NDArray[np.float64]

_LEVELS = 2_000  # outcomes that one pass's largest batch is sorted into
_GRID = 1e-3  # spacing of the losses; they are rounded down, so that the bound stays a lower one
_NUMERICAL_DOUBT = 1e-12  # Fourier noise; delta must be beaten by more


def passes_begun(mechanism: Mechanism, steps: int) -> int:
    """Return how many passes ``steps`` have begun: the most often one example was used."""
    return -(-steps // (mechanism.examples // mechanism.batch_size))


def passes_completed(mechanism: Mechanism, steps: int) -> int:
    """Return how many passes ``steps`` have completed."""
    return steps // (mechanism.examples // mechanism.batch_size)


def worst_case_mu(*, noise_multiplier: float, passes: int) -> float:
    """Return mu = sqrt(passes) / sigma: the Gaussian shift of as many uses of an example that nothing hides.

    An upper bound for any batching that uses each example at most once per pass, for
    neighbours that differ in one example being blank (zero gradient). Infinite without
    noise, 0 before the first pass.
    """
    if passes == 0:
        return 0.0
    return math.sqrt(passes) / noise_multiplier if noise_multiplier > 0 else math.inf


def worst_case_epsilon(*, noise_multiplier: float, passes: int, delta: float) -> float:
    """Return the epsilon of :func:`worst_case_mu` at ``delta``, exactly; infinite without noise."""
    mu = worst_case_mu(noise_multiplier=noise_multiplier, passes=passes)
    return epsilon_of_gaussian(mu=mu, delta=delta)


def worst_case_replace_one_epsilon(*, noise_multiplier: float, passes: int, delta: float) -> float:
    """Return :func:`worst_case_epsilon` for replacing an example: a sum moves by up to 2C, so mu doubles."""
    mu = worst_case_mu(noise_multiplier=noise_multiplier, passes=passes)
    return epsilon_of_gaussian(mu=2 * mu, delta=delta)


@lru_cache(maxsize=1024)
def lower_bound_epsilon(
    *, noise_multiplier: float, examples: int, batch_size: int, passes: int, delta: float
) -> float:
    """Return an epsilon that shuffled batches provably exceed or equal at ``delta``; 0 if nothing is proved.

    One pass of the adaptive-query mechanism is at least as revealing as the largest
    of its noisy batches (Chua et al. 2024): in the worst case the example's batch
    has mean 2 with the example and 1 with a blank in its place, the other batches
    mean 0, each with noise sigma. Sorting the maximum into finitely many levels is
    post-processing; composing the passes' losses rounded down keeps a lower bound.

    Args:
        noise_multiplier: sigma, 0.3 or more (smaller ones need no bound to be refused).
        examples: N.
        batch_size: B <= N.
        passes: completed passes, at least 1.
        delta: in (0, 1).
    """
    from scipy.fft import irfft, next_fast_len, rfft

    batches = examples // batch_size
    upper, lower = _maximum_levels(noise_multiplier, batches, used=batches * batch_size / examples)
    # The ratios are good to 1e-4 (see _maximum_levels), a tenth of the grid.
    losses = np.floor(np.log(upper / lower) / _GRID - 0.1).astype(np.int64)  # (levels,)
    first = int(losses.min())
    step = np.bincount(losses - first, weights=upper)
    length = (len(step) - 1) * passes + 1
    padded = next_fast_len(length, real=True)
    composed = irfft(rfft(step, padded) ** passes, padded)[:length]
    return _largest_epsilon(composed, first * passes, delta + _NUMERICAL_DOUBT)


def _maximum_levels(sigma: float, batches: int, *, used: float) -> tuple[Array, Array]:
    """Return the probabilities of the maximum's levels with and without the example, shapes (levels,).

    ``used`` is the probability that the example does not sit out this pass.
    """
    from scipy.special import log_ndtr

    edges = np.linspace(-6 * sigma, 2 + 9 * sigma, _LEVELS)
    others = (batches - 1) * log_ndtr(edges / sigma)

    def masses(mean: float) -> Array:
        survival = -used * np.expm1(others + log_ndtr((edges - mean) / sigma))
        survival -= (1 - used) * np.expm1(others + log_ndtr(edges / sigma))
        return np.concatenate((survival[:-1] - survival[1:], survival[-1:]))

    upper, lower = masses(2.0), masses(1.0)
    # Differences of survival functions are good to 1e-16. Rarer levels are left out, which
    # can only lower the bound, so that every ratio is good to 1e-4.
    kept = (upper > 1e-12) & (lower > 1e-12)
    return upper[kept], lower[kept]


def _largest_epsilon(probabilities: Array, first: int, delta: float) -> float:
    """Return the largest grid epsilon whose hockey-stick divergence exceeds ``delta``; 0 if none does."""
    start = max(0, -first)
    kept = np.maximum(probabilities[start:], 0.0)
    losses = (first + start + np.arange(len(kept))) * _GRID
    upper = np.cumsum(kept[::-1])[::-1]
    lower = np.cumsum((kept * np.exp(-losses))[::-1])[::-1]
    with np.errstate(over="ignore", invalid="ignore"):
        divergence = upper - np.exp(losses) * lower
    above = np.flatnonzero(divergence > delta)
    return float(losses[above[-1]]) if len(above) else 0.0
