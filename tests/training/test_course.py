"""How many steps a slice gets, and which losses a point's mean is over."""

import pytest

from app.training.course import Pace, RunningLoss
from app.training.tally import Tally


def test_the_first_call_compiles_and_teaches_nothing():
    pace = Pace()
    pace.note(1, 60.0)
    pace.note(1, 0.01)
    assert pace.steps > 1
    cached = Pace()
    cached.note(1, 0.01)
    assert cached.steps == 1


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


def test_a_mean_loss_is_over_the_last_epoch_s_worth_of_segments():
    running = RunningLoss()
    losses = [9.0, 6.0, 3.0, 2.0, 2.0, 1.0, 0.0]  # three segments an epoch
    means = [
        running.add(Tally(examples=1, loss_sum=loss), closes_epoch=number % 3 == 2)
        for number, loss in enumerate(losses)
    ]
    assert means == pytest.approx([9.0, 7.5, 6.0, 11 / 3, 7 / 3, 5 / 3, 1.0])


def test_there_is_no_mean_loss_where_no_example_was_sampled():
    assert RunningLoss().add(Tally(), closes_epoch=True) is None
