"""The trainer on the real engine and real images."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.events import EpochPoint, IterationPoint, encode
from tests.training.trained import completed

REAL_DATA = os.environ.get("DPSGD_DATA_DIR")


def epochs(parameters, data_directory=None):
    events = completed(parameters, data_directory=data_directory)
    return [event for event in events if isinstance(event, EpochPoint)], events


def without_times(events):
    return [
        {name: value for name, value in encode(event).items() if name != "seconds"}
        for event in events
        if isinstance(event, EpochPoint | IterationPoint)
    ]


def test_digits_are_learned_privately(digits_run):
    found, events = epochs(replace(digits_run, epochs=10, noise_multiplier=1.0, seed=1))
    assert found[-1].accuracy > 0.7
    assert found[-1].accuracy == pytest.approx(sum(found[-1].per_class_accuracy) / 10, abs=0.05)
    assert 0 < found[-1].clipped_fraction < 1
    assert found[-1].noise_norm == pytest.approx(1.0 * 1.0 * 9_258**0.5 / 128)
    assert events[-1].steps == 113


def test_the_baseline_is_better_than_much_noise(digits_run):
    found, _ = epochs(replace(digits_run, epochs=5, noise_multiplier=8.0, baseline=True, seed=1))
    last = {point.series: point.accuracy for point in found}
    assert last["baseline"] > last["private"] + 0.1


def test_a_seed_reproduces_a_run_however_it_was_sliced(digits_run):
    run = replace(digits_run, seed=9, optimizer="sgd", learning_rate=0.1)
    first, again = (without_times(epochs(run)[1]) for _ in range(2))
    assert len(first) == len(again) == 9
    for one, two in zip(first, again, strict=True):
        assert (one["iteration"], one["accuracy"]) == (two["iteration"], two["accuracy"])
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-5)


@pytest.mark.parametrize("model", ["mlp", "small_mlp", "logistic", "toy_mlp", "wide_cnn"])
def test_every_model_trains(digits_run, model):
    found, _ = epochs(replace(digits_run, model=model, epochs=1))
    assert found[-1].iteration == 12


def test_the_toy_trains(digits_run):
    run = replace(digits_run, task="xor", dataset="xor", model="toy_mlp", train_size=2_000, learning_rate=0.1)
    found, _ = epochs(replace(run, epochs=10, noise_multiplier=1.0, seed=2))
    assert found[-1].accuracy > 0.8


@pytest.mark.skipif(
    not (REAL_DATA and Path(REAL_DATA, "mnist.npz").is_file()),
    reason="the real MNIST archive is only there where DPSGD_DATA_DIR names it",
)
def test_one_epoch_on_mnist(mnist_run):
    run = replace(mnist_run, optimizer="momentum", clipping_norm=1.5, noise_multiplier=1.1, epochs=1, seed=3)
    (epoch,), events = epochs(run, REAL_DATA)
    assert 0.80 < epoch.accuracy < 0.92
    assert epoch.epsilon == pytest.approx(0.7406, abs=1e-3)
    assert events[-1].steps == 235
