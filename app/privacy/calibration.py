"""The inverse question: which noise, or how many epochs, spend a given epsilon (RDP)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from app.privacy.accounting import EpsilonCurve, epsilon_gdp, epsilon_rdp
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.wording import at_most

LARGEST_NOISE_MULTIPLIER = 20.0
LARGEST_TARGET_EPSILON = 50.0
MOST_EPOCHS = 60
_DIGITS = 4  # decimals of the noise multiplier that is handed out
_STEP = 10.0**-_DIGITS

Epsilon = Callable[[float], float]  # of a noise multiplier


class Unreachable(ValueError):
    """No allowed setting meets the target; ``nearest`` is the epsilon of the closest one."""

    def __init__(self, message: str, *, nearest: float) -> None:
        super().__init__(message)
        self.nearest = nearest


def _check_target(target_epsilon: float) -> None:
    if not 0 < target_epsilon <= LARGEST_TARGET_EPSILON:  # NaN fails this too
        raise InvalidMechanism(
            {
                "target_epsilon": f"must lie above 0 and at most {LARGEST_TARGET_EPSILON:g} "
                f"(more is no protection), got {target_epsilon}"
            }
        )


def noise_multiplier_for(
    target_epsilon: float, *, examples: int, batch_size: int, epochs: int, delta: float
) -> float:
    """Return the smallest noise multiplier (4 decimals, rounded up) whose RDP epsilon is <= the target.

    Args:
        target_epsilon: in (0, 50].
        examples: N.
        batch_size: B <= N.
        epochs: E >= 1.
        delta: in (0, 1).

    Raises:
        InvalidMechanism: a number is out of range.
        Unreachable: even the noise multiplier 20 spends more.

    >>> noise_multiplier_for(1.0, examples=60_000, batch_size=256, epochs=15, delta=1e-5)
    1.2632
    """
    mechanism = Mechanism(
        examples=examples, batch_size=batch_size, noise_multiplier=1.0, epochs=epochs, delta=delta
    )
    return noise_multiplier_for_steps(
        target_epsilon,
        sampling_probability=mechanism.sampling_probability,
        steps=mechanism.steps,
        delta=delta,
    )


@lru_cache(maxsize=1024)
def noise_multiplier_for_steps(
    target_epsilon: float, *, sampling_probability: float, steps: int, delta: float
) -> float:
    """Return what :func:`noise_multiplier_for` does, for q and T instead of N, B and E; 0 if either is 0."""
    _check_target(target_epsilon)

    def epsilon(noise_multiplier: float) -> float:
        return epsilon_rdp(
            sampling_probability=sampling_probability,
            noise_multiplier=noise_multiplier,
            steps=steps,
            delta=delta,
        ).epsilon

    if epsilon(0.0) <= target_epsilon:  # the data are never touched, so no noise is needed
        return 0.0
    nearest = epsilon(LARGEST_NOISE_MULTIPLIER)
    if nearest > target_epsilon:
        raise Unreachable(
            f"epsilon {target_epsilon:g} needs a noise multiplier above {LARGEST_NOISE_MULTIPLIER:g}; "
            f"the smallest reachable epsilon is {at_most(nearest)}: "
            "train fewer steps or lower the batch size",
            nearest=nearest,
        )
    seed = _gaussian_seed(target_epsilon, sampling_probability=sampling_probability, steps=steps, delta=delta)
    return _round_up(_root(epsilon, target_epsilon, seed), epsilon, target_epsilon)


def _gaussian_seed(target: float, *, sampling_probability: float, steps: int, delta: float) -> float:
    """Return the noise multiplier at which the (cheap, too small) CLT epsilon meets ``target``."""
    low, high = 0.05, LARGEST_NOISE_MULTIPLIER
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        epsilon = epsilon_gdp(
            sampling_probability=sampling_probability, noise_multiplier=middle, steps=steps, delta=delta
        )
        low, high = (middle, high) if epsilon > target else (low, middle)
    return low


def _root(epsilon: Epsilon, target: float, seed: float) -> float:
    """Return a noise multiplier within half a step of the one that spends ``target``, from ``seed``."""
    from scipy.optimize import brentq

    low = high = seed
    while epsilon(low) <= target:
        low /= 1.3
    while epsilon(high) > target:
        high = min(1.3 * high, LARGEST_NOISE_MULTIPLIER)

    def gap(log_noise: float) -> float:  # the floor keeps an epsilon of 0 out of the logarithm
        return math.log(max(epsilon(math.exp(log_noise)) / target, 1e-9))

    margin = 1e-9  # more than exp(log(x)) may round, so that both ends stay on their sides of the target
    return math.exp(brentq(gap, math.log(low) - margin, math.log(high) + margin, xtol=_STEP / 2 / high))


def _round_up(noise_multiplier: float, epsilon: Epsilon, target: float) -> float:
    """Return the smallest multiple of 1e-4 near ``noise_multiplier`` that is verified to meet ``target``."""
    ticks = math.floor(noise_multiplier / _STEP) - 1
    while epsilon(round(ticks * _STEP, _DIGITS)) > target:
        ticks += 1
    return min(round(ticks * _STEP, _DIGITS), LARGEST_NOISE_MULTIPLIER)


def epochs_for(
    target_epsilon: float, *, noise_multiplier: float, examples: int, batch_size: int, delta: float
) -> int:
    """Return the largest whole number of epochs, at most 60, whose RDP epsilon is <= the target.

    Args:
        target_epsilon: in (0, 50].
        noise_multiplier: sigma >= 0.
        examples: N.
        batch_size: B <= N.
        delta: in (0, 1).

    Raises:
        InvalidMechanism: a number is out of range.
        Unreachable: one epoch already spends more.
    """
    _check_target(target_epsilon)
    mechanism = Mechanism(
        examples=examples,
        batch_size=batch_size,
        noise_multiplier=noise_multiplier,
        epochs=MOST_EPOCHS,
        delta=delta,
    )
    curve = EpsilonCurve.of(mechanism)

    def epsilon_after(epoch: int) -> float:
        return curve.at(mechanism.steps_after(epoch)).epsilon

    within = [epoch for epoch in range(1, MOST_EPOCHS + 1) if epsilon_after(epoch) <= target_epsilon]
    if within:
        return within[-1]
    nearest = epsilon_after(1)
    raise Unreachable(
        f"one epoch with noise multiplier {noise_multiplier:g} already spends epsilon {at_most(nearest)}, "
        f"more than {target_epsilon:g}: add noise or lower the batch size",
        nearest=nearest,
    )
