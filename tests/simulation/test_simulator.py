"""A simulated run tells the same story in every event, like a real one."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from app.events import EpochPoint, Finished, IterationPoint, Notice, Ready, encode
from app.simulation import NoFit, simulate
from tests.simulation.runs import epochs_of, events_of, parameters_of


def numbers_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers_in(item)]
    return [value] if isinstance(value, float) else []


def test_a_run_begins_with_its_facts_and_ends_finished():
    events = events_of()
    assert isinstance(events[0], Ready)
    assert events[0].dataset["examples"] == 60_000
    assert events[0].dataset["test_examples"] == 10_000
    assert events[0].model == {
        "name": "tutorial_cnn",
        "title": "TensorFlow Privacy tutorial CNN (26,010 parameters)",
        "trainable_parameters": 26_010,
    }
    assert events[-1] == Finished(state="done", steps=parameters_of().steps, training_seconds=0.0)
    assert sum(isinstance(event, Finished) for event in events) == 1


def test_every_epoch_has_its_point_at_the_step_where_it_ends():
    parameters = parameters_of(batch_size=1000, epochs=7)
    points = epochs_of(batch_size=1000, epochs=7)
    assert [point.epoch for point in points] == list(range(1, 8))
    assert [point.iteration for point in points] == [parameters.steps_after(e) for e in range(1, 8)]


def test_the_last_iteration_point_of_an_epoch_equals_the_epochs_point():
    events = events_of(baseline=True)
    for before, event in itertools.pairwise(events):
        if isinstance(event, EpochPoint):
            assert isinstance(before, IterationPoint)
            assert (before.series, before.iteration) == (event.series, event.iteration)
            assert (before.accuracy, before.loss) == (event.accuracy, event.loss)


@pytest.mark.parametrize(("task", "batch"), [("mnist", 256), ("mnist", 2048), ("mnist-1500", 1024)])
def test_iterations_rise_from_zero_without_repeats(task, batch):
    events = events_of(task, batch_size=batch)
    iterations = [event.iteration for event in events if isinstance(event, IterationPoint)]
    assert iterations[0] == 0
    assert all(a < b for a, b in itertools.pairwise(iterations))
    assert iterations[-1] == parameters_of(task, batch_size=batch).steps


def test_a_long_run_shows_the_ends_of_its_epochs_only():
    events = events_of(epochs=60)
    assert sum(isinstance(event, IterationPoint) for event in events) == 61


def test_epsilon_is_asked_for_at_the_steps_of_each_epoch():
    points = epochs_of()
    assert [point.epsilon for point in points] == [point.iteration / 1000 for point in points]


def test_one_seed_gives_one_run_and_another_seed_another():
    assert events_of(seed=5) == events_of(seed=5)
    assert events_of(seed=5) != events_of(seed=6)


def test_without_a_seed_there_is_no_simulation():
    with pytest.raises(ValueError, match="seed None"):
        events_of(seed=None)


def test_class_accuracies_average_to_the_accuracy():
    for point in epochs_of(seed=3) + epochs_of(seed=3, learning_rate=0.001, epochs=1):
        assert len(point.per_class_accuracy) == 10
        assert np.mean(point.per_class_accuracy) == pytest.approx(point.accuracy, abs=1e-9)
        assert all(0.0 <= share <= 1.0 for share in point.per_class_accuracy)


@pytest.mark.parametrize("clip", [0.05, 0.7, 1.0, 6.0, 20.0])
def test_histogram_shares_sum_to_one_and_clipping_piles_them_up_at_the_norm(clip):
    for point in epochs_of(clipping_norm=clip):
        before, after = point.gradient_norm_histogram["before"], point.gradient_norm_histogram["after"]
        for bins in (before, after):
            assert sum(bin_["y"] for bin_ in bins) == pytest.approx(1.0, abs=1e-9)
            assert all(bin_["y"] >= 0.0 for bin_ in bins)
        longest = max(bin_["x"] for bin_ in after if bin_["y"] > 0)
        pile = next(bin_ for bin_ in after if bin_["x"] == longest)
        assert longest == clip
        assert pile["y"] >= point.clipped_fraction - 1e-9


def test_the_clipped_share_agrees_with_median_and_p90():
    for point in epochs_of(clipping_norm=2.0) + epochs_of("mnist-1500", clipping_norm=2.0, epochs=40):
        assert (point.clipped_fraction > 0.5) == (point.gradient_norm_median > 2.0)
        assert (point.clipped_fraction > 0.1) == (point.gradient_norm_p90 > 2.0)


def test_noise_norm_is_that_of_a_gaussian_vector_and_signal_is_not_longer_than_the_clip():
    for point in epochs_of(clipping_norm=1.5, noise_multiplier=1.1, batch_size=512):
        assert point.noise_norm == pytest.approx(1.1 * 1.5 * math.sqrt(26_010) / 512)
        assert 0.0 < point.signal_norm <= 1.5


def test_the_baseline_is_unclipped_noiseless_and_at_least_as_good():
    private, baseline = epochs_of(baseline=True), epochs_of(baseline=True, series="baseline")
    assert len(private) == len(baseline)
    for point, free in zip(private, baseline, strict=True):
        assert free.accuracy >= point.accuracy
        assert (
            free.clipped_fraction is free.gradient_norm_histogram is free.noise_norm is free.epsilon is None
        )


def test_a_baseline_leaves_the_private_series_as_it_was():
    assert epochs_of(baseline=True) == epochs_of()


def test_a_run_stops_where_its_budget_ends():
    events = events_of(stop_at_budget=True, privacy_budget=1.0)  # a thousandth of epsilon a step
    points = [event for event in events if isinstance(event, EpochPoint)]
    assert events[-1].steps == points[-1].iteration == 1000
    assert points[-1].epoch == 5  # 235 steps each: the fifth is cut short
    assert any(isinstance(event, Notice) and event.id == "stopped-at-budget" for event in events)
    assert points[:4] == epochs_of()[:4]


def test_a_budget_that_pays_for_no_step_is_refused():
    with pytest.raises(NoFit, match="privacy budget") as refused:
        events_of(stop_at_budget=True, privacy_budget=1e-4)
    assert refused.value.field == "privacy_budget"


def test_infinite_epsilon_stays_none():
    events = simulate(parameters_of(noise_multiplier=0.0), epsilon_at=lambda steps: None)
    assert all(event.epsilon is None for event in events if isinstance(event, EpochPoint))


def test_settings_beyond_the_measured_ones_are_named():
    (notice,) = [e for e in events_of(clipping_norm=20.0, batch_size=16) if isinstance(e, Notice)]
    assert notice.id == "beyond-fit"
    assert "clipping_norm 20" in notice.text
    assert "batch_size 16" in notice.text
    assert not any(isinstance(event, Notice) for event in events_of())


@pytest.mark.parametrize("task", ["mnist", "mnist-1500"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_every_corner_of_the_parameter_table_gives_finite_numbers(task, optimizer):
    corners = itertools.product((0.05, 20.0), (0.0, 20.0), (16, 1024), (0.001, 1.0), (1, 60))
    for clip, sigma, batch, rate, epochs in corners:
        events = events_of(
            task,
            optimizer=optimizer,
            clipping_norm=clip,
            noise_multiplier=sigma,
            batch_size=batch,
            learning_rate=rate,
            epochs=epochs,
            baseline=True,
        )
        assert all(math.isfinite(number) for event in events for number in numbers_in(encode(event)))
        assert all(0.0 <= e.accuracy <= 1.0 for e in events if isinstance(e, EpochPoint))


def test_parameters_are_left_alone():
    parameters = parameters_of(baseline=True)
    kept = dataclasses.replace(parameters)
    simulate(parameters, epsilon_at=lambda steps: 1.0)
    assert parameters == kept
