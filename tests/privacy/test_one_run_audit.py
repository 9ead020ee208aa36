"""The bound from one run: closed forms, an independent tail, and never above the truth too often."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom

from app.privacy.one_run_audit import epsilon_lower_bound, p_value


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("guesses", [20, 100, 400])
def test_all_guesses_right_has_a_closed_form(guesses: int, confidence: float) -> None:
    right = (1 - confidence) ** (1 / guesses)  # right^guesses is the chance of it
    expected = math.log(right / (1 - right))
    bound = epsilon_lower_bound(
        canaries=500, guesses=guesses, correct=guesses, delta=0.0, confidence=confidence
    )
    assert bound == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("correct", "delta", "confidence", "expected"),
    [
        (100, 0.0, 0.95, 3.4930),  # the closed form above
        (100, 1e-5, 0.95, 3.4793),  # δ takes a little away
        (60, 0.0, 0.95, 0.0519),
        (60, 0.0, 0.99, 0.0),
        (50, 0.0, 0.95, 0.0),
        (0, 0.0, 0.95, 0.0),
    ],
)
def test_known_bounds_of_500_canaries_and_100_guesses(
    correct: int, delta: float, confidence: float, expected: float
) -> None:
    bound = epsilon_lower_bound(
        canaries=500, guesses=100, correct=correct, delta=delta, confidence=confidence
    )
    assert bound == pytest.approx(expected, abs=1e-3)


def test_the_tail_agrees_with_a_sum_over_all_outcomes() -> None:
    epsilon, guesses, correct = 0.7, 8, 6
    right = 1 / (1 + math.exp(-epsilon))
    chance = sum(
        math.prod(right if hit else 1 - right for hit in hits)
        for hits in itertools.product([True, False], repeat=guesses)
        if sum(hits) >= correct
    )
    told = p_value(canaries=8, guesses=guesses, correct=correct, epsilon=epsilon, delta=0.0)
    assert told == pytest.approx(chance, rel=1e-12)


def test_delta_is_charged_as_the_appendix_says() -> None:
    canaries, guesses, correct, epsilon, delta = 300, 80, 60, 0.5, 1e-4
    right = 1 / (1 + math.exp(-epsilon))
    tail = binom.sf(correct - 1, guesses, right)
    alpha = max((binom.sf(correct - i - 1, guesses, right) - tail) / i for i in range(1, correct + 1))
    told = p_value(canaries=canaries, guesses=guesses, correct=correct, epsilon=epsilon, delta=delta)
    assert told == pytest.approx(min(1.0, tail + 2 * canaries * delta * alpha), rel=1e-9)


@pytest.mark.parametrize("epsilon", [0.2, 1.0, 3.0])
def test_the_bound_exceeds_the_truth_no_more_often_than_its_confidence_allows(epsilon: float) -> None:
    """Randomised response is the mechanism that tells most at this ε: the bound must survive it."""
    trials, guesses = 2000, 200
    right = 1 / (1 + math.exp(-epsilon))
    counts = np.random.default_rng(3).binomial(guesses, right, size=trials)
    bounds = {
        count: epsilon_lower_bound(canaries=guesses, guesses=guesses, correct=int(count), delta=0.0)
        for count in set(counts.tolist())
    }
    exceeded = np.mean([bounds[count] > epsilon for count in counts.tolist()])
    assert exceeded <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    # and it is no excuse: it comes near the truth
    assert np.median([bounds[count] for count in counts.tolist()]) > 0.5 * epsilon - 0.15


def test_more_right_guesses_never_lower_the_bound() -> None:
    bounds = [
        epsilon_lower_bound(canaries=500, guesses=100, correct=correct, delta=1e-5)
        for correct in range(0, 101, 5)
    ]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize(
    ("canaries", "guesses", "correct"), [(0, 0, 0), (10, 11, 3), (10, 5, 6), (10, 5, -1)]
)
def test_counts_that_contradict_each_other_are_refused(canaries: int, guesses: int, correct: int) -> None:
    with pytest.raises(ValueError, match="correct <= guesses <= canaries"):
        p_value(canaries=canaries, guesses=guesses, correct=correct, epsilon=1.0, delta=0.0)
