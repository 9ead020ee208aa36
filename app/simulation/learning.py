"""Closed forms for accuracy and loss under DP-SGD, from two statistics of a run.

*Travel* u is how far the clipped gradients alone have moved the weights, and
*wander* w² is the variance that the noise has added to each weight. While every
gradient is clipped a step moves the weights by at most learning_rate * C, so
progress depends on u alone; noise enters only as the variance of a random walk
that the loss pulls back (at fixed T, learning rate and C only sigma / B
matters: Sander, Stock, Sablayrolles, "TAN without a burn", 2023).

All functions work elementwise on numpy arrays of one common shape, so that the
fit evaluates thousands of points of many runs in one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Array = npt.NDArray[np.float64]
Constants = Mapping[str, float]

MOMENTUM = 0.9


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Training settings at given points of runs; every field broadcasts against ``steps``.

    ``steps`` counts updates taken so far (> 0) and may be fractional; a
    ``clipping_norm`` of infinity means unclipped.
    """

    optimizer: str
    clipping_norm: Any
    noise_multiplier: Any
    batch_size: Any
    learning_rate: Any
    steps: Array


@dataclass(frozen=True, kw_only=True)
class Motion:
    """How far the weights have moved: ``travel`` with the gradient, ``wander`` (variance) by noise."""

    travel: Array
    wander: Array


@dataclass(frozen=True, kw_only=True)
class AccuracyTable:
    """Noise-free progress against travel: ``latent`` (probit scale, rising from 0) at ``log_travel``."""

    log_travel: Array
    latent: Array

    def at(self, travel: Array) -> Array:
        """Return the latent progress at ``travel``; constant outside the table."""
        return np.interp(np.log(travel), self.log_travel, self.latent)


def effective_clip(clipping_norm: Any, gradient_scale: float) -> Any:
    """Return the norm that clipping at C really leaves when gradients are about ``gradient_scale`` long.

    Goes to C for small C and to ``gradient_scale`` for large or infinite C:
    clipping cannot use more than the real norm.
    """
    return 1.0 / np.sqrt(np.asarray(clipping_norm, dtype=float) ** -2 + gradient_scale**-2)


def motion(setting: Setting, constants: Constants) -> Motion:
    """Return travel and wander of ``setting`` after its steps; wander is 0 without noise."""
    clip = effective_clip(setting.clipping_norm, constants["gradient_scale"])
    # Unclipped training has no noise, and infinity times zero must not become NaN.
    norm = np.where(np.isfinite(setting.clipping_norm), setting.clipping_norm, 0.0)
    noise = setting.noise_multiplier * norm / setting.batch_size
    move = _adam_steps if setting.optimizer == "adam" else _sgd_steps
    travel, step_noise = move(setting, constants, clip, noise)
    pull = 2.0 * constants["pull"] * travel
    pull = pull * (1.0 + travel / constants["travel_scale"]) ** -constants["pull_decay"]
    # Pulled back at rate r a step, a random walk of T steps keeps (1 - exp(-rT)) / (rT) of its variance.
    kept = -np.expm1(-pull) / np.maximum(pull, 1e-12)
    return Motion(travel=travel, wander=step_noise**2 * setting.steps * kept)


def _sgd_steps(setting: Setting, constants: Constants, clip: Any, noise: Any) -> tuple[Array, Array]:
    """Return (travel, noise standard deviation per coordinate and step) of SGD's updates."""
    rate, steps = setting.learning_rate, setting.steps
    if setting.optimizer == "momentum":
        # The velocity starts at zero: the t-th step is shorter by 1 - momentum^t.
        rate = rate / (1.0 - MOMENTUM)
        steps = steps - MOMENTUM * (1.0 - MOMENTUM**steps) / (1.0 - MOMENTUM)
    return rate * clip * steps, rate * noise


def _adam_steps(setting: Setting, constants: Constants, clip: Any, noise: Any) -> tuple[Array, Array]:
    """Return (travel, noise standard deviation per coordinate and step) of Adam's updates.

    Adam divides by the root mean square of gradient and noise together, so a
    step is learning_rate long whatever C is; ``share`` is the gradient's part of it.
    The gradient itself fades as training goes on.
    """
    length = setting.learning_rate * setting.steps
    fading = (1.0 + length / constants["fading_scale"]) ** -constants["fading"]
    signal = constants["adam_signal"] * clip * fading
    share = signal / np.sqrt(signal**2 + noise**2)
    travel = length * share ** constants["adam_power"]
    return travel, setting.learning_rate * np.sqrt(np.maximum(1.0 - share**2, 0.0))


def blur(moved: Motion, constants: Constants) -> Array:
    """Return by how much wander has blurred what was learned: 1 without noise, larger with it.

    Some wander blurs like any noise in the weights; where it grows to the size
    of the weights themselves (``collapse``, a variance), the network breaks down.
    """
    weight = constants["blur"] * (1.0 + moved.travel / constants["travel_scale"]) ** -constants["blur_decay"]
    blurred = (1.0 + weight * moved.wander) ** (constants["blur_power"] / 2.0)
    # Accuracy is at chance long before the bound, which keeps the exponential finite.
    return np.asarray(blurred * np.exp(np.minimum((moved.wander / constants["collapse"]) ** 2, 50.0)))


def expected_accuracy(moved: Motion, table: AccuracyTable, constants: Constants, *, classes: int) -> Array:
    """Return the mean test accuracy: chance before the first step, falling with wander at given travel."""
    chance = 1.0 / classes
    progress = table.at(moved.travel) / blur(moved, constants)
    return np.asarray(chance + (1.0 - chance) * (2.0 * ndtr(progress) - 1.0))


def loss(moved: Motion, constants: Constants, *, classes: int) -> Array:
    """Return the mean cross-entropy (nats): log(classes) at rest, falling with travel, rising with wander."""
    start, floor = np.log(classes), constants["floor"]
    learned = floor + (start - floor) * (1.0 + moved.travel / constants["scale"]) ** -constants["decay"]
    return np.asarray(
        learned + constants["noise"] * (np.sqrt(1.0 + constants["noise_scale"] * moved.wander) - 1.0)
    )
