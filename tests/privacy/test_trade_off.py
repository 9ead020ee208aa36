"""The whole trade-off curve: an upper bound close to the exact one, and never above what (ε, δ) allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.parameters import RunParameters
from app.privacy.gaussian import gaussian_true_positive_rate
from app.privacy.interpretation import true_positive_rate_bound
from app.privacy.mechanism import Mechanism
from app.privacy.pld import epsilon_pld
from app.privacy.shuffle import passes_begun, worst_case_mu
from app.privacy.trade_off import RATES, trade_off

RUN = RunParameters.of_task("mnist-1500", noise_multiplier=2.0, epochs=5)


def curve_of(parameters: RunParameters) -> dict[float, float]:
    points = trade_off(Mechanism.of(parameters), wait=True)
    assert points is not None
    return {point["fpr"]: point["tpr"] for point in points}


def test_the_curve_lies_between_guessing_and_the_limit_of_one_epsilon() -> None:
    curve, mechanism = curve_of(RUN), Mechanism.of(RUN)
    numbers = {
        "sampling_probability": mechanism.sampling_probability,
        "noise_multiplier": mechanism.noise_multiplier,
        "steps": mechanism.steps,
        "delta": mechanism.delta,
    }
    pld = epsilon_pld(**numbers, wait=True)
    assert pld.epsilon is not None
    assert tuple(curve) == RATES
    for rate, caught in curve.items():
        limit = true_positive_rate_bound(rate, epsilon=pld.epsilon, delta=mechanism.delta)
        assert rate <= caught <= limit * 1.001
    assert (curve[0.01], curve[0.001]) == pytest.approx(
        (pld.tpr_at_1pct_fpr, pld.tpr_at_0_1pct_fpr), rel=1e-3
    )
    assert curve[0.01] < 0.7 * true_positive_rate_bound(0.01, epsilon=pld.epsilon, delta=mechanism.delta)


def test_a_single_full_batch_gives_the_gaussian_curve() -> None:
    curve = curve_of(replace(RUN, train_size=1_000, batch_size=1_000, epochs=1, noise_multiplier=1.5))
    for rate in RATES[1:-1]:
        assert curve[rate] == pytest.approx(gaussian_true_positive_rate(rate, mu=1 / 1.5), rel=2e-3)


def test_shuffled_batches_have_the_curve_of_their_worst_case() -> None:
    shuffled = replace(RUN, sampling="shuffle")
    curve, mechanism = curve_of(shuffled), Mechanism.of(shuffled)
    mu = worst_case_mu(noise_multiplier=2.0, passes=passes_begun(mechanism, mechanism.steps))
    assert curve[0.01] == pytest.approx(gaussian_true_positive_rate(0.01, mu=mu))
    assert curve[0.01] > curve_of(RUN)[0.01]
    assert (curve[0.0], curve[1.0]) == (0.0, 1.0)


@pytest.mark.parametrize("changes", [{"noise_multiplier": 0.0}, {"noise_multiplier": 0.1}])
def test_without_a_curve_there_is_none(changes: dict[str, float]) -> None:
    assert trade_off(Mechanism.of(replace(RUN, **changes)), wait=True) is None


def test_without_noise_shuffled_batches_have_none_either() -> None:
    assert trade_off(Mechanism.of(replace(RUN, noise_multiplier=0.0, sampling="shuffle")), wait=True) is None
