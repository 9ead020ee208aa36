from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.parameters import RunParameters
from app.privacy.mechanism import InvalidMechanism, Mechanism, check_accounting

TUTORIAL: dict[str, Any] = {
    "examples": 60_000,
    "batch_size": 256,
    "noise_multiplier": 1.3,
    "epochs": 15,
    "delta": 1e-5,
}


def test_the_tutorial_takes_3516_steps_of_probability_1_in_234() -> None:
    mechanism = Mechanism(**TUTORIAL)
    assert mechanism.steps == 3516
    assert mechanism.sampling_probability == 256 / 60_000
    assert [mechanism.steps_after(epoch) for epoch in (0, 1, 2, 15)] == [0, 235, 469, 3516]


@given(examples=st.integers(1, 10**9), share=st.floats(0, 1), epochs=st.integers(1, 60))
def test_steps_are_the_ceiling_without_rounding_error(examples: int, share: float, epochs: int) -> None:
    batch_size = max(1, round(share * examples))
    steps = Mechanism(**TUTORIAL | {"examples": examples, "batch_size": batch_size, "epochs": epochs}).steps
    assert (steps - 1) * batch_size < epochs * examples <= steps * batch_size


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("examples", 0),
        ("examples", 60_000.5),
        ("batch_size", 0),
        ("batch_size", 60_001),
        ("noise_multiplier", -0.1),
        ("noise_multiplier", math.nan),
        ("noise_multiplier", math.inf),
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("delta", 0.0),
        ("delta", 1.0),
        ("delta", math.nan),
        ("sampling", "ordered"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidMechanism) as refused:
        Mechanism(**TUTORIAL | {name: value})
    assert list(refused.value.faults) == [name]
    assert str(value) in str(refused.value) or repr(value) in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidMechanism) as refused:
        check_accounting(sampling_probability=1.5, noise_multiplier=math.nan, steps=-1, delta=2.0)
    assert list(refused.value.faults) == ["sampling_probability", "noise_multiplier", "steps", "delta"]


def test_a_mechanism_agrees_with_the_run_it_is_made_of() -> None:
    parameters = RunParameters.of_task("digits", sampling="shuffle", epochs=7, delta=1e-4)
    mechanism = Mechanism.of(parameters)
    assert mechanism.steps == parameters.steps == 79
    assert mechanism.sampling_probability == parameters.sampling_probability
    assert (mechanism.delta, mechanism.noise_multiplier, mechanism.sampling) == (1e-4, 2.0, "shuffle")
