"""How many steps a slice gets."""

import pytest

from app.training.course import Pace


def test_the_first_call_compiles_and_teaches_nothing():
    pace = Pace()
    pace.note(1, 60.0)
    pace.note(1, 0.01)
    assert pace.steps > 1


@pytest.mark.parametrize(
    ("seconds_per_step", "steps"), [(0.0005, 300), (0.005, 30), (0.03, 5), (0.19, 1), (3, 1)]
)
def test_slices_settle_at_the_measured_speed(seconds_per_step, steps):
    pace = Pace()
    for _ in range(10):
        pace.note(pace.steps, pace.steps * seconds_per_step)
    assert pace.steps == pytest.approx(steps, abs=1)


def test_one_lucky_measurement_does_not_make_a_long_slice():
    pace = Pace()
    pace.note(1, 1.0)
    pace.note(1, 1e-9)
    assert pace.steps <= 4


def test_a_machine_that_slows_down_gets_shorter_slices_at_once():
    pace = Pace(steps=40)
    pace.note(1, 1.0)
    pace.note(40, 1.5)
    assert pace.steps == 4
