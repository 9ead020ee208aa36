"""Which examples join a step: Poisson sampling in law, and shuffled batches."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from app.training.dpsgd.sampling import poisson_sample, poisson_threshold, shuffled_batches

EXAMPLES, BATCH, STEPS = 500, 25, 2000


def masks(*, seed: int, examples: int = EXAMPLES, batch_size: int = BATCH, steps: int = STEPS) -> np.ndarray:
    """Inclusion of each example in each step, [steps, examples]."""
    threshold = tf.constant(poisson_threshold(batch_size=batch_size, examples=examples), tf.int32)

    @tf.function(autograph=False)
    def mask(step: tf.Tensor) -> tf.Tensor:
        indices = poisson_sample(
            tf.constant(seed, tf.int64), step, examples=tf.constant(examples), threshold=threshold
        )
        return tf.math.bincount(indices, minlength=examples)

    return np.stack([mask(tf.constant(step, tf.int64)).numpy() for step in range(steps)])


MASKS = masks(seed=11)
RATE = BATCH / EXAMPLES


def test_sizes_have_the_binomial_mean_and_variance() -> None:
    sizes = MASKS.sum(axis=1)
    variance = EXAMPLES * RATE * (1 - RATE)
    assert sizes.mean() == pytest.approx(BATCH, abs=4 * np.sqrt(variance / STEPS))
    # The sample variance of T near-normal numbers has a relative standard error of sqrt(2/T).
    assert sizes.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / STEPS))


def test_no_sample_is_cut_at_the_nominal_size() -> None:
    assert (MASKS.sum(axis=1) > BATCH).mean() == pytest.approx(0.45, abs=0.05)
    assert MASKS.sum(axis=1).max() > BATCH + 3 * np.sqrt(BATCH)


def test_an_example_joins_at_most_once_a_step() -> None:
    assert MASKS.max() == 1


def test_every_example_joins_at_the_same_rate() -> None:
    counts = MASKS.sum(axis=0)
    statistic = np.sum((counts - STEPS * RATE) ** 2) / (STEPS * RATE * (1 - RATE))
    # χ² with 500 degrees of freedom: mean 500, standard deviation sqrt(1000).
    assert abs(statistic - EXAMPLES) < 4 * np.sqrt(2 * EXAMPLES)


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_inclusion_is_independent_across_steps(lag: int) -> None:
    centred = MASKS - RATE
    correlation = np.mean(centred[lag:] * centred[:-lag]) / (RATE * (1 - RATE))
    assert abs(correlation) < 4 / np.sqrt(EXAMPLES * (STEPS - lag))


@pytest.mark.parametrize("distance", [1, 4, 250])
def test_inclusion_is_independent_across_examples(distance: int) -> None:
    centred = MASKS - RATE
    correlation = np.mean(centred[:, distance:] * centred[:, :-distance]) / (RATE * (1 - RATE))
    assert abs(correlation) < 4 / np.sqrt((EXAMPLES - distance) * STEPS)


def test_seeds_give_unrelated_samples_and_one_seed_the_same() -> None:
    other = masks(seed=12, steps=50)
    assert np.array_equal(MASKS[:50], masks(seed=11, steps=50))
    assert np.sum(MASKS[:50] * other) == pytest.approx(50 * BATCH * RATE, abs=4 * np.sqrt(50 * BATCH * RATE))


def test_batch_of_everything_takes_everything() -> None:
    assert masks(seed=3, batch_size=EXAMPLES, steps=5).min() == 1


@pytest.mark.parametrize(("batch_size", "examples"), [(1, 60_000), (256, 60_000), (7, 9), (2048, 2048)])
def test_sampling_probability_is_never_above_the_accounted_one(batch_size: int, examples: int) -> None:
    chosen = poisson_threshold(batch_size=batch_size, examples=examples) + 2**31 + 1  # of 2**32 integers
    assert 0 <= batch_size / examples - chosen / 2**32 < 2**-32 + 1e-16


def test_shuffled_epochs_are_permutations_however_they_are_asked_for() -> None:
    whole = shuffled_batches(5, first_step=0, steps=30, batch_size=10, examples=104)
    parts = [
        shuffled_batches(5, first_step=first, steps=steps, batch_size=10, examples=104)
        for first, steps in ((0, 1), (1, 9), (10, 15), (25, 5))
    ]
    assert np.array_equal(whole, np.concatenate(parts))
    epochs = whole.reshape(3, 100)
    assert all(len(set(epoch)) == 100 for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1])
