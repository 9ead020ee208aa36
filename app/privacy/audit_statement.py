"""What an audit's figures say, and what they do not, in sentences."""

from __future__ import annotations

import math

from app.privacy.wording import at_most

_ATTACKS = {
    "dirac": "an attacker who sees every noisy sum",
    "mislabelled": "an attacker who only asks the trained model for its loss",
}


def audit_statement(
    *,
    method: str,
    canaries: int,
    guesses: int,
    correct: int,
    confidence: float,
    epsilon_lower_bound: float,
    epsilon_upper_bound: float | None,
) -> str:
    """Return the sentences for an audit that got ``correct`` of ``guesses`` right.

    ``epsilon_upper_bound`` is what is guaranteed, None where it is infinite. Never says that ε is the bound.
    """
    sure = f"{100 * confidence:g} %"
    did = (
        f"{_ATTACKS[method].capitalize()} named {correct:,} of {guesses:,} coins rightly, "
        f"those it was surest of among {canaries:,} canaries."
    )
    if epsilon_lower_bound == 0:
        found = "That proves nothing: 0 means that this attack failed, not that the model is private."
    else:
        found = (
            f"So, with {sure} confidence, this training gives away at least "
            f"ε = {_down(epsilon_lower_bound)} about one example: a bound from below. "
            "Its true ε may be larger, and another attack may show more."
        )
    return f"{did} {found} {_beside(epsilon_lower_bound, epsilon_upper_bound, sure)}"


def _beside(lower: float, upper: float | None, sure: str) -> str:
    if upper is None:
        return "Nothing is guaranteed for this training: without noise its ε is infinite."
    if lower > upper:
        return (
            f"That is more than the ε = {at_most(upper)} that is guaranteed. At {sure} confidence it may be "
            "chance; if it happens again, the training does not do what is accounted."
        )
    return f"What is guaranteed is at most ε = {at_most(upper)}, against every attack."


def _down(epsilon: float) -> str:
    """Return ε rounded down to two decimals: a bound from below must not be rounded up.

    >>> _down(0.599)
    '0.59'
    """
    return f"{math.floor(epsilon * 100) / 100:.2f}"


def trained_again(*, epsilon: float | None) -> str:
    """Return the warning that an audit touches the data; ``epsilon`` is that of both runs together."""
    told = "without bound" if epsilon is None else f"ε = {at_most(epsilon)} at the same δ"
    return (
        "An audit trains on the data again, with fresh seeds: it is charged beside the run that it audits. "
        f"Whoever sees what both have released is bounded by {told}."
    )
