from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.privacy.accounting import EpsilonCurve
from app.privacy.gaussian import epsilon_of_gaussian, gaussian_advantage, gaussian_true_positive_rate
from app.privacy.interpretation import (
    accused_posterior,
    advantage_bound,
    delta_bound,
    interpret,
    interpret_gaussian,
    level_of,
    log_odds,
    percent,
    success_bound,
    true_positive_rate_bound,
)
from app.privacy.pld import PldResult

CURVE = PldResult(
    epsilon=0.86,
    advantage=0.09,
    tpr_at_1pct_fpr=0.0181,
    tpr_at_0_1pct_fpr=0.0022,
    delta_at_odds_of_9=2e-7,
)


@pytest.mark.parametrize(
    ("epsilon", "level"),
    [
        (0.0, "strong"),
        (0.999, "strong"),
        (1.0, "good"),
        (3.0, "good"),
        (3.01, "weak"),
        (8.0, "weak"),
        (8.01, "little"),
        (math.inf, "little"),
    ],
)
def test_the_levels_are_those_of_the_page(epsilon: float, level: str) -> None:
    assert level_of(epsilon) == level


@pytest.mark.parametrize(("epsilon", "share"), [(1, 0.027), (2, 0.074), (3, 0.20), (5, 0.99)])
def test_the_rates_at_one_percent_are_those_of_the_page(epsilon: float, share: float) -> None:
    assert true_positive_rate_bound(0.01, epsilon=epsilon, delta=1e-5) == pytest.approx(share, abs=0.005)


@given(mu=st.floats(0.01, 6), rate=st.floats(0.001, 0.5))
def test_bounds_from_epsilon_and_delta_cover_the_exact_gaussian(mu: float, rate: float) -> None:
    epsilon = epsilon_of_gaussian(mu=mu, delta=1e-5)
    assert advantage_bound(epsilon, delta=1e-5) >= gaussian_advantage(mu) - 1e-12
    bound = true_positive_rate_bound(rate, epsilon=epsilon, delta=1e-5)
    assert bound >= gaussian_true_positive_rate(rate, mu=mu) - 1e-12


def test_nothing_spent_leaves_chance_and_nothing_kept_gives_certainty() -> None:
    assert advantage_bound(0.0, delta=0.0) == 0
    assert true_positive_rate_bound(0.01, epsilon=0.0, delta=0.0) == pytest.approx(0.01)
    assert advantage_bound(math.inf, delta=1e-5) == 1
    assert true_positive_rate_bound(0.01, epsilon=math.inf, delta=1e-5) == 1


def test_the_whole_curve_and_the_smaller_epsilon_are_preferred() -> None:
    meaning = interpret(epsilon=1.05, delta=1e-5, pld=CURVE)
    assert (meaning.level, meaning.advantage, meaning.tpr_at_1pct_fpr) == ("strong", 0.09, 0.0181)
    assert meaning.source.startswith("privacy loss distribution")
    assert "at most 54.5 % success" in meaning.sentence
    assert "at most 1.9 % of the examples" in meaning.sentence


def test_without_the_curve_the_pair_has_to_do() -> None:
    meaning = interpret(epsilon=1.05, delta=1e-5, pld=PldResult(reason="not yet"))
    assert (meaning.level, meaning.source) == ("good", "(ε, δ) alone")
    assert meaning.advantage == advantage_bound(1.05, delta=1e-5)


def test_a_curve_at_any_delta_says_more_than_one_pair_of_it() -> None:
    # Also what the page computes for the same settings: tests/js/privacy.test.js.
    curve = EpsilonCurve(sampling_probability=256 / 60_000, noise_multiplier=0.8, delta=1e-5)
    meaning = interpret(epsilon=curve.at(3516).epsilon, delta=1e-5, epsilon_at=curve.profile(3516))
    assert meaning.source == "Rényi accounting (whole curve)"
    assert meaning.advantage == pytest.approx(0.287851, abs=1e-6)
    assert meaning.tpr_at_1pct_fpr == pytest.approx(0.043829, abs=1e-6)
    assert meaning.tpr_at_0_1pct_fpr == pytest.approx(0.006769, abs=1e-6)
    assert meaning.success_at_10pct_prior == pytest.approx(0.900013, abs=1e-6)


@pytest.mark.parametrize("prior", [0.01, 0.1, 0.5, 0.8])
def test_without_a_leak_nobody_is_right_more_often_than_without_looking(prior: float) -> None:
    at_odds = delta_bound(log_odds(prior), epsilon=0.0, delta=0.0)
    assert success_bound(prior, delta_at_odds=at_odds) == pytest.approx(max(prior, 1 - prior))
    assert accused_posterior(prior, true_positive_rate=0.01, false_positive_rate=0.01) == pytest.approx(prior)


def test_even_odds_make_success_of_the_advantage_and_nobody_accused_changes_nothing() -> None:
    at_odds = delta_bound(log_odds(0.5), epsilon=1.0, delta=0.1)
    assert at_odds == pytest.approx(advantage_bound(1.0, delta=0.1))
    assert success_bound(0.5, delta_at_odds=at_odds) == pytest.approx((1 + at_odds) / 2)
    assert accused_posterior(0.3, true_positive_rate=0, false_positive_rate=0) == 0.3
    assert delta_bound(5.0, epsilon=math.inf, delta=0.0) == 1
    assert delta_bound(5.0, epsilon=1.0, delta=0.1) == 0.1


def test_beyond_fifty_the_words_say_no_protection() -> None:
    for epsilon in (50.1, math.inf):
        assert interpret(epsilon=epsilon, delta=1e-5).sentence.startswith("No protection")


def test_an_infinite_shift_is_certainty() -> None:
    meaning = interpret_gaussian(epsilon=math.inf, mu=math.inf)
    assert (meaning.level, meaning.advantage, meaning.tpr_at_0_1pct_fpr) == ("little", 1, 1)


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.5401, "54.1 %"), (0.54, "54 %"), (1.0, "100 %"), (0, "0 %")]
)
def test_percentages_are_rounded_up(fraction: float, text: str) -> None:
    assert percent(fraction) == text
