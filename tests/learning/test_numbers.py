"""The numbers that the Learning Hub prints are what they are said to be."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from app.privacy.accounting import epsilon_rdp
from tests.learning.hub_page import claims, parsed, rendered

SENTENCES = "\n".join(sentence for sentence, _ in claims(parsed(rendered())))


def epsilon(*, noise: float, batch: int, examples: int, epochs: int) -> float:
    """Return the Rényi accountant's ε at δ = 1e-5."""
    steps = math.ceil(epochs * examples / batch)
    return epsilon_rdp(
        sampling_probability=batch / examples, noise_multiplier=noise, steps=steps, delta=1e-5
    ).epsilon


def true_positives(*, epsilon: float, rate: float) -> float:
    """Return the bound on true positives at a false-positive rate, δ = 1e-5, in per cent."""
    delta = 1e-5
    return 100 * min(1, delta + math.exp(epsilon) * rate, 1 - math.exp(-epsilon) * (1 - delta - rate))


def belief(*, epsilon: float, prior: float) -> float:
    """Return the bound on a belief after seeing the model, δ = 0, in per cent."""
    odds = prior / (1 - prior) * math.exp(epsilon)
    return 100 * odds / (1 + odds)


def of_tutorial(noise: float, epochs: int) -> Callable[[], float]:
    return lambda: epsilon(noise=noise, batch=256, examples=60_000, epochs=epochs)


def of_guess(hoped: float) -> Callable[[], float]:
    return lambda: epsilon(noise=1 / hoped, batch=64, examples=60_000, epochs=5)


# What the page prints, between words that place it, and how it is computed again.
PRINTED: list[tuple[str, str, Callable[[], float]]] = [
    ("the limit is about {} times", "2.7", lambda: math.e),
    ("at ε = 3 about {} times", "20", lambda: math.exp(3)),
    ("here from {} to 2.60", "1.28", of_tutorial(1.1, 15)),
    ("from 1.28 to {}.", "2.60", of_tutorial(1.1, 60)),
    ("from 1.28 to {}:", "10.8", lambda: epsilon(noise=1.1, batch=256, examples=1_500, epochs=15)),
    ("really gives {}, 5.6", "0.73", of_guess(1)),
    ("0.73, {}, 25", "5.6", of_guess(2)),
    ("5.6, {} and 155", "25", of_guess(3)),
    ("25 and {}.", "155", of_guess(5)),
    ("at ε = {}, 2.60 and", "0.955", of_tutorial(1.3, 15)),
    ("0.955, {} and 6.32", "2.60", of_tutorial(1.1, 60)),
    ("2.60 and {}.", "6.32", of_tutorial(0.7, 45)),
    ("recognises more than about {} % of", "2.7", lambda: true_positives(epsilon=1, rate=0.01)),
    ("the same bound is {} %", "99", lambda: true_positives(epsilon=5, rate=0.01)),
    ("to 0.302, which is a probability of {} %", "23", lambda: belief(epsilon=1, prior=0.1)),
    ("publishing about {} records", "600", lambda: 60_000 * 0.01),
]


@pytest.mark.parametrize(("place", "printed", "computed"), PRINTED)
def test_a_printed_number_is_the_computed_one(
    place: str, printed: str, computed: Callable[[], float]
) -> None:
    assert place.format(printed) in SENTENCES
    half_a_digit = 0.5 * 10 ** -len(printed.partition(".")[2])
    assert computed() == pytest.approx(float(printed), abs=half_a_digit)


def test_almost_three_thousand_is_just_below() -> None:
    assert "almost 3,000 times" in SENTENCES
    assert 2_900 < math.exp(8) < 3_000


def test_a_fifth_of_epsilon_is_left_in_the_card_of_the_training_chart() -> None:
    before = epsilon(noise=0.8, batch=256, examples=60_000, epochs=15)
    after = epsilon(noise=2.0, batch=256, examples=60_000, epochs=15)
    assert "ε falls to about a fifth" in SENTENCES
    assert after / before == pytest.approx(0.2, abs=0.02)
