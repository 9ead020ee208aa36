"""The ε that holds for the sampling a run really does: the one number that tiles, charts and meters show."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from app.privacy.accounting import EpsilonCurve
from app.privacy.mechanism import Mechanism
from app.privacy.shuffle import passes_begun, worst_case_epsilon

EpsilonAt = Callable[[int], float | None]  # of steps taken; None where it is infinite


def guaranteed_epsilon(mechanism: Mechanism) -> EpsilonAt:
    """Return the function from steps taken to the ε they spent at the mechanism's δ.

    Poisson sampling: by RDP. Shuffled batches, which the Poisson analysis does not
    cover: their once-per-pass worst case. 0 for no steps; None where it is infinite.

    >>> guaranteed_epsilon(
    ...     Mechanism(examples=60_000, batch_size=256, noise_multiplier=0.0, epochs=1, delta=1e-5)
    ... )(1) is None
    True
    """
    charged = charged_epsilon(mechanism)
    return lambda steps: charged([steps])


def charged_epsilon(mechanism: Mechanism) -> Callable[[Sequence[int]], float | None]:
    """Return the function from the steps of each of several attempts to the ε of them all, at one δ.

    Each attempt starts ``mechanism`` from scratch on the same data, with fresh noise. Poisson-sampled
    steps are alike, so that their sum is accounted, which is tighter than adding up ε. A shuffled
    attempt that was lost within a pass may have used an example which the next attempt's first pass
    uses again: each attempt counts the passes it began. None where ε is infinite.
    """
    spent = _by_worst_case(mechanism) if mechanism.sampling == "shuffle" else _by_rdp(mechanism)

    def finite(steps: Sequence[int]) -> float | None:
        epsilon = spent(steps)
        return epsilon if math.isfinite(epsilon) else None

    return finite


def _by_rdp(mechanism: Mechanism) -> Callable[[Sequence[int]], float]:
    curve = EpsilonCurve.of(mechanism)
    return lambda steps: curve.at(sum(steps)).epsilon


def _by_worst_case(mechanism: Mechanism) -> Callable[[Sequence[int]], float]:
    def spent(steps: Sequence[int]) -> float:
        return worst_case_epsilon(
            noise_multiplier=mechanism.noise_multiplier,
            passes=sum(passes_begun(mechanism, each) for each in steps),
            delta=mechanism.delta,
        )

    return spent


def affordable_steps(epsilon_at: EpsilonAt, *, budget: float, steps: int) -> int:
    """Return the most steps, 0 up to ``steps``, whose ε does not exceed ``budget``.

    ``epsilon_at`` must not fall with the steps; None means infinite.
    """

    def pays(count: int) -> bool:
        epsilon = epsilon_at(count)
        return epsilon is not None and epsilon <= budget

    if pays(steps):
        return steps
    paid, unpaid = 0, steps
    while unpaid - paid > 1:
        middle = (paid + unpaid) // 2
        paid, unpaid = (middle, unpaid) if pays(middle) else (paid, middle)
    return paid
