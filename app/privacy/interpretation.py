"""What an epsilon means to a person: bounds on every membership attack, and a level."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.privacy.gaussian import delta_of_gaussian, gaussian_advantage, gaussian_true_positive_rate
from app.privacy.pld import PldResult

STRONG_BELOW, GOOD_UP_TO, WEAK_UP_TO, NO_PROTECTION_EPSILON = 1.0, 3.0, 8.0, 50.0
PRIOR = 0.1  # the share of members in the figures that need one
# Where a curve that is known at any delta is looked at: 1e-9 to 0.75, eight a decade.
CURVE_DELTAS = tuple(10 ** (-9 + eighth / 8) for eighth in range(72))
_TITLES = {
    "strong": "Strong protection",
    "good": "Good protection",
    "weak": "Weak protection",
    "little": "Little formal protection",
}


@dataclass(frozen=True, kw_only=True)
class Interpretation:
    """Bounds on every membership attack, and the words for them.

    ``level`` is "strong", "good", "weak" or "little"; ``advantage`` is the largest
    true minus false positive rate; the rates are at 1 % and 0.1 % false positives.
    Where one in ten is a member, ``success_at_10pct_prior`` is how often "in or out?" can
    be answered rightly (0.9 without looking), and ``posterior_at_10pct_prior`` how likely
    a member is whom an attack with 1 % false positives accuses. ``source`` names the
    analysis behind the bounds.
    """

    level: str
    sentence: str
    advantage: float
    tpr_at_1pct_fpr: float
    tpr_at_0_1pct_fpr: float
    success_at_10pct_prior: float
    posterior_at_10pct_prior: float
    source: str


def advantage_bound(epsilon: float, *, delta: float) -> float:
    """Return the largest advantage of any attack on an (epsilon, delta)-DP mechanism.

    (e^eps - 1 + 2 delta) / (e^eps + 1): Kairouz, Oh, Viswanath 2015, remark A.1; 1 for infinite epsilon.
    """
    # tanh(eps / 2) = (e^eps - 1) / (e^eps + 1) does not overflow.
    return min(1.0, math.tanh(epsilon / 2) + 2 * delta / (1 + _exp(epsilon)))


def true_positive_rate_bound(false_positive_rate: float, *, epsilon: float, delta: float) -> float:
    """Return the largest true-positive rate of any attack at ``false_positive_rate``.

    min(1, delta + e^eps a, 1 - e^-eps (1 - delta - a)): Kairouz, Oh, Viswanath 2015, theorem 2.1.
    """
    likely = delta + _exp(epsilon) * false_positive_rate if false_positive_rate > 0 else delta
    unlikely = 1 - math.exp(-epsilon) * (1 - delta - false_positive_rate)
    return max(0.0, min(1.0, likely, unlikely))


def delta_bound(at: float, *, epsilon: float, delta: float) -> float:
    """Return the delta at which an (epsilon, delta)-DP mechanism is surely DP with epsilon ``at`` >= 0.

    delta + (1 - delta) (e^eps - e^at) / (e^eps + 1), and delta itself beyond epsilon: the mechanism
    that tells most (Kairouz, Oh, Viswanath 2015, theorem 3.1) reaches it.
    """
    decay = math.exp(-epsilon)
    return delta + (1 - delta) * max(0.0, (1 - math.exp(at - epsilon)) / (1 + decay))


def success_bound(prior: float, *, delta_at_odds: float) -> float:
    """Return how often "in or out?" can be answered rightly where a share ``prior`` in (0, 1) are members.

    max(prior, 1 - prior) + min(prior, 1 - prior) delta(log odds), odds >= 1 being those of the surer
    answer: the best test pays for each false alarm odds times what a hit is worth, and delta(eps) is the
    most that hits less e^eps false alarms can be (Balle, Barthe, Gaboardi 2018, theorem 1).

    Args:
        delta_at_odds: the privacy curve at :func:`log_odds` of ``prior``.
    """
    rarer = min(prior, 1 - prior)
    return 1 - rarer + rarer * delta_at_odds


def log_odds(prior: float) -> float:
    """Return the log of the odds, >= 0, of the surer answer where a share ``prior`` in (0, 1) are members."""
    rarer = min(prior, 1 - prior)
    return math.log((1 - rarer) / rarer)


def accused_posterior(prior: float, *, true_positive_rate: float, false_positive_rate: float) -> float:
    """Return how likely a member is whom an attack with these rates accuses (Bayes); ``prior`` if nobody."""
    accused = prior * true_positive_rate + (1 - prior) * false_positive_rate
    return prior * true_positive_rate / accused if accused > 0 else prior


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def level_of(epsilon: float) -> str:
    """Return "strong" (below 1), "good" (to 3), "weak" (to 8) or "little"; infinity is "little"."""
    if epsilon < STRONG_BELOW:
        return "strong"
    if epsilon <= GOOD_UP_TO:
        return "good"
    return "weak" if epsilon <= WEAK_UP_TO else "little"


def interpret(
    *,
    epsilon: float,
    delta: float,
    pld: PldResult | None = None,
    epsilon_at: Callable[[float], float] | None = None,
) -> Interpretation:
    """Return the meaning of an upper bound ``epsilon`` at ``delta``.

    The figures come from the whole privacy curve where ``pld`` has it (three to
    five times tighter), else from the one that ``epsilon_at`` gives, else from
    (epsilon, delta) alone; the level from the smaller of the two epsilons, since
    both are valid bounds.

    Args:
        epsilon_at: an upper bound on epsilon at any delta in (0, 1), as Renyi accounting has it.
    """
    if pld is not None and pld.epsilon is not None:
        return _from_pld(min(epsilon, pld.epsilon), pld)
    if epsilon_at is None:
        return _worded(epsilon=epsilon, figures=_of_pair(epsilon, delta), source="(ε, δ) alone")
    pairs = [(epsilon, delta), *((epsilon_at(smaller), smaller) for smaller in CURVE_DELTAS)]
    figures = tuple(min(figure) for figure in zip(*(_of_pair(*pair) for pair in pairs), strict=True))
    return _worded(epsilon=epsilon, figures=_Figures(*figures), source="Rényi accounting (whole curve)")


class _Figures(NamedTuple):
    """Bounds on attacks, of which the least of several valid ones is valid."""

    advantage: float
    tpr_at_1pct_fpr: float
    tpr_at_0_1pct_fpr: float
    success_at_10pct_prior: float


def _of_pair(epsilon: float, delta: float) -> _Figures:
    at_odds = delta_bound(log_odds(PRIOR), epsilon=epsilon, delta=delta)
    return _Figures(
        advantage=advantage_bound(epsilon, delta=delta),
        tpr_at_1pct_fpr=true_positive_rate_bound(0.01, epsilon=epsilon, delta=delta),
        tpr_at_0_1pct_fpr=true_positive_rate_bound(0.001, epsilon=epsilon, delta=delta),
        success_at_10pct_prior=success_bound(PRIOR, delta_at_odds=at_odds),
    )


def _from_pld(epsilon: float, pld: PldResult) -> Interpretation:
    assert pld.advantage is not None
    assert pld.tpr_at_1pct_fpr is not None
    assert pld.tpr_at_0_1pct_fpr is not None
    assert pld.delta_at_odds_of_9 is not None
    figures = _Figures(
        advantage=pld.advantage,
        tpr_at_1pct_fpr=pld.tpr_at_1pct_fpr,
        tpr_at_0_1pct_fpr=pld.tpr_at_0_1pct_fpr,
        success_at_10pct_prior=success_bound(PRIOR, delta_at_odds=pld.delta_at_odds_of_9),
    )
    return _worded(epsilon=epsilon, figures=figures, source="privacy loss distribution (whole curve)")


def interpret_gaussian(*, epsilon: float, mu: float) -> Interpretation:
    """Return the meaning of mu-GDP, whose epsilon at the chosen delta is ``epsilon``; mu may be infinite."""
    at_odds = delta_of_gaussian(log_odds(PRIOR), mu=mu) if math.isfinite(mu) else 1.0
    figures = _Figures(
        advantage=gaussian_advantage(mu),
        tpr_at_1pct_fpr=gaussian_true_positive_rate(0.01, mu=mu),
        tpr_at_0_1pct_fpr=gaussian_true_positive_rate(0.001, mu=mu),
        success_at_10pct_prior=success_bound(PRIOR, delta_at_odds=at_odds),
    )
    return _worded(epsilon=epsilon, figures=figures, source="once-per-epoch worst case (Gaussian)")


def _worded(*, epsilon: float, figures: _Figures, source: str) -> Interpretation:
    level = level_of(epsilon)
    title = _TITLES[level] if epsilon <= NO_PROTECTION_EPSILON else "No protection"
    caught = figures.tpr_at_1pct_fpr
    sentence = (
        f"{title}: an attacker who knows everything else guesses whether one example was used "
        f"with at most {percent((1 + figures.advantage) / 2)} success (chance is 50 %), "
        f"and at 1 % false alarms recognises at most {percent(caught)} of the examples used."
    )
    return Interpretation(
        level=level,
        sentence=sentence,
        **figures._asdict(),
        posterior_at_10pct_prior=accused_posterior(
            PRIOR, true_positive_rate=caught, false_positive_rate=0.01
        ),
        source=source,
    )


def percent(fraction: float) -> str:
    """Return ``fraction`` as a percentage rounded up to a tenth: a bound must not be rounded down."""
    return f"{min(100.0, math.ceil(round(fraction * 1000, 6)) / 10):g} %"
