"""Scores, the number of guesses, and the verdict on them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from app.privacy.audit_plan import audit_plan
from app.privacy.canaries import dirac_guesses, dirac_scores, judged, mislabelled_guesses
from app.privacy.one_run_audit import epsilon_lower_bound


@pytest.mark.parametrize(("q", "sigma"), [(0.01, 0.8), (0.3, 4.0), (1.0, 1.5)])
def test_a_score_is_the_log_likelihood_ratio_of_the_mechanism(q: float, sigma: float) -> None:
    sums = np.random.default_rng(1).normal(0.3, sigma, size=(7, 5))
    with_it = (1 - q) * norm.pdf(sums, 0, sigma) + q * norm.pdf(sums, 1, sigma)
    expected = np.log(with_it / norm.pdf(sums, 0, sigma)).sum(axis=0)
    told = dirac_scores(sums, sampling_probability=q, noise_multiplier=sigma)
    assert told == pytest.approx(expected, rel=1e-9)


def test_scores_stay_finite_where_an_engine_does_not_clip() -> None:
    told = dirac_scores(np.full((1, 1), 1e4), sampling_probability=0.01, noise_multiplier=0.05)
    assert told[0] == pytest.approx((2e4 - 1) / (2 * 0.05**2) + math.log(0.01))


def test_without_noise_the_sums_are_the_score() -> None:
    told = dirac_scores(np.array([[1.0, 0.0], [1.0, 0.0]]), sampling_probability=0.1, noise_multiplier=0.0)
    assert told.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.7, 2.0, 20.0])
@pytest.mark.parametrize("canaries", [2, 25, 1000])
def test_guesses_are_an_even_number_of_the_canaries(canaries: int, noise: float) -> None:
    guesses = dirac_guesses(
        canaries=canaries, sampling_probability=0.02, noise_multiplier=noise, steps=500, delta=1e-5
    )
    assert 2 <= guesses <= canaries
    assert guesses % 2 == 0


def test_the_number_of_guesses_is_a_good_one() -> None:
    """It gives at least 80 % of the best fixed share's bound, on average over repetitions."""
    q, sigma, steps, m = 0.02, 0.8, 300, 1000
    random = np.random.default_rng(2)
    shares = [0.01, 0.03, 0.1, 0.2, 0.4, 0.5]
    guesses = dirac_guesses(
        canaries=m, sampling_probability=q, noise_multiplier=sigma, steps=steps, delta=1e-5
    )
    bounds = []
    for _ in range(20):
        included = random.random(m) < 0.5
        joined = (random.random((steps, m)) < q) & included
        sums = joined + sigma * random.standard_normal((steps, m))
        scores = dirac_scores(sums, sampling_probability=q, noise_multiplier=sigma)
        tried = [guesses, *(2 * int(share * m) for share in shares)]
        bounds.append([judged(scores, included, guesses=r, delta=1e-5).epsilon_lower_bound for r in tried])
    own, *others = np.mean(bounds, axis=0)
    assert own >= 0.8 * max(others)


def test_the_verdict_counts_the_surest_guesses_on_both_sides() -> None:
    scores = np.array([5.0, -4.0, 3.0, -2.0, 1.0, 0.0])
    included = np.array([True, False, False, True, True, False])
    found = judged(scores, included, guesses=4, delta=1e-5)
    assert (found.guesses, found.correct) == (4, 2)  # 5 in, 3 in(wrong), -4 out, -2 out(wrong)
    sure = judged(np.arange(200.0), np.arange(200) >= 100, guesses=100, delta=1e-5)
    told = epsilon_lower_bound(canaries=200, guesses=100, correct=100, delta=1e-5)
    assert sure.epsilon_lower_bound == told > 3


@pytest.mark.parametrize(
    ("choice", "noise", "examples", "method", "canaries"),
    [
        ("auto", 0.0, 60_000, "mislabelled", 1000),
        ("auto", 0.5, 60_000, "dirac", 1000),
        ("dirac", 0.0, 60_000, "dirac", 1000),
        ("mislabelled", 1.1, 1_500, "mislabelled", 375),
        ("auto", 1.1, 1_437, "dirac", 718),
        ("auto", 1.1, 100, "dirac", 50),
    ],
)
def test_the_plan_follows_the_choice_the_noise_and_the_size(choice, noise, examples, method, canaries):
    plan = audit_plan(choice, noise_multiplier=noise, examples=examples)
    assert (plan.method, plan.canaries) == (method, canaries)


def test_by_the_loss_a_fifth_is_guessed() -> None:
    assert [mislabelled_guesses(m) for m in (1000, 375, 25, 2)] == [200, 76, 4, 2]
