"""Several mechanisms on the same data: their common epsilon, held to dp_accounting's composition."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import dp_accounting
import numpy as np
import pytest
from dp_accounting.rdp import RdpAccountant

from app.privacy.accounting import EpsilonCurve
from app.privacy.composition import composed_epsilon, composed_rdp
from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.guarantee import charged_epsilon
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.renyi import ORDERS, epsilon_of_rdp

MNIST = Mechanism(examples=60_000, batch_size=256, noise_multiplier=1.1, epochs=15, delta=1e-5)
SMALL = Mechanism(examples=1_500, batch_size=128, noise_multiplier=2.0, epochs=15, delta=1e-5)
IS_INTEGER = np.array([order.is_integer() for order in ORDERS])

SWEEPS = {
    "noise": [(replace(MNIST, noise_multiplier=sigma), 3516) for sigma in (0.5, 0.8, 1.1, 1.5, 2.0, 4.0)],
    "batch sizes": [(replace(SMALL, batch_size=size), 15 * 1500 // size) for size in (16, 64, 256, 1500)],
    "epochs, some broken off": [(SMALL, steps) for steps in (1, 12, 100, 176)],
    "unlike in all": [(MNIST, 235), (SMALL, 12)],
}
# By RdpAccountant(ORDERS) of dp_accounting 0.4.3, whose fractional orders are exact (see app.privacy.renyi).
GOLDEN = {
    "noise": 13.220429214078457,
    "batch sizes": 11.887346025676845,
    "epochs, some broken off": 3.747347377501656,
    "unlike in all": 0.9699857347679248,
}


def by_dp_accounting(parts: list[tuple[Mechanism, int]], orders: list[float]) -> float:
    accountant = RdpAccountant(orders)
    for mechanism, steps in parts:
        gaussian = dp_accounting.GaussianDpEvent(mechanism.noise_multiplier)
        step = dp_accounting.PoissonSampledDpEvent(mechanism.sampling_probability, gaussian)
        accountant.compose(dp_accounting.SelfComposedDpEvent(step, steps))
    return float(accountant.get_epsilon(parts[0][0].delta))


@pytest.mark.parametrize("parts", SWEEPS.values(), ids=SWEEPS)
def test_it_is_what_dp_accounting_composes_at_the_integer_orders(parts: list[tuple[Mechanism, int]]) -> None:
    rdp = np.where(IS_INTEGER, composed_rdp(parts), math.inf)
    ours, order = epsilon_of_rdp(rdp, delta=parts[0][0].delta)
    integers = [order for order in ORDERS if order.is_integer()]
    assert ours == pytest.approx(by_dp_accounting(parts, integers), rel=1e-6)
    assert order.is_integer()


@pytest.mark.parametrize("name", SWEEPS)
def test_it_is_the_golden_value_at_all_orders(name: str) -> None:
    assert composed_epsilon(SWEEPS[name]) == pytest.approx(GOLDEN[name], rel=1e-6)


def test_parts_of_one_mechanism_are_its_steps_added_up() -> None:
    whole = EpsilonCurve.of(MNIST).at(3516).epsilon
    assert composed_epsilon([(MNIST, 1000), (MNIST, 2516)]) == pytest.approx(whole, rel=1e-12)


def test_the_order_of_the_parts_does_not_matter() -> None:
    found = {composed_epsilon(list(parts)) for parts in permutations(SWEEPS["batch sizes"])}
    assert max(found, key=float) == pytest.approx(min(found, key=float), rel=1e-12)


def test_together_they_spend_more_than_any_and_less_than_the_sum_of_all() -> None:
    each = [epsilon for part in SWEEPS["noise"] if (epsilon := composed_epsilon([part])) is not None]
    together = composed_epsilon(SWEEPS["noise"])
    assert together is not None
    assert max(each) < together < sum(each)


def test_shuffled_batches_add_the_squares_of_their_shifts() -> None:
    shuffled = [
        (replace(MNIST, sampling="shuffle", noise_multiplier=sigma, epochs=epochs), epochs * 234)
        for sigma, epochs in ((1.0, 3), (2.0, 8))
    ]
    assert composed_epsilon(shuffled) == epsilon_of_gaussian(mu=math.sqrt(3 / 1 + 8 / 4), delta=1e-5)
    alike = [shuffled[0]] * 2
    assert composed_epsilon(alike) == pytest.approx(charged_epsilon(shuffled[0][0])([702, 702]), rel=1e-9)


@pytest.mark.parametrize(
    ("parts", "epsilon"),
    [
        ([], 0.0),
        ([(MNIST, 0), (replace(MNIST, noise_multiplier=0.0), 0)], 0.0),
        ([(MNIST, 10), (replace(MNIST, noise_multiplier=0.0), 1)], None),
        ([(replace(MNIST, sampling="shuffle", noise_multiplier=0.0), 1)], None),
    ],
    ids=["nothing", "no steps", "one without noise", "shuffled without noise"],
)
def test_nothing_costs_nothing_and_no_noise_costs_all(
    parts: list[tuple[Mechanism, int]], epsilon: float | None
) -> None:
    assert composed_epsilon(parts) == epsilon


@pytest.mark.parametrize(
    ("other", "steps", "fault"),
    [
        (replace(MNIST, delta=1e-6), 1, "delta"),
        (replace(MNIST, sampling="shuffle"), 1, "sampling"),
        (MNIST, -1, "steps"),
    ],
    ids=["delta", "sampling", "steps"],
)
def test_what_does_not_compose_is_refused(other: Mechanism, steps: int, fault: str) -> None:
    with pytest.raises(InvalidMechanism) as refused:
        composed_epsilon([(MNIST, 1), (other, steps)])
    assert set(refused.value.faults) == {fault}
