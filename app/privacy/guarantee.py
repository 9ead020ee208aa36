"""The ε that holds for the sampling a run really does: the one number that tiles, charts and meters show."""

from __future__ import annotations

import math
from collections.abc import Callable

from app.privacy.accounting import EpsilonCurve
from app.privacy.mechanism import Mechanism
from app.privacy.shuffle import passes_begun, worst_case_epsilon


def guaranteed_epsilon(mechanism: Mechanism) -> Callable[[int], float | None]:
    """Return the function from steps taken to the ε they spent at the mechanism's δ.

    Poisson sampling: by RDP. Shuffled batches, which the Poisson analysis does not
    cover: their once-per-pass worst case. 0 for no steps; None where it is infinite.

    >>> guaranteed_epsilon(
    ...     Mechanism(examples=60_000, batch_size=256, noise_multiplier=0.0, epochs=1, delta=1e-5)
    ... )(1) is None
    True
    """
    spent = _by_worst_case(mechanism) if mechanism.sampling == "shuffle" else _by_rdp(mechanism)

    def finite(steps: int) -> float | None:
        epsilon = spent(steps)
        return epsilon if math.isfinite(epsilon) else None

    return finite


def _by_rdp(mechanism: Mechanism) -> Callable[[int], float]:
    curve = EpsilonCurve.of(mechanism)
    return lambda steps: curve.at(steps).epsilon


def _by_worst_case(mechanism: Mechanism) -> Callable[[int], float]:
    def spent(steps: int) -> float:
        return worst_case_epsilon(
            noise_multiplier=mechanism.noise_multiplier,
            passes=passes_begun(mechanism, steps),
            delta=mechanism.delta,
        )

    return spent
