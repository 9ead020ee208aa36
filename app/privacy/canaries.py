"""What canaries tell: their scores, how many guesses to make, and the bound that the guesses prove.

A canary is an example put into the training by a fair coin, to see whether the coin can be told
afterwards. Source: Steinke, Nasr & Jagielski, "Privacy Auditing with One (1) Training Run", NeurIPS 2023.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from app.privacy.audit_plan import CONFIDENCE
from app.privacy.one_run_audit import epsilon_lower_bound

Array = NDArray[np.float64]

_SHARES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)  # of the canaries, each side
_CERTAIN = 40.0  # standard deviations between members and non-members at which no guess is wrong
_MISLABELLED_SHARE = 0.1


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the guesses came to: ``correct`` of ``guesses`` coins, and the bound on ε that they prove."""

    guesses: int
    correct: int
    epsilon_lower_bound: float


def dirac_scores(noisy_sums: Array, *, sampling_probability: float, noise_multiplier: float) -> Array:
    """Return how much more likely each coordinate's course is with its canary than without it, [m].

    Args:
        noisy_sums: the sums of all steps at the canaries' own coordinates, in units of C, [steps, m].
        sampling_probability: q in (0, 1].
        noise_multiplier: the σ that is claimed; where it is 0 the sums themselves are the score.

    Σ_t log(1−q+q·exp((2g_t−1)/(2σ²))): the log-likelihood ratio of Poisson-sampled Gaussian steps, which no
    other test beats (Neyman & Pearson, 1933). Scores of consecutive steps add up.
    """
    if noise_multiplier == 0:
        return np.asarray(noisy_sums.sum(axis=0))
    q = sampling_probability
    exponents = (2 * noisy_sums - 1) / (2 * noise_multiplier**2)
    left_out = math.log1p(-q) if q < 1 else -math.inf
    return np.asarray(np.logaddexp(left_out, math.log(q) + exponents).sum(axis=0))


def dirac_guesses(
    *, canaries: int, sampling_probability: float, noise_multiplier: float, steps: int, delta: float
) -> int:
    """Return how many coins to guess, an even number, so that the bound to be expected is largest.

    It depends on the mechanism claimed alone, so that it is fixed before anything is trained. Members'
    and non-members' scores are taken for normal, a distance of μ = q·√(T(e^{1/σ²}−1)) standard deviations
    apart (Bu, Dong, Long & Su, "Deep Learning with Gaussian Differential Privacy", 2020, theorem 5).
    """
    distance = _separation(sampling_probability, noise_multiplier, steps)
    best_bound, best_side = -1.0, max(1, round(_MISLABELLED_SHARE * canaries))
    for side in _sides(canaries):
        right = int(2 * side * _share_right(side / canaries, distance))
        bound = epsilon_lower_bound(canaries=canaries, guesses=2 * side, correct=right, delta=delta)
        if bound > best_bound:
            best_bound, best_side = bound, side
    return 2 * best_side


def mislabelled_guesses(canaries: int) -> int:
    """Return how many coins to guess by the loss: the surest tenth on each side."""
    return 2 * max(1, round(_MISLABELLED_SHARE * canaries))


def _sides(canaries: int) -> Iterable[int]:
    return sorted({max(1, math.floor(share * canaries)) for share in _SHARES})


def _separation(q: float, noise_multiplier: float, steps: int) -> float:
    exponent = 1 / noise_multiplier**2 if noise_multiplier else math.inf
    if exponent > 100:
        return _CERTAIN
    return min(_CERTAIN, q * math.sqrt(steps * math.expm1(exponent)))


def _share_right(share: float, distance: float) -> float:
    """Return the share of members among the ``share`` of all canaries with the highest scores."""
    low, high = -_CERTAIN, 2 * _CERTAIN
    for _ in range(60):  # the threshold above which that share lies, of halves at 0 and at ``distance``
        middle = (low + high) / 2
        above = (ndtr(-middle) + ndtr(distance - middle)) / 2
        low, high = (middle, high) if above > share else (low, middle)
    members = ndtr(distance - low)
    return float(members / (members + ndtr(-low)))


def judged(
    scores: Array, included: NDArray[np.bool_], *, guesses: int, delta: float, confidence: float = CONFIDENCE
) -> Verdict:
    """Return the verdict of guessing "in" for the highest half of ``guesses``, "out" for the lowest.

    ``scores`` and ``included`` are [m]; ``guesses`` is even and must have been chosen without them.

    >>> judged(np.arange(6.0), np.arange(6) >= 3, guesses=4, delta=0.0).correct
    4
    """
    order, side = np.argsort(scores, kind="stable"), guesses // 2
    correct = int(np.sum(included[order[len(order) - side :]])) + int(np.sum(~included[order[:side]]))
    bound = epsilon_lower_bound(
        canaries=len(scores), guesses=2 * side, correct=correct, delta=delta, confidence=confidence
    )
    return Verdict(guesses=2 * side, correct=correct, epsilon_lower_bound=bound)
