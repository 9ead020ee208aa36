"""The ε guaranteed for steps taken, of one attempt and of all on the same data, and what a budget buys."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.privacy.accounting import epsilon_rdp
from app.privacy.guarantee import affordable_steps, charged_epsilon, guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.shuffle import worst_case_epsilon

POISSON = Mechanism(examples=1_000, batch_size=100, noise_multiplier=2.0, epochs=3, delta=1e-5)
SHUFFLED = replace(POISSON, sampling="shuffle")  # ten batches a pass


def test_poisson_steps_of_all_attempts_are_accounted_as_one_run() -> None:
    of_all = epsilon_rdp(sampling_probability=0.1, noise_multiplier=2.0, steps=42, delta=1e-5).epsilon
    assert charged_epsilon(POISSON)([7, 5, 30]) == of_all == guaranteed_epsilon(POISSON)(42)


@pytest.mark.parametrize(("steps", "passes"), [([7, 5, 11], 4), ([1], 1), ([10], 1), ([11], 2), ([0, 0], 0)])
def test_each_shuffled_attempt_counts_the_passes_it_began(steps: list[int], passes: int) -> None:
    worst = worst_case_epsilon(noise_multiplier=2.0, passes=passes, delta=1e-5)
    assert charged_epsilon(SHUFFLED)(steps) == worst


@pytest.mark.parametrize("mechanism", [POISSON, SHUFFLED], ids=lambda mechanism: mechanism.sampling)
def test_an_infinite_epsilon_is_none_and_no_step_spends_nothing(mechanism: Mechanism) -> None:
    without_noise = charged_epsilon(replace(mechanism, noise_multiplier=0.0))
    assert without_noise([1]) is None
    assert without_noise([0]) == 0.0


@pytest.mark.parametrize("budget", [0.05, 1, 7.3, 10, 31.6, 100])
def test_the_budget_buys_every_step_it_can_and_no_more(budget: float) -> None:
    found = affordable_steps(math.sqrt, budget=budget, steps=1_000)
    assert found == min(math.floor(budget**2), 1_000)


def test_an_infinite_epsilon_buys_nothing() -> None:
    assert affordable_steps(lambda steps: None, budget=50, steps=1_000) == 0


def test_a_large_budget_asks_the_accountant_once() -> None:
    asked: list[int] = []
    assert affordable_steps(lambda steps: asked.append(steps) or 1.0, budget=3, steps=3_516) == 3_516
    assert asked == [3_516]
