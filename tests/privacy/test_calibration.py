from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.privacy.accounting import EpsilonCurve
from app.privacy.calibration import (
    Unreachable,
    epochs_for,
    noise_multiplier_for,
    noise_multiplier_for_steps,
)
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.wording import at_most

TUTORIAL = {"examples": 60_000, "batch_size": 256, "delta": 1e-5}


def epsilon_of(mechanism: Mechanism) -> float:
    return EpsilonCurve.of(mechanism).at(mechanism.steps).epsilon


@settings(max_examples=12, deadline=None)
@given(
    target=st.floats(-1, 1.69).map(lambda exponent: 10**exponent),
    examples=st.integers(1_000, 60_000),
    share=st.floats(0.002, 0.3),
    epochs=st.integers(1, 60),
)
def test_the_noise_meets_the_target_and_a_little_less_does_not(
    target: float, examples: int, share: float, epochs: int
) -> None:
    batch_size = max(1, round(share * examples))
    sizes = {"examples": examples, "batch_size": batch_size, "epochs": epochs, "delta": 1e-5}
    try:
        noise = noise_multiplier_for(target, **sizes)
    except Unreachable as unreachable:
        assume(unreachable.nearest <= target)
        return
    assert epsilon_of(Mechanism(noise_multiplier=noise, **sizes)) <= target
    assert epsilon_of(Mechanism(noise_multiplier=round(noise - 1e-4, 4), **sizes)) > target
    assert noise == round(noise, 4)


def test_a_target_below_the_most_noise_names_the_nearest_reachable() -> None:
    with pytest.raises(Unreachable) as unreachable:
        noise_multiplier_for(0.01, epochs=15, **TUTORIAL)
    most = epsilon_of(Mechanism(noise_multiplier=20.0, epochs=15, **TUTORIAL))
    assert unreachable.value.nearest == most
    assert at_most(most) in str(unreachable.value), "what is named can be asked for"
    assert noise_multiplier_for(most, epochs=15, **TUTORIAL) == pytest.approx(20.0, abs=2e-4)


@pytest.mark.parametrize("target", [0.0, -1.0, 50.1, math.inf, math.nan])
def test_a_target_that_is_no_protection_or_no_number_is_refused(target: float) -> None:
    with pytest.raises(InvalidMechanism, match="target_epsilon must lie above 0 and at most 50"):
        noise_multiplier_for(target, epochs=15, **TUTORIAL)
    with pytest.raises(InvalidMechanism, match="target_epsilon"):
        epochs_for(target, noise_multiplier=1.1, **TUTORIAL)


def test_other_bad_numbers_are_refused_by_name() -> None:
    with pytest.raises(InvalidMechanism, match="batch_size"):
        noise_multiplier_for(1.0, examples=100, batch_size=101, epochs=1, delta=1e-5)
    with pytest.raises(InvalidMechanism, match="steps"):
        noise_multiplier_for_steps(1.0, sampling_probability=0.01, steps=-1, delta=1e-5)


@pytest.mark.parametrize(("probability", "steps"), [(0.004, 0), (0.0, 10)])
def test_data_that_are_never_touched_need_no_noise(probability: float, steps: int) -> None:
    assert noise_multiplier_for_steps(1.0, sampling_probability=probability, steps=steps, delta=1e-5) == 0


@pytest.mark.parametrize("target", [0.8, 1.28, 2.0])
def test_the_epochs_fit_the_target_and_one_more_does_not(target: float) -> None:
    epochs = epochs_for(target, noise_multiplier=1.1, **TUTORIAL)
    assert 1 <= epochs < 60
    assert epsilon_of(Mechanism(noise_multiplier=1.1, epochs=epochs, **TUTORIAL)) <= target
    assert epsilon_of(Mechanism(noise_multiplier=1.1, epochs=epochs + 1, **TUTORIAL)) > target


def test_epochs_stop_at_sixty() -> None:
    assert epochs_for(50.0, noise_multiplier=10.0, **TUTORIAL) == 60


@pytest.mark.parametrize(("noise", "nearest"), [(0.5, None), (0.0, math.inf)])
def test_one_epoch_too_dear_names_its_price(noise: float, nearest: float | None) -> None:
    with pytest.raises(Unreachable) as unreachable:
        epochs_for(0.5, noise_multiplier=noise, **TUTORIAL)
    price = epsilon_of(Mechanism(noise_multiplier=noise, epochs=1, **TUTORIAL))
    assert unreachable.value.nearest == (price if nearest is None else nearest)
