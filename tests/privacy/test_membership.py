"""The figures of a membership attack: against brute force, exact intervals, and in a thousand repetitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from app.privacy.audit_plan import ROC_POINTS
from app.privacy.gaussian import gaussian_advantage, gaussian_true_positive_rate
from app.privacy.membership import auc, auc_interval, clopper_pearson, membership, roc

HALF = np.arange(2000) % 2 == 0


def normal_scores(distance: float, *, seed: int, size: int = 2000) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(size) + distance * HALF[:size]


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    random = np.random.default_rng(1)
    members, others = random.integers(0, 6, 40).astype(float), random.integers(0, 5, 30).astype(float)
    pairs = (members[:, np.newaxis] > others) + 0.5 * (members[:, np.newaxis] == others)
    assert auc(members, others) == pytest.approx(pairs.mean(), rel=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (5, 5), (3, 40), (499, 500)])
def test_clopper_pearson_is_the_exact_interval(successes: int, trials: int) -> None:
    exact = binomtest(successes, trials).proportion_ci(0.95, method="exact")
    assert clopper_pearson(successes, trials, confidence=0.95) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("distance", [0.0, 0.7, 2.0])
def test_delong_s_interval_holds_the_true_area_as_often_as_it_says(distance: float) -> None:
    true, repetitions, held, widths = norm.cdf(distance / np.sqrt(2)), 1000, 0, []
    for seed in range(repetitions):
        scores = normal_scores(distance, seed=seed, size=200)
        low, high = auc_interval(scores[HALF[:200]], scores[~HALF[:200]], confidence=0.95)
        held, widths = held + (low <= true <= high), [*widths, high - low]
    assert held / repetitions == pytest.approx(0.945, abs=0.025)  # three standard errors
    assert np.mean(widths) < 0.18


def test_the_interval_says_something_where_nothing_overlaps() -> None:
    low, high = auc_interval(np.arange(10.0) + 100, np.arange(20.0), confidence=0.95)
    assert (low, high) == pytest.approx((0.025**0.1, 1.0))


def test_the_figures_are_those_of_two_normal_distributions() -> None:
    found = [membership(normal_scores(1.0, seed=seed), HALF) for seed in range(50)]
    told = [one for one in found if one is not None]
    assert np.mean([one.auc for one in told]) == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.005)
    assert np.mean([one.advantage for one in told]) == pytest.approx(gaussian_advantage(1.0), abs=0.01)
    rate = np.mean([one.tpr_at_1pct_fpr for one in told])
    assert rate == pytest.approx(gaussian_true_positive_rate(0.01, mu=1.0), abs=0.015)


def test_an_attack_that_knows_nothing_has_no_advantage_on_average() -> None:
    """A threshold fitted to the answers would show 4 % where there is nothing."""
    found = [membership(normal_scores(0.0, seed=seed), HALF) for seed in range(200)]
    assert np.mean([one.advantage for one in found if one]) == pytest.approx(0.0, abs=0.005)


def test_at_most_one_percent_of_the_others_lie_above_the_alarm() -> None:
    members, others = np.full(100, 198.5), np.arange(200.0)
    scores, included = np.concatenate([members, others]), np.arange(300) < 100
    found = membership(scores, included)
    assert found is not None
    assert found.tpr_at_1pct_fpr == 1.0  # 1 of 200 exceeds 198.5; two may
    assert membership(np.concatenate([members - 2, others]), included).tpr_at_1pct_fpr == 0.0


def test_coins_that_all_fell_one_way_tell_nothing() -> None:
    assert membership(np.arange(5.0), np.ones(5, bool)) is None


def by_brute_force(members: np.ndarray, others: np.ndarray) -> set[tuple[float, float]]:
    thresholds = [np.inf, *np.concatenate([members, others])]
    return {(float(np.mean(others >= one)), float(np.mean(members >= one))) for one in thresholds}


@pytest.mark.parametrize("size", [2, 40, 150, 2000])
@pytest.mark.parametrize("ties", [False, True])
def test_the_roc_runs_through_thresholds_that_were_tried(size: int, ties: bool) -> None:
    scores = normal_scores(0.7, seed=size, size=size)
    scores = scores.round() if ties else scores
    members, others = scores[HALF[:size]], scores[~HALF[:size]]
    points = [(point["fpr"], point["tpr"]) for point in roc(members, others)]
    assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert points == sorted(points)
    assert len(points) == len(set(points)) <= ROC_POINTS
    assert set(points) <= by_brute_force(members, others)
    xs, ys = np.array(points).T
    area = np.sum(np.diff(xs) * (ys[1:] + ys[:-1]) / 2)
    exactly = len(points) < ROC_POINTS
    assert area == pytest.approx(auc(members, others), abs=1e-12 if exactly else 0.01)


def test_the_roc_is_exact_among_the_fewest_false_alarms() -> None:
    scores = normal_scores(0.7, seed=3)
    members, others = scores[HALF], scores[~HALF]
    xs, ys = np.array([(point["fpr"], point["tpr"]) for point in roc(members, others)]).T
    for fpr, tpr in by_brute_force(members, others):
        if fpr <= 0.03:
            assert tpr <= ys[xs <= fpr].max()
