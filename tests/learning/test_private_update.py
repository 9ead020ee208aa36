"""The stepper's images are scikit-learn's, and the fixture of its arithmetic is what numpy computes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.zeros_and_ones import WRITTEN, images
from tests.learning.make_private_update import WRITTEN as FIXTURE
from tests.learning.make_private_update import fixture


def flat(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for name in sorted(value) for number in flat(value[name])]
    if isinstance(value, list):
        return [number for part in value for number in flat(part)]
    return [value]


def test_the_shipped_images_are_those_of_scikit_learn() -> None:
    assert json.loads(WRITTEN.read_text(encoding="utf-8")) == images()


def test_the_fixture_is_what_numpy_computes_today() -> None:
    written = json.loads(FIXTURE.read_text(encoding="utf-8"))
    assert flat(written) == pytest.approx(flat(fixture()), abs=1e-12)
