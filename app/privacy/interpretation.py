"""What an epsilon means to a person: bounds on every membership attack, and a level."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.privacy.gaussian import gaussian_advantage, gaussian_true_positive_rate
from app.privacy.pld import PldResult

NO_PROTECTION_EPSILON = 50.0
# Upper limits of the levels; epsilon below 1 is strong, 1 to 3 good, 3 to 8 weak, above 8 little.
STRONG_BELOW, GOOD_UP_TO, WEAK_UP_TO = 1.0, 3.0, 8.0
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
    ``source`` names the analysis behind the bounds.
    """

    level: str
    sentence: str
    advantage: float
    tpr_at_1pct_fpr: float
    tpr_at_0_1pct_fpr: float
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


def posterior_bound(prior: float, *, epsilon: float) -> float:
    """Return the surest belief in membership that an output can lead to, from ``prior`` in [0, 1].

    prior e^eps / (1 - prior + prior e^eps), by Bayes' rule; holds except with probability about delta.
    """
    if prior == 0:
        return 0.0
    return prior / (prior + (1 - prior) * math.exp(-epsilon))


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def level_of(epsilon: float) -> str:
    """Return "strong" (below 1), "good" (to 3), "weak" (to 8) or "little"; infinity is "little"."""
    if epsilon < STRONG_BELOW:
        return "strong"
    if epsilon <= GOOD_UP_TO:
        return "good"
    return "weak" if epsilon <= WEAK_UP_TO else "little"


def interpret(*, epsilon: float, delta: float, pld: PldResult | None = None) -> Interpretation:
    """Return the meaning of an upper bound ``epsilon`` at ``delta``.

    The figures come from the whole privacy curve where ``pld`` has it (three to
    five times tighter), else from (epsilon, delta) alone; the level from the
    smaller of the two epsilons, since both are valid bounds.
    """
    if pld is None or pld.epsilon is None:
        return _from_pair(epsilon, delta)
    assert pld.advantage is not None
    assert pld.tpr_at_1pct_fpr is not None
    assert pld.tpr_at_0_1pct_fpr is not None
    return _worded(
        epsilon=min(epsilon, pld.epsilon),
        advantage=pld.advantage,
        tpr_at_1pct_fpr=pld.tpr_at_1pct_fpr,
        tpr_at_0_1pct_fpr=pld.tpr_at_0_1pct_fpr,
        source="privacy loss distribution (whole curve)",
    )


def _from_pair(epsilon: float, delta: float) -> Interpretation:
    return _worded(
        epsilon=epsilon,
        advantage=advantage_bound(epsilon, delta=delta),
        tpr_at_1pct_fpr=true_positive_rate_bound(0.01, epsilon=epsilon, delta=delta),
        tpr_at_0_1pct_fpr=true_positive_rate_bound(0.001, epsilon=epsilon, delta=delta),
        source="(ε, δ) alone",
    )


def interpret_gaussian(*, epsilon: float, mu: float) -> Interpretation:
    """Return the meaning of mu-GDP, whose epsilon at the chosen delta is ``epsilon``; mu may be infinite."""
    return _worded(
        epsilon=epsilon,
        advantage=gaussian_advantage(mu),
        tpr_at_1pct_fpr=gaussian_true_positive_rate(0.01, mu=mu),
        tpr_at_0_1pct_fpr=gaussian_true_positive_rate(0.001, mu=mu),
        source="once-per-epoch worst case (Gaussian)",
    )


def _worded(
    *, epsilon: float, advantage: float, tpr_at_1pct_fpr: float, tpr_at_0_1pct_fpr: float, source: str
) -> Interpretation:
    level = level_of(epsilon)
    title = _TITLES[level] if epsilon <= NO_PROTECTION_EPSILON else "No protection"
    sentence = (
        f"{title}: an attacker who knows everything else guesses whether one example was used "
        f"with at most {percent((1 + advantage) / 2)} success (chance is 50 %), "
        f"and at 1 % false alarms recognises at most {percent(tpr_at_1pct_fpr)} of the examples used."
    )
    return Interpretation(
        level=level,
        sentence=sentence,
        advantage=advantage,
        tpr_at_1pct_fpr=tpr_at_1pct_fpr,
        tpr_at_0_1pct_fpr=tpr_at_0_1pct_fpr,
        source=source,
    )


def percent(fraction: float) -> str:
    """Return ``fraction`` as a percentage rounded up to a tenth: a bound must not be rounded down."""
    return f"{min(100.0, math.ceil(round(fraction * 1000, 6)) / 10):g} %"
