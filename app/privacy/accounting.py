"""Epsilon of DP-SGD: the RDP headline, its curve over steps, and the CLT approximation.

Every epsilon here holds for neighbours that differ by adding or removing one
example, Poisson sampling, and one example as the unit of privacy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from app.privacy.gaussian import epsilon_of_gaussian
from app.privacy.mechanism import Mechanism, check_accounting
from app.privacy.renyi import ORDERS, epsilon_of_rdp, one_step_rdp

EPSILONS_KEPT = 1024  # of one curve: simulation, report and advice ask for the same few steps

GDP_LABEL = "central-limit approximation: may lie below the truth; a teaching aid, not a guarantee"


@dataclass(frozen=True, kw_only=True)
class RdpEpsilon:
    """An epsilon by Renyi accounting.

    ``epsilon`` is infinite where nothing protects. ``order`` is the Renyi order that
    gave it, None where no order matters (epsilon 0 or infinite); ``at_edge`` says
    that it is the first or last order of the list, so that a longer list could
    give a smaller epsilon.
    """

    epsilon: float
    order: float | None
    at_edge: bool


class EpsilonCurve:
    """Epsilon after any number of steps; one step's divergence is computed once.

    >>> curve = EpsilonCurve(sampling_probability=256 / 60_000, noise_multiplier=1.3, delta=1e-5)
    >>> round(curve.at(3516).epsilon, 4)
    0.9546
    """

    def __init__(self, *, sampling_probability: float, noise_multiplier: float, delta: float) -> None:
        """Prepare the curve.

        Raises:
            InvalidMechanism: a number is out of range, NaN or infinite.
        """
        check_accounting(
            sampling_probability=sampling_probability,
            noise_multiplier=noise_multiplier,
            steps=0,
            delta=delta,
        )
        self._delta = delta
        self._known: dict[int, RdpEpsilon] = {}
        self._step = one_step_rdp(
            sampling_probability=float(sampling_probability), noise_multiplier=float(noise_multiplier)
        )

    @staticmethod
    def of(mechanism: Mechanism) -> EpsilonCurve:
        """Return the curve of ``mechanism``, as if its sampling were Poisson."""
        return _curve_of(mechanism.sampling_probability, mechanism.noise_multiplier, mechanism.delta)

    def at(self, steps: int) -> RdpEpsilon:
        """Return epsilon after ``steps`` steps: 0 for none, infinite without noise.

        Raises:
            ValueError: ``steps`` is negative.
        """
        if steps < 0:
            raise ValueError(f"steps must be >= 0, got {steps}")
        if steps in self._known:
            return self._known[steps]
        epsilon = self._at(steps)
        if len(self._known) < EPSILONS_KEPT:
            self._known[steps] = epsilon
        return epsilon

    def profile(self, steps: int) -> Callable[[float], float]:
        """Return the function from any delta in (0, 1) to the epsilon after ``steps`` >= 1 steps."""
        rdp = self._step * steps
        return lambda delta: epsilon_of_rdp(rdp, delta=delta)[0]

    def _at(self, steps: int) -> RdpEpsilon:
        if steps == 0:
            return RdpEpsilon(epsilon=0.0, order=None, at_edge=False)
        epsilon, order = epsilon_of_rdp(self._step * steps, delta=self._delta)
        if epsilon == 0 or math.isinf(epsilon):
            return RdpEpsilon(epsilon=epsilon, order=None, at_edge=False)
        return RdpEpsilon(epsilon=epsilon, order=order, at_edge=order in (ORDERS[0], ORDERS[-1]))


@lru_cache(maxsize=256)
def _curve_of(sampling_probability: float, noise_multiplier: float, delta: float) -> EpsilonCurve:
    return EpsilonCurve(
        sampling_probability=sampling_probability, noise_multiplier=noise_multiplier, delta=delta
    )


@lru_cache(maxsize=4096)
def epsilon_rdp(
    *, sampling_probability: float, noise_multiplier: float, steps: int, delta: float
) -> RdpEpsilon:
    """Return the RDP epsilon of ``steps`` Poisson-sampled Gaussian steps: a valid upper bound.

    Args:
        sampling_probability: q in [0, 1].
        noise_multiplier: sigma >= 0; 0 gives an infinite epsilon.
        steps: T, a whole number >= 0; 0 gives epsilon 0.
        delta: in (0, 1).

    Raises:
        InvalidMechanism: a number is out of range, NaN or infinite.
    """
    check_accounting(
        sampling_probability=sampling_probability,
        noise_multiplier=noise_multiplier,
        steps=steps,
        delta=delta,
    )
    return _curve_of(sampling_probability, noise_multiplier, delta).at(steps)


def epsilon_gdp(*, sampling_probability: float, noise_multiplier: float, steps: int, delta: float) -> float:
    """Return the CLT approximation of epsilon: :data:`GDP_LABEL`.

    mu = q sqrt(T (exp(1 / sigma^2) - 1)): Bu, Dong, Long, Su 2020, corollary 5.4,
    in its corrected form. Infinite without noise, and where mu leaves the doubles.

    Raises:
        InvalidMechanism: a number is out of range, NaN or infinite.
    """
    check_accounting(
        sampling_probability=sampling_probability,
        noise_multiplier=noise_multiplier,
        steps=steps,
        delta=delta,
    )
    if steps == 0 or sampling_probability == 0:
        return 0.0
    if noise_multiplier**2 < 1 / 700:  # exp(1 / sigma^2) would overflow
        return math.inf
    mu = sampling_probability * math.sqrt(steps * math.expm1(noise_multiplier**-2))
    return epsilon_of_gaussian(mu=mu, delta=delta)
