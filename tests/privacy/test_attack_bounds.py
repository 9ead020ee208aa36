"""The bounds on attacks, against attacks: the best one, a few million times, reaches them within 1 %."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from app.privacy.accounting import EpsilonCurve
from app.privacy.canaries import dirac_scores
from app.privacy.gaussian import (
    delta_of_gaussian,
    gaussian_advantage,
    gaussian_true_positive_rate,
)
from app.privacy.interpretation import (
    accused_posterior,
    advantage_bound,
    delta_bound,
    interpret,
    log_odds,
    success_bound,
    true_positive_rate_bound,
)
from tests.privacy.reference import GOLDEN, Reference
from tests.privacy.test_privacy_curve import curve_of

Array = NDArray[np.float64]
TRIALS = 2_000_000


class Attack:
    """The best threshold attacks on scores of members and of others, both without ties."""

    def __init__(self, members: Array, others: Array) -> None:
        self.members, self.others = np.sort(members), np.sort(others)
        self.pooled = np.sort(np.concatenate([members, others]))[:: len(members) // 2000]

    def _above(self) -> tuple[Array, Array]:
        """Return the true and false positive rates at each of the pooled thresholds."""
        caught, alarms = (
            1 - np.searchsorted(part, self.pooled, side="right") / len(part)
            for part in (self.members, self.others)
        )
        return caught, alarms

    def advantage(self) -> float:
        caught, alarms = self._above()
        return float(np.max(caught - alarms))

    def caught(self, false_positive_rate: float) -> float:
        return float(np.mean(self.members > np.quantile(self.others, 1 - false_positive_rate)))

    def success(self, prior: float) -> float:
        """Return how often the best threshold, or none, is right where a share ``prior`` are members."""
        caught, alarms = self._above()
        return max(1 - prior, float(np.max(prior * caught + (1 - prior) * (1 - alarms))))

    def accused(self, prior: float, *, false_positive_rate: float) -> float:
        """Return the share of members among the accused, of a crowd with a share ``prior`` of them."""
        threshold = np.quantile(self.others, 1 - false_positive_rate)
        members = self.members[:: round(1 / prior) - 1]  # as many others as there are, so that prior holds
        hits, misses = np.sum(members > threshold), np.sum(self.others > threshold)
        return float(hits / (hits + misses))


def normal_draws(*, seed: int) -> Array:
    """Return standard normal draws, one from each of as many strata: rare ones keep their share."""
    random = np.random.default_rng(seed)
    return np.asarray(ndtri((random.permutation(TRIALS) + random.random(TRIALS)) / TRIALS))


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
    attack = Attack(members, others)
    assert attack.advantage() == pytest.approx(advantage_bound(epsilon, delta=delta), rel=0.01)
    bound = true_positive_rate_bound(0.01, epsilon=epsilon, delta=delta)
    assert attack.caught(0.01) == pytest.approx(bound, rel=0.01)
    at_odds = delta_bound(log_odds(0.1), epsilon=epsilon, delta=delta)
    assert attack.success(0.1) == pytest.approx(success_bound(0.1, delta_at_odds=at_odds), rel=0.01)
    posterior = accused_posterior(0.1, true_positive_rate=bound, false_positive_rate=0.01)
    assert attack.accused(0.1, false_positive_rate=0.01) == pytest.approx(posterior, rel=0.01)


@pytest.mark.parametrize("mu", [0.5, 1.0, 3.0])
def test_the_gaussians_own_curve_is_reached_by_the_likelihood_ratio(mu: float) -> None:
    # The log-likelihood ratio of N(mu, 1) against N(0, 1) is mu·x less a constant.
    attack = Attack(mu * (mu + normal_draws(seed=4)), mu * normal_draws(seed=5))
    assert attack.advantage() == pytest.approx(gaussian_advantage(mu), rel=0.01)
    for rate in (0.01, 0.001):
        assert attack.caught(rate) == pytest.approx(gaussian_true_positive_rate(rate, mu=mu), rel=0.01)
    at_odds = delta_of_gaussian(log_odds(0.1), mu=mu)
    assert attack.success(0.1) == pytest.approx(success_bound(0.1, delta_at_odds=at_odds), rel=0.01)
    caught = gaussian_true_positive_rate(0.01, mu=mu)
    posterior = accused_posterior(0.1, true_positive_rate=caught, false_positive_rate=0.01)
    assert attack.accused(0.1, false_positive_rate=0.01) == pytest.approx(posterior, rel=0.01)


# Sizes that take milliseconds: the reference's largest ones take gigabytes.
ON_THE_REFERENCE = [
    reference for reference in GOLDEN if reference.pld < 8 and reference.numbers["steps"] < 5000
]


@pytest.mark.parametrize("reference", ON_THE_REFERENCE, ids=lambda reference: reference.label)
def test_on_the_reference_the_exact_curve_is_below_renyis_and_both_below_their_pairs(
    reference: Reference,
) -> None:
    numbers = dict(reference.numbers)
    steps, delta = numbers["steps"], numbers.pop("delta")
    exact = curve_of(**numbers)
    numbers.pop("steps")
    renyi = EpsilonCurve(**numbers, delta=delta)
    whole = interpret(epsilon=reference.rdp, delta=delta, epsilon_at=renyi.profile(steps))
    by_rdp, by_pld = (interpret(epsilon=epsilon, delta=delta) for epsilon in (reference.rdp, reference.pld))
    figures = {
        "advantage": exact.advantage(),
        "tpr_at_1pct_fpr": exact.true_positive_rates([0.01])[0],
        "tpr_at_0_1pct_fpr": exact.true_positive_rates([0.001])[0],
        "success_at_10pct_prior": success_bound(0.1, delta_at_odds=exact.delta(log_odds(0.1))),
    }
    for name, figure in figures.items():
        assert figure <= getattr(by_pld, name) * (1 + 1e-6), name
        assert figure <= getattr(whole, name) <= getattr(by_rdp, name), name


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
    removing, adding = Attack(members, others), Attack(-others, -members)
    curve = curve_of(sampling_probability=q, noise_multiplier=sigma, steps=steps)
    assert removing.advantage() == pytest.approx(curve.advantage(), rel=0.01)
    # The curve holds for adding and for removing an example: it is as large as the easier of the two.
    easier = max(removing.caught(0.01), adding.caught(0.01))
    assert easier == pytest.approx(curve.true_positive_rates([0.01])[0], rel=0.01)
    bound = success_bound(0.1, delta_at_odds=curve.delta(log_odds(0.1)))
    assert max(removing.success(0.1), adding.success(0.1)) == pytest.approx(bound, rel=0.01)
