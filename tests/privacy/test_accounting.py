from __future__ import annotations

import csv
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.privacy.accounting import EpsilonCurve, epsilon_gdp, epsilon_rdp
from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.mechanism import InvalidMechanism
from app.privacy.renyi import ORDERS
from tests.privacy.reference import GOLDEN, LABELS, Reference, shared_reference

TUTORIAL: dict[str, Any] = {
    "sampling_probability": 256 / 60_000,
    "noise_multiplier": 1.3,
    "steps": 3516,
    "delta": 1e-5,
}
probabilities = st.floats(-4, -0.01).map(lambda exponent: 10**exponent)
noises = st.floats(0.3, 20)
steps_taken = st.integers(1, 100_000)


@pytest.mark.parametrize("reference", GOLDEN, ids=LABELS)
def test_rdp_equals_the_golden_value_on_every_python(reference: Reference) -> None:
    result = epsilon_rdp(**reference.numbers)
    assert result.epsilon == pytest.approx(reference.rdp, rel=1e-6)
    assert result.order == reference.order
    assert result.at_edge == (reference.order in (ORDERS[0], ORDERS[-1]))


@pytest.mark.parametrize("reference", GOLDEN, ids=LABELS)
def test_the_clt_approximation_equals_the_golden_value(reference: Reference) -> None:
    assert epsilon_gdp(**reference.numbers) == pytest.approx(reference.gdp, rel=1e-6)


@pytest.mark.skipif(not shared_reference().is_file(), reason="the full reference is not on this machine")
def test_the_committed_golden_values_are_those_of_the_full_reference() -> None:
    with shared_reference().open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    full = {
        f"{row['id']} {row['label']}": (float(row["eps_rdp_dpa043"]), float(row["eps_pld_dpa043_h1e4"]))
        for row in rows
    }
    assert {reference.label: (reference.rdp, reference.pld) for reference in GOLDEN} == full


@settings(max_examples=60, deadline=None)
@given(q=probabilities, sigma=noises, factor=st.floats(1.01, 3), steps=steps_taken)
def test_epsilon_falls_with_noise_and_rises_with_steps_and_sampling(
    q: float, sigma: float, factor: float, steps: int
) -> None:
    def epsilon(*, probability: float = q, noise: float = sigma, count: int = steps) -> float:
        return epsilon_rdp(
            sampling_probability=probability, noise_multiplier=noise, steps=count, delta=1e-5
        ).epsilon

    slack = 1 + 1e-9
    assert epsilon(noise=sigma * factor) <= epsilon() * slack
    assert epsilon(count=steps + 1) * slack >= epsilon()
    assert epsilon(probability=min(1.0, q * factor)) * slack >= epsilon()


@pytest.mark.parametrize(("sigma", "steps"), [(1.0, 1), (5.0, 20), (20.0, 100)])
def test_without_sampling_rdp_lies_just_above_the_exact_gaussian(sigma: float, steps: int) -> None:
    numbers = {"sampling_probability": 1.0, "noise_multiplier": sigma, "steps": steps, "delta": 1e-5}
    exact = epsilon_of_gaussian(mu=math.sqrt(steps) / sigma, delta=1e-5)
    assert exact <= epsilon_rdp(**numbers).epsilon <= 1.15 * exact


def test_the_curve_starts_at_zero_rises_and_ends_at_the_total() -> None:
    curve = EpsilonCurve(**{name: value for name, value in TUTORIAL.items() if name != "steps"})
    epsilons = [curve.at(steps).epsilon for steps in range(0, 3517, 293)]
    assert epsilons[0] == 0
    assert epsilons == sorted(epsilons)
    assert epsilons[-1] == epsilon_rdp(**TUTORIAL).epsilon
    with pytest.raises(ValueError, match="steps must be >= 0, got -1"):
        curve.at(-1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"steps": 0}, 0.0),
        ({"sampling_probability": 0.0}, 0.0),
        ({"noise_multiplier": 0.0}, math.inf),
        ({"noise_multiplier": 1e-300}, math.inf),
        ({"noise_multiplier": 0.0, "steps": 0}, 0.0),
    ],
)
def test_the_limits_are_zero_and_infinity(change: dict[str, Any], expected: float) -> None:
    result = epsilon_rdp(**TUTORIAL | change)
    assert (result.epsilon, result.order, result.at_edge) == (expected, None, False)
    assert epsilon_gdp(**TUTORIAL | change) == expected


@pytest.mark.parametrize("account", [epsilon_rdp, epsilon_gdp])
@pytest.mark.parametrize(
    "change",
    [
        {"noise_multiplier": math.nan},
        {"noise_multiplier": math.inf},
        {"sampling_probability": 1.01},
        {"sampling_probability": math.nan},
        {"steps": -1},
        {"steps": 2.5},
        {"delta": 0.0},
        {"delta": 1.0},
        {"delta": math.nan},
    ],
)
def test_numbers_that_describe_no_mechanism_are_refused(account: Any, change: dict[str, Any]) -> None:
    with pytest.raises(InvalidMechanism) as refused:
        account(**TUTORIAL | change)
    assert list(refused.value.faults) == list(change)


def test_a_small_epsilon_at_the_last_order_is_said_to_be_at_the_edge() -> None:
    result = epsilon_rdp(sampling_probability=0.001, noise_multiplier=20.0, steps=1, delta=1e-5)
    assert result.order == 1024
    assert result.at_edge


def test_importing_the_package_loads_no_accountant_and_no_framework() -> None:
    code = (
        "import sys, app.privacy;"
        "heavy = {'dp_accounting', 'tensorflow', 'tensorflow_privacy', 'flask', 'scipy'};"
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
