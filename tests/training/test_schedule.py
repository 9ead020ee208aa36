"""When a run is measured."""

from dataclasses import replace

import pytest

from app.training.schedule import marks


@pytest.mark.parametrize(("epochs", "points"), [(1, 3), (15, 45), (20, 60), (21, 42), (30, 60), (60, 60)])
def test_about_three_points_an_epoch_and_at_most_sixty(mnist_run, epochs, points):
    run = replace(mnist_run, epochs=epochs)
    assert len(marks(run, steps=run.steps)) == points


def test_points_are_evenly_spread_and_close_every_epoch(mnist_run):
    run = replace(mnist_run, epochs=2)
    found = marks(run, steps=run.steps)
    assert [mark.step for mark in found] == [78, 156, 235, 313, 391, 469]
    assert [mark.epoch for mark in found] == [1, 1, 1, 2, 2, 2]
    assert [mark.step for mark in found if mark.closes_epoch] == [run.steps_after(1), run.steps]


@pytest.mark.parametrize("batch_size", [20_000, 40_000, 60_000])
def test_epochs_of_few_steps_have_each_step_once(mnist_run, batch_size):
    run = replace(mnist_run, batch_size=batch_size, epochs=4)
    steps = [mark.step for mark in marks(run, steps=run.steps)]
    assert steps == sorted(set(steps))
    assert steps[0] >= 1
    assert steps[-1] == run.steps


@pytest.mark.parametrize("steps", [1, 78, 79, 235, 236, 300])
def test_a_run_cut_short_closes_its_last_epoch_at_its_last_step(mnist_run, steps):
    found = marks(mnist_run, steps=steps)
    assert found[-1].step == steps
    assert found[-1].closes_epoch
    assert len({mark.step for mark in found}) == len(found)
    assert found[-1].epoch == (1 if steps <= 235 else 2)
