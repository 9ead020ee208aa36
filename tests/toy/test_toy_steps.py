"""tests/js/toy_steps.json, which the toy in the page is held to, is what its script computes today."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from app.privacy.guarantee import guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from tests.toy.make_toy_steps import DELTA, SAMPLING_PROBABILITY, STEPS_FILE, cases, gradient, loss

CONTENT: dict[str, Any] = json.loads(STEPS_FILE.read_text("utf-8"))
EXAMPLES = 300


def test_the_steps_are_those_of_the_script() -> None:
    for kept, made in zip(CONTENT["cases"], cases(), strict=True):
        assert kept["sampled"] == made["sampled"]
        for before, now in zip(kept["stages"], made["stages"], strict=True):
            assert before["clipped"] == now["clipped"]
            np.testing.assert_allclose(before["parameters"], now["parameters"], rtol=1e-12, atol=1e-13)


def test_its_gradients_are_those_of_finite_differences() -> None:
    case = CONTENT["cases"][0]
    initial, example = np.array(case["initial"]), case["examples"][3]
    step = 1e-6 * np.eye(len(initial))
    slopes = [(loss(initial + row, example) - loss(initial - row, example)) / 2e-6 for row in step]
    np.testing.assert_allclose(gradient(initial, example), slopes, atol=1e-8)


def test_the_cases_hold_what_is_easily_got_wrong() -> None:
    for case in CONTENT["cases"]:
        assert any(not batch for batch in case["sampled"]), "an empty batch"
        assert any(len(case["examples"]) in batch for batch in case["sampled"]), "somebody who is not there"
    assert {sum(stage["clipped"] for stage in case["stages"]) > 0 for case in CONTENT["cases"]} == {
        True,
        False,
    }


@pytest.mark.parametrize(
    "row", CONTENT["epsilons"], ids=lambda row: f"{row['noise_multiplier']}-{row['steps']}"
)
def test_the_server_gives_the_same_epsilon(row: dict[str, Any]) -> None:
    mechanism = Mechanism(
        examples=EXAMPLES,
        batch_size=round(SAMPLING_PROBABILITY * EXAMPLES),
        noise_multiplier=row["noise_multiplier"],
        epochs=60,
        delta=DELTA,
    )
    assert guaranteed_epsilon(mechanism)(row["steps"]) == pytest.approx(row["epsilon_rdp"], rel=1e-6)
    assert row["epsilon_pld"] <= row["epsilon_rdp"]
