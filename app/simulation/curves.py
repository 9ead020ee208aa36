"""The simulated learning curves of one run, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.catalog import DATASETS
from app.parameters import RunParameters
from app.simulation import learning
from app.simulation.learning import Array, Motion, Setting
from app.simulation.luck import POINTS_PER_EPOCH, Luck, travel_factor, wander_factor
from app.simulation.profiles import Profile


@dataclass(frozen=True, kw_only=True)
class Curves:
    """A simulated run at :data:`POINTS_PER_EPOCH` points an epoch; arrays have shape [points].

    ``loss`` is the mean training loss over the last epoch's worth of steps, at
    an epoch's end over that epoch, as a training shows it;
    ``epochs`` is the motion, [epochs], averaged over each epoch.
    """

    iterations: Array
    accuracy: Array
    loss: Array
    test_loss: Array
    epochs: Motion


def curves(parameters: RunParameters, profile: Profile, luck: Luck, *, steps: int) -> Curves:
    """Return the simulated curves of the first ``steps`` (>= 1) steps of ``parameters`` under ``luck``.

    The last epoch may be cut short: it closes at ``steps``. Finite for every setting.
    """
    dataset = DATASETS[parameters.dataset]
    iterations = _iterations(parameters, steps)
    between = (iterations + np.concatenate([[0.0], iterations[:-1]])) / 2.0
    now = _lucky_motion(parameters, profile, luck, iterations)
    midway = _lucky_motion(parameters, profile, luck, between)
    return Curves(
        iterations=iterations,
        accuracy=_accuracy(now, profile, luck, classes=dataset.classes, test_examples=dataset.test_examples),
        loss=_running_mean(learning.loss(midway, profile.train_loss, classes=dataset.classes)),
        test_loss=learning.loss(now, profile.test_loss, classes=dataset.classes),
        epochs=Motion(travel=_epoch_mean(midway.travel), wander=_epoch_mean(midway.wander)),
    )


def _accuracy(now: Motion, profile: Profile, luck: Luck, *, classes: int, test_examples: int) -> Array:
    expected = learning.expected_accuracy(now, profile.table, profile.motion, classes=classes)
    # Another test set of the same size would score this much differently (binomial).
    deviation = np.sqrt(expected * (1.0 - expected) / test_examples)
    drawn = expected + profile.luck["test"] * deviation * luck.test[: expected.size]
    return np.asarray(np.clip(drawn, 0.0, 1.0))


def _epoch_mean(values: Array) -> Array:
    return np.asarray(values.reshape(-1, POINTS_PER_EPOCH).mean(axis=1))


def _running_mean(values: Array) -> Array:
    """Return the mean of each value and those before it within one epoch's worth of points."""
    window = np.minimum(np.arange(1, values.size + 1), POINTS_PER_EPOCH)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, values.size + 1)
    return np.asarray((sums[ends] - sums[ends - window]) / window)


def _iterations(parameters: RunParameters, steps: int) -> Array:
    """Return the steps taken at each point of the epochs begun: whole numbers up to ``steps``, [points]."""
    epochs = next(e for e in range(1, parameters.epochs + 1) if parameters.steps_after(e) >= steps)
    parts = np.arange(1, epochs * POINTS_PER_EPOCH + 1) * parameters.train_size
    return np.minimum(-(-parts // (POINTS_PER_EPOCH * parameters.batch_size)), steps).astype(float)


def expected_final_accuracy(parameters: RunParameters, profile: Profile) -> float:
    """Return the final test accuracy of the average run, without any seed's luck."""
    steps = np.array([float(parameters.steps)])
    moved = learning.motion(_setting(parameters, steps), profile.motion)
    classes = DATASETS[parameters.dataset].classes
    expected = learning.expected_accuracy(moved, profile.table, profile.motion, classes=classes)
    return float(expected[0])


def _lucky_motion(parameters: RunParameters, profile: Profile, luck: Luck, steps: Array) -> Motion:
    moved = learning.motion(_setting(parameters, steps), profile.motion)
    return Motion(
        travel=moved.travel * travel_factor(luck, profile.luck, steps.size),
        wander=moved.wander * wander_factor(luck, profile.luck, steps.size),
    )


def _setting(parameters: RunParameters, steps: Array) -> Setting:
    return Setting(
        optimizer=parameters.optimizer,
        clipping_norm=parameters.clipping_norm,
        noise_multiplier=parameters.noise_multiplier,
        batch_size=parameters.batch_size,
        learning_rate=parameters.learning_rate,
        steps=steps,
    )
