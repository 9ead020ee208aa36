"""The bounds on attacks, against attacks: the best one, a few million times, reaches them within 1 %."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from app.privacy.canaries import dirac_scores
from app.privacy.interpretation import advantage_bound, posterior_bound, true_positive_rate_bound
from tests.privacy.test_privacy_curve import curve_of

Array = NDArray[np.float64]
TRIALS = 2_000_000


def rates(members: Array, others: Array, *, false_positive_rate: float) -> tuple[float, float]:
    """Return (advantage, true-positive rate) of the best thresholds on scores without ties."""
    pooled = np.sort(np.concatenate([members, others]))[:: len(members) // 2000]
    above = [np.searchsorted(np.sort(part), pooled, side="right") / len(part) for part in (others, members)]
    threshold = np.quantile(others, 1 - false_positive_rate)
    return float(np.max(above[0] - above[1])), float(np.mean(members > threshold))


def leaky_response(epsilon: float, delta: float, *, member: bool, random: np.random.Generator) -> Array:
    """Return log-likelihood ratios of the mechanism that tells most under (ε, δ), ties broken at random.

    With probability δ it betrays the answer, else it is randomised response (Kairouz, Oh, Viswanath 2015,
    theorem 3.1 and its proof).
    """
    honest = random.random(TRIALS) < 1 / (1 + math.exp(-epsilon))
    score = np.where(honest == member, epsilon, -epsilon)
    betrayed = random.random(TRIALS) < delta
    told = np.where(betrayed, 1e3 if member else -1e3, score)
    return told + 1e-6 * random.random(TRIALS)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 0.0), (1.0, 0.05), (3.0, 0.01)])
def test_the_bounds_of_a_pair_are_reached_by_the_mechanism_that_tells_most(
    epsilon: float, delta: float
) -> None:
    random = np.random.default_rng(1)
    members, others = (leaky_response(epsilon, delta, member=m, random=random) for m in (True, False))
    advantage, rate = rates(members, others, false_positive_rate=0.01)
    assert advantage == pytest.approx(advantage_bound(epsilon, delta=delta), rel=0.01)
    bound = true_positive_rate_bound(0.01, epsilon=epsilon, delta=delta)
    assert rate == pytest.approx(bound, rel=0.01)


@pytest.mark.parametrize(("epsilon", "prior"), [(0.5, 0.5), (1.0, 0.1), (3.0, 0.01)])
def test_a_posterior_is_reached_by_randomised_response(epsilon: float, prior: float) -> None:
    random = np.random.default_rng(2)
    members = random.random(4 * TRIALS) < prior
    honest = random.random(4 * TRIALS) < 1 / (1 + math.exp(-epsilon))
    said = honest == members
    assert members[said].mean() == pytest.approx(posterior_bound(prior, epsilon=epsilon), rel=0.01)


@pytest.mark.parametrize(("q", "sigma", "steps"), [(0.1, 1.0, 20), (0.02, 0.6, 30), (1.0, 4.0, 9)])
def test_the_bounds_of_the_curve_are_reached_by_the_likelihood_ratio(
    q: float, sigma: float, steps: int
) -> None:
    random = np.random.default_rng(3)

    def scores(*, member: bool) -> Array:
        total = np.zeros(TRIALS)
        for _ in range(steps):
            joined = (random.random(TRIALS) < q) & member
            sums = (joined + sigma * random.standard_normal(TRIALS))[np.newaxis]
            total += dirac_scores(sums, sampling_probability=q, noise_multiplier=sigma)
        return total

    members, others = scores(member=True), scores(member=False)
    advantage, forward = rates(members, others, false_positive_rate=0.01)
    _, backward = rates(-others, -members, false_positive_rate=0.01)
    curve = curve_of(sampling_probability=q, noise_multiplier=sigma, steps=steps)
    assert advantage == pytest.approx(curve.advantage(), rel=0.01)
    # The curve holds for adding and for removing an example: it is as large as the easier of the two.
    assert [max(forward, backward)] == pytest.approx(curve.true_positive_rates([0.01]), rel=0.01)
