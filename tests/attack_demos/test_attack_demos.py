"""The demonstrations' pictures are scikit-learn's, and their fixture is what numpy computes today."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.attack_digits import EACH, pictures
from benchmarks.attack_digits import WRITTEN as PICTURES
from tests.attack_demos.make_attack_demos import WRITTEN, dense_loss, fixture, slope
from tests.learning.test_private_update import flat

CONTENT: dict[str, Any] = json.loads(WRITTEN.read_text("utf-8"))
MOST_BYTES = 60_000
BIASES = slice(30, 35)  # of the dense network's gradient


def test_the_shipped_pictures_are_those_of_scikit_learn() -> None:
    shipped = json.loads(PICTURES.read_text("utf-8"))
    assert shipped == pictures()
    assert [len(pixels) for pixels in shipped["images"]] == [64 * EACH] * 10
    assert "CC BY 4.0" in shipped["licence"]
    assert PICTURES.stat().st_size < MOST_BYTES


def test_the_fixture_is_what_numpy_computes_today() -> None:
    assert flat(CONTENT) == pytest.approx(flat(fixture()), rel=1e-9, abs=1e-12)


def test_its_gradients_are_those_of_finite_differences() -> None:
    case = CONTENT["dense"]
    at, pixels, label = np.array(case["parameters"]), np.array(case["inputs"][1]), case["labels"][1]
    steps = 1e-6 * np.eye(len(at))
    slopes = [
        (dense_loss(at + row, pixels, label) - dense_loss(at - row, pixels, label)) / 2e-6 for row in steps
    ]
    np.testing.assert_allclose(slope(lambda point: dense_loss(point, pixels, label), at), slopes, atol=1e-8)


def test_the_cases_hold_what_is_easily_got_wrong() -> None:
    for name in ("dense", "softmax", "logistic"):
        steps = CONTENT[name]["steps"]
        assert any(not case["sampled"] for case in steps), "an empty batch"
        assert {case["clipped"] > 0 for case in steps} == {True, False}
    silent = [sum(row == 0 for row in gradient[BIASES]) for gradient in CONTENT["dense"]["gradients"]]
    assert max(silent) > 0, "a unit that does not fire"
