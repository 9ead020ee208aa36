"""What the guesses of one attack prove: a lower bound on ε from a single training with canaries.

m canaries are each included by a fair coin; after one training the attacker
guesses r of the coins and is right v times. The more often, the larger ε must be.
Source: Steinke, Nasr & Jagielski, "Privacy Auditing with One (1) Training Run",
NeurIPS 2023, theorem 5.2 and its appendix D.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import binom

_BISECTIONS = 40
_LARGEST = 64.0


def p_value(*, canaries: int, guesses: int, correct: int, epsilon: float, delta: float) -> float:
    """Return the probability, at most, of so many correct guesses if the training were (ε, δ)-DP.

    ``canaries`` m >= 1, ``guesses`` r in 0..m, ``correct`` v in 0..r, ``epsilon`` >= 0, 0 <= ``delta`` < 1.

    Raises:
        ValueError: the counts contradict each other.
    """
    if not 0 <= correct <= guesses <= canaries or canaries < 1:
        raise ValueError(
            f"needs 0 <= correct <= guesses <= canaries, got {correct}, {guesses} and {canaries}"
        )
    # Under ε-DP no guess is right more often than this, whatever the others are (randomised response).
    right = 1 / (1 + math.exp(-epsilon))
    tail = float(binom.sf(correct - 1, guesses, right))
    if delta == 0 or correct == 0:
        return min(1.0, tail)
    # δ may spoil i guesses at a price of i: the attacker's best i (appendix D's α).
    nearby = np.cumsum(binom.pmf(np.arange(correct - 1, -1, -1), guesses, right))  # [correct]
    alpha = float(np.max(nearby / np.arange(1, correct + 1)))
    return min(1.0, tail + 2 * canaries * delta * alpha)


def epsilon_lower_bound(
    *, canaries: int, guesses: int, correct: int, delta: float, confidence: float = 0.95
) -> float:
    """Return the largest ε that the guesses rule out with this ``confidence``; 0 where they prove nothing.

    It is a bound from below: a smaller one, or 0, says that this attack failed, not that ε is small.
    ``confidence`` lies in (0, 1); see :func:`p_value` for the rest.

    >>> round(epsilon_lower_bound(canaries=500, guesses=100, correct=100, delta=0.0), 3)
    3.493
    """

    def ruled_out(epsilon: float) -> bool:
        chance = p_value(canaries=canaries, guesses=guesses, correct=correct, epsilon=epsilon, delta=delta)
        return chance <= 1 - confidence

    if not ruled_out(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while high < _LARGEST and ruled_out(high):
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if ruled_out(middle) else (low, middle)
    return low
