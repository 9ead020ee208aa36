from __future__ import annotations

import re

import pytest

from app.privacy.audit_statement import audit_statement, trained_again

FIGURES = {
    "method": "dirac", "canaries": 1000, "guesses": 140, "correct": 100, "confidence": 0.95,
    "epsilon_lower_bound": 0.599, "epsilon_upper_bound": 2.7268,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "at least ε = 0.59 "),  # rounded down
        ({}, "at most ε = 2.727"),
        ({}, "100 of 140 coins"),
        ({"epsilon_lower_bound": 0.0}, "0 means that this attack failed, not that the model is private"),
        ({"epsilon_upper_bound": None}, "without noise its ε is infinite"),
        ({"epsilon_lower_bound": 3.0}, "does not do what is accounted"),
        ({"method": "mislabelled"}, "asks the trained model for its loss"),
    ],
)
def test_the_statement_says(changes: dict, said: str) -> None:
    assert said in audit_statement(**{**FIGURES, **changes})


@pytest.mark.parametrize("lower", [0.0, 0.6, 4.0])
@pytest.mark.parametrize("upper", [2.7, None])
def test_the_bound_is_never_called_epsilon_itself(lower: float, upper: float | None) -> None:
    text = audit_statement(**{**FIGURES, "epsilon_lower_bound": lower, "epsilon_upper_bound": upper})
    assert re.search(r"ε is (?!infinite)|epsilon is|true ε =", text) is None
    assert ("at least" in text) == (lower > 0)


def test_the_second_use_of_the_data_is_told() -> None:
    assert "ε = 1.5 at the same δ" in trained_again(epsilon=1.5)
    assert "without bound" in trained_again(epsilon=None)
