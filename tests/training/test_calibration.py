"""How fast this machine trains, measured on an engine that is warm."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest

from app.training.trainer import examples_per_second


@dataclass
class Taken:
    examples: int


class SteadyEngine:
    """Takes a millisecond for each step of ten examples."""

    steps_done = 0

    def run(self, steps: int) -> Any:
        time.sleep(steps / 1000)
        self.steps_done += steps
        return Taken(examples=10 * steps)

    def evaluate(self) -> Any:
        raise AssertionError("steps are measured, not tests")


def test_the_speed_is_examples_over_the_time_they_took() -> None:
    engine = SteadyEngine()
    speed = examples_per_second(engine, seconds=0.05)
    assert engine.steps_done > 8
    assert speed == pytest.approx(10_000, rel=0.5)
