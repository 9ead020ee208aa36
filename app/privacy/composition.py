"""Epsilon of several trainings on the same data, to whoever sees what all of them released."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.renyi import ORDERS, Array, epsilon_of_rdp, one_step_rdp
from app.privacy.shuffle import passes_begun, worst_case_mu

Parts = Sequence[tuple[Mechanism, int]]


def composed_epsilon(parts: Parts) -> float | None:
    """Return the epsilon of all ``parts`` together at their delta; None where it is infinite.

    Each part is a mechanism and the steps really taken of it, with noise of its own; they may differ in
    all but the delta and the sampling. Poisson: Renyi divergences of the same order add up (Mironov 2017,
    proposition 1), and one order is chosen for the sum, which is tighter than adding up epsilons. Shuffled
    batches: their worst cases are Gaussian shifts, whose squares add up (Dong, Roth, Su 2022, corollary 3.3).

    >>> tutorial = Mechanism(examples=60_000, batch_size=256, noise_multiplier=1.3, epochs=15, delta=1e-5)
    >>> round(composed_epsilon([(tutorial, 3516)]), 4), round(composed_epsilon([(tutorial, 1758)] * 2), 4)
    (0.9546, 0.9546)

    Raises:
        InvalidMechanism: the parts differ in delta or in sampling, or steps are negative.
    """
    taken = [(mechanism, steps) for mechanism, steps in parts if steps != 0]
    if not taken:
        return 0.0
    _check(taken)
    delta = taken[0][0].delta
    if taken[0][0].sampling == "shuffle":
        shifts = [
            worst_case_mu(noise_multiplier=mechanism.noise_multiplier, passes=passes_begun(mechanism, steps))
            for mechanism, steps in taken
        ]
        epsilon = epsilon_of_gaussian(mu=math.hypot(*shifts), delta=delta)
    else:
        epsilon, _ = epsilon_of_rdp(composed_rdp(taken), delta=delta)
    return epsilon if math.isfinite(epsilon) else None


def composed_rdp(parts: Parts) -> Array:
    """Return the Renyi divergences of all Poisson-sampled steps together at ``ORDERS``, in nats."""
    summed = np.zeros(len(ORDERS))
    for mechanism, steps in parts:
        summed += steps * one_step_rdp(
            sampling_probability=mechanism.sampling_probability,
            noise_multiplier=mechanism.noise_multiplier,
        )
    return summed


def _check(parts: Parts) -> None:
    faults = {}
    if any(steps < 0 for _, steps in parts):
        faults["steps"] = "must be >= 0 in every part"
    for name in ("delta", "sampling"):
        if len({getattr(mechanism, name) for mechanism, _ in parts}) > 1:
            faults[name] = "must be the same in every part"
    if faults:
        raise InvalidMechanism(faults)
