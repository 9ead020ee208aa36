"""How far a privacy budget carries a run."""

from __future__ import annotations

import math

import pytest

from app.privacy.guarantee import affordable_steps


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
