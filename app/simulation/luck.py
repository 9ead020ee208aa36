"""The seeded luck of one run: how its curve wobbles about the average run of the same settings.

The size is that of the wobble along measured curves. What sets whole runs apart,
above all their initial weights, is not drawn: a simulation shows the average
over initial weights.

The pattern depends on the seed alone, so that two settings drawn with one seed
differ by the settings and by nothing else. It acts on the inputs of the closed
forms (travel and wander), never on accuracy itself, which keeps their laws: for
every seed, accuracy does not rise with the noise multiplier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.simulation.learning import Array, Constants

POINTS_PER_EPOCH = 3
MOST_EPOCHS = 60
MOST_CLASSES = 10
EPOCH_CORRELATION = 0.6
"""Correlation of luck from one epoch to the next (an autoregressive process of order one)."""
MOST_DEVIATIONS = 2.5


@dataclass(frozen=True, kw_only=True)
class Luck:
    """Standard-normal patterns of one seed, shape [points]; ``classes`` has shape [MOST_CLASSES]."""

    pace: Array
    noise: Array
    test: Array
    classes: Array


def luck_of(seed: int) -> Luck:
    """Return the pattern of ``seed`` for the longest run there is; shorter runs take its beginning."""
    generator = np.random.default_rng(seed)
    draws = np.clip(
        generator.standard_normal((3, MOST_EPOCHS * POINTS_PER_EPOCH)), -MOST_DEVIATIONS, MOST_DEVIATIONS
    )
    classes = np.clip(generator.standard_normal(MOST_CLASSES), -MOST_DEVIATIONS, MOST_DEVIATIONS)
    pace, noise = _correlated(draws[:2])
    return Luck(pace=pace, noise=noise, test=draws[2], classes=classes)


def _correlated(draws: Array) -> Array:
    """Return first-order autoregressive sequences of unit variance along the last axis of ``draws``."""
    keep = EPOCH_CORRELATION ** (1.0 / POINTS_PER_EPOCH)
    # Truncating the geometric memory at 64 points drops less than 0.03 % of the weight.
    memory = np.sqrt(1.0 - keep**2) * keep ** np.arange(64)
    rows = np.stack([np.convolve(row, memory)[: row.size] for row in draws])
    # Before the memory has filled, the variance would be too small.
    age = np.minimum(np.arange(1, draws.shape[1] + 1), memory.size)
    return np.asarray(rows / np.sqrt(np.cumsum(memory**2)[age - 1]))


def travel_factor(luck: Luck, constants: Constants, points: int) -> Array:
    """Return by how much this run's luck stretches its travel at each of ``points``.

    A stretch of luck is worth so many steps, which is ever less of the whole:
    measured, it fades with the number of epochs.
    """
    epochs = np.arange(1, points + 1) / POINTS_PER_EPOCH
    return np.asarray(np.exp(constants["pace"] * luck.pace[:points] / np.maximum(epochs, 1.0)))


def wander_factor(luck: Luck, constants: Constants, points: int) -> Array:
    """Return by how much this run's luck stretches its noise variance at each of ``points``."""
    return np.asarray(np.exp(constants["noise"] * luck.noise[:points]))
