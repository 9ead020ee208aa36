"""Accuracy of each class, consistent with the accuracy of the whole."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from app.simulation.learning import Array
from app.simulation.luck import Luck
from app.simulation.profiles import Profile

ITERATIONS = 40


def per_class_accuracy(accuracy: Array, profile: Profile, luck: Luck) -> Array:
    """Return the accuracy of each class, shape [points, classes]; every row's mean is ``accuracy``.

    On the probit scale a class lies at its own offset (some digits are harder)
    plus this run's luck; classes lie far apart early and close together late.

    Args:
        accuracy: overall accuracy in 0..1, shape [points].
    """
    level = ndtri(np.clip(accuracy, 1e-6, 1.0 - 1e-6))
    width = np.exp(profile.classes["width"] + profile.classes["width_slope"] * level)
    luck_offsets = profile.classes["luck"] * luck.classes[: profile.class_offsets.size]
    offsets = width[:, None] * (profile.class_offsets + luck_offsets)  # [points, classes]
    return np.asarray(ndtr(offsets + _common_shift(offsets, accuracy)[:, None]))


def _common_shift(offsets: Array, accuracy: Array) -> Array:
    """Return the shift of each row that makes its mean accuracy right, by bisection, shape [points]."""
    low = -8.0 - offsets.max(axis=1)
    high = 8.0 - offsets.min(axis=1)
    for _ in range(ITERATIONS):
        middle = (low + high) / 2.0
        too_high = ndtr(offsets + middle[:, None]).mean(axis=1) > accuracy
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    return np.asarray((low + high) / 2.0)
