"""The noise's scale and its independence, by tests that fail at the wrong scale."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from app.training.dpsgd import Engine, Seeds
from app.training.dpsgd.noise import PIECE, gaussian_noise, normal_of

CLIPPING_NORM, NOISE_MULTIPLIER, BATCH, STEPS = 1.5, 2.0, 40, 30
CLASSES, INPUTS = 5, 300
GOLDEN = (0.523637, 1.094939, -1.915700, 0.279047)  # of 40,000 of seed 7, step 3


def weight_changes() -> np.ndarray:
    """What each step of a real engine did to the weights, [steps, parameters], where nothing but noise acts.

    All-zero inputs and balanced classes leave the kernel no gradient; the biases are cut off.
    """
    model = keras.Sequential([keras.Input((INPUTS,)), keras.layers.Dense(CLASSES)])
    engine = Engine(
        model,
        images=np.zeros((80, INPUTS), np.float32),
        labels=np.arange(80) % CLASSES,
        test_images=np.zeros((1, INPUTS), np.float32),
        test_labels=np.zeros(1, np.int32),
        classes=CLASSES,
        batch_size=BATCH,
        learning_rate=1.0,
        optimizer="sgd",
        sampling="poisson",
        clipping_norm=CLIPPING_NORM,
        noise_multiplier=NOISE_MULTIPLIER,
        seeds=Seeds(sampling=1, noise=2**64 - 1),
    )
    kernels = [model.get_weights()[0]]
    for _ in range(STEPS):
        engine.run(1)
        kernels.append(model.get_weights()[0])
    return np.diff(np.array(kernels, np.float64).reshape(STEPS + 1, -1), axis=0)


CHANGES = weight_changes()


def has_scale(values: np.ndarray, stddev: float) -> bool:
    """Whether the mean square is stddev² within four standard errors, for normal values."""
    return bool(abs(np.mean(values**2) / stddev**2 - 1) < 4 * np.sqrt(2 / values.size))


def test_noise_on_the_mean_gradient_has_the_stated_scale_and_no_other() -> None:
    stated = NOISE_MULTIPLIER * CLIPPING_NORM / BATCH
    assert has_scale(CHANGES, stated)
    chunks, examples = 4, BATCH  # noise drawn for each of them would be too large by the root
    for wrong in (2 / 3, 3 / 2, 1 / BATCH, 1 / CLIPPING_NORM, np.sqrt(chunks), np.sqrt(examples)):
        assert not has_scale(CHANGES * wrong, stated)


def test_noise_is_normal_and_centred() -> None:
    values = CHANGES.ravel() / CHANGES.std()
    error = 1 / np.sqrt(values.size)
    assert abs(values.mean()) < 4 * error
    assert abs(np.mean(values**3)) < 4 * np.sqrt(15) * error
    assert np.mean(values**4) == pytest.approx(3, abs=4 * np.sqrt(96) * error)
    for quantile in (1.0, 2.0, 3.0):
        share = {1.0: 0.158655, 2.0: 0.022750, 3.0: 0.001350}[quantile]
        assert np.mean(values > quantile) == pytest.approx(share, abs=4 * np.sqrt(share) * error)


def test_noise_of_different_steps_is_independent() -> None:
    correlations = np.corrcoef(CHANGES)[np.triu_indices(STEPS, k=1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(CHANGES.shape[1])


def draw(*, seed: int, step: int, shapes: list[list[int]]) -> list[np.ndarray]:
    parts = gaussian_noise(
        tf.constant(seed, tf.int64), tf.constant(step, tf.int64), shapes=shapes, stddev=tf.constant(1.0)
    )
    return [part.numpy().ravel() for part in parts]


def test_noise_of_different_variables_seeds_and_steps_is_independent() -> None:
    shapes = [[4000], [40, 100], [4000]]
    draws = [
        part
        for seed, step in ((1, 0), (1, 1), (1, 2), (2, 0))
        for part in draw(seed=seed, step=step, shapes=shapes)
    ]
    correlations = np.corrcoef(draws)[np.triu_indices(len(draws), k=1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(4000)


def test_noise_of_a_large_net_repeats_in_no_piece_of_any_step() -> None:
    drawn = [draw(seed=1, step=step, shapes=[[3 * PIECE]])[0] for step in range(4)]
    pieces = np.concatenate(drawn).reshape(-1, PIECE)
    correlations = np.corrcoef(pieces)[np.triu_indices(len(pieces), k=1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(PIECE)


def test_a_seed_means_the_same_noise_for_ever() -> None:
    noise = draw(seed=7, step=3, shapes=[[40_000]])[0]
    assert noise[[0, 1, 20_000, 39_999]] == pytest.approx(GOLDEN, rel=1e-4)


def test_noise_stays_off_the_samplers_stream_when_both_seeds_are_equal() -> None:
    key = tf.constant([9, 0], tf.int64)  # the sampler's, see sampling.poisson_sample
    bits = tf.random.stateless_uniform([2, 500], key, minval=None, maxval=None, dtype=tf.uint32, alg="philox")
    noise = draw(seed=9, step=0, shapes=[[1000]])[0]
    assert np.isin(noise, normal_of(bits).numpy()).mean() < 0.01


def test_the_tails_reach_seven_and_a_half_standard_deviations() -> None:
    rarest = tf.constant([[0, 0, 1, 2**32 - 1], [0, 255, 0, 2**32 - 1]], tf.uint32)
    radii = np.hypot(*normal_of(rarest).numpy().reshape(2, -1))
    expected = np.sqrt(-2 * np.log([0.5 / 2**40, 255.5 / 2**40, 256.5 / 2**40, 1.0]))
    assert radii == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert radii[0] > 7.5
