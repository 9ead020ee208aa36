"""The whole privacy curve delta(epsilon) from a privacy loss distribution (PLD).

One step's loss distribution is discretised by Connect the Dots (Doroshenko,
Ghazi, Kamath, Kumar, Manurangsi 2022, algorithm 1), written here on whole arrays
because dp_accounting inverts the loss point by point (0.3-2 s); the composition
is dp_accounting's. Every discretisation errs towards more loss, so the curve is
an upper bound. Imports scipy and dp_accounting: for the accountant's child process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from dp_accounting.pld import common
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]
Mixture = tuple[tuple[float, float], ...]  # (weight, mean) of each normal component, in units of C

DISCRETISATION = 1e-4
_TAILS = 10.0  # standard deviations; the mass beyond is 2e-23 and counted as infinite loss
_TRUNCATED_MASS = 1e-15  # dp_accounting's own default when it composes


@dataclass(frozen=True)
class LossDistribution:
    """Probabilities of the privacy losses (lower + i) * 1e-4, and of an infinite loss."""

    lower: int
    probabilities: Array  # (losses,)
    infinite: float


@dataclass(frozen=True)
class Pair:
    """Two output distributions whose log density ratio is monotone in x.

    ``x_of_loss`` gives the x at which log(upper / lower) takes a value (minus or
    plus infinity where it never falls so low); ``rising`` says whether the loss
    rises with x. ``lowest`` and ``highest`` bound the losses that matter.
    """

    upper: Mixture
    lower: Mixture
    sigma: float
    rising: bool
    x_of_loss: Callable[[Array], Array]
    lowest: float
    highest: float


def removal(q: float, sigma: float) -> Pair:
    """Return the pair for removing an example.

    (1-q) N(0, sigma^2) + q N(1, sigma^2) against N(0, sigma^2).
    """
    return Pair(
        upper=((1 - q, 0.0), (q, 1.0)),
        lower=((1.0, 0.0),),
        sigma=sigma,
        rising=True,
        x_of_loss=lambda losses: _x_of_removal_loss(losses, q, sigma),
        lowest=_removal_loss(-_TAILS * sigma, q, sigma),
        highest=_removal_loss(1 + _TAILS * sigma, q, sigma),
    )


def addition(q: float, sigma: float) -> Pair:
    """Return the pair for adding an example: the pair of :func:`removal`, exchanged."""
    removed = removal(q, sigma)
    return Pair(
        upper=removed.lower,
        lower=removed.upper,
        sigma=sigma,
        rising=False,
        x_of_loss=lambda losses: _x_of_removal_loss(-losses, q, sigma),
        lowest=-removed.highest,
        highest=-removed.lowest,
    )


def replacement(q: float, sigma: float) -> Pair:
    """Return the pair for replacing an example: as dp_accounting 0.6.0 defines AdjacencyType.REPLACE.

    (1-q) N(0, sigma^2) + q N(1, sigma^2) against (1-q) N(0, sigma^2) + q N(-1, sigma^2).
    """
    edge = 1 + _TAILS * sigma
    highest = _removal_loss(edge, q, sigma) - _removal_loss(-edge, q, sigma)
    return Pair(
        upper=((1 - q, 0.0), (q, 1.0)),
        lower=((1 - q, 0.0), (q, -1.0)),
        sigma=sigma,
        rising=True,
        x_of_loss=lambda losses: _x_of_replacement_loss(losses, q, sigma),
        lowest=-highest,
        highest=highest,
    )


def _removal_loss(x: float, q: float, sigma: float) -> float:
    exponent = (2 * x - 1) / (2 * sigma**2)
    if q == 1:
        return exponent
    return float(np.logaddexp(math.log1p(-q), math.log(q) + exponent))


def _x_of_removal_loss(losses: Array, q: float, sigma: float) -> Array:
    if q == 1:
        return sigma**2 * losses + 0.5
    with np.errstate(divide="ignore"):  # losses at or below log(1 - q) are never reached: x = -inf
        return np.asarray(sigma**2 * np.log(np.maximum(np.expm1(losses) + q, 0.0) / q) + 0.5)


def _x_of_replacement_loss(losses: Array, q: float, sigma: float) -> Array:
    # With y = exp(x / sigma^2) the ratio is a quadratic in y; asinh gives its positive root.
    slope = math.exp(1 / (2 * sigma**2)) * (1 - q) / q
    return np.asarray(sigma**2 * (losses / 2 + np.arcsinh(np.sinh(losses / 2) * slope)))


def one_step(pair: Pair) -> LossDistribution:
    """Return the discretised loss of one step: an upper bound at every epsilon (Connect the Dots).

    The mass between two neighbouring grid losses goes to both ends, so that the
    probabilities under ``upper`` *and* ``lower`` are kept.
    """
    lower = math.floor(pair.lowest / DISCRETISATION)
    count = max(1, math.ceil(pair.highest / DISCRETISATION) - lower)
    losses = np.asarray((lower + np.arange(count + 1)) * DISCRETISATION, np.float64)  # (count + 1,)
    x = pair.x_of_loss(losses)
    above = _masses(pair.upper, pair.sigma, x)  # (count,)
    below = _masses(pair.lower, pair.sigma, x)
    to_right = (above - np.exp(losses[:-1]) * below) / -math.expm1(-DISCRETISATION)
    to_right = np.clip(to_right, 0.0, above)
    probabilities = np.zeros(count + 1)
    probabilities[:-1] += above - to_right
    probabilities[1:] += to_right
    probabilities[0] += _tail(pair.upper, pair.sigma, x[0], left=pair.rising)
    greater = _tail(pair.upper, pair.sigma, x[-1], left=not pair.rising)
    return LossDistribution(lower=lower, probabilities=probabilities, infinite=greater)


def _masses(mixture: Mixture, sigma: float, x: Array) -> Array:
    """Return the mixture's probability between consecutive ``x``, shape (len(x) - 1,)."""
    return np.asarray(sum(weight * _normal_masses((x - mean) / sigma) for weight, mean in mixture))


def _normal_masses(z: Array) -> Array:
    low, high = np.minimum(z[:-1], z[1:]), np.maximum(z[:-1], z[1:])
    # In the right half take the difference of survival functions: that of the
    # distribution functions, both near 1, would have no digits left.
    flip = low > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    return np.asarray(ndtr(high) - ndtr(low))


def _tail(mixture: Mixture, sigma: float, x: float, *, left: bool) -> float:
    sign = 1.0 if left else -1.0
    return float(sum(weight * ndtr(sign * (x - mean) / sigma) for weight, mean in mixture))


def composed(step: LossDistribution, steps: int) -> LossDistribution:
    """Return the loss of ``steps`` >= 1 independent steps (dp_accounting's Fourier convolution)."""
    offset, probabilities = common.self_convolve(step.probabilities, steps, _TRUNCATED_MASS)
    return LossDistribution(
        lower=step.lower * steps + offset,
        probabilities=np.asarray(probabilities),
        infinite=_TRUNCATED_MASS - math.expm1(steps * math.log1p(-step.infinite)),
    )


@dataclass(frozen=True)
class PrivacyCurve:
    """delta(epsilon) at epsilon = 0, 1e-4, 2e-4 ..: the larger one over all directions."""

    epsilons: Array  # (points,)
    deltas: Array  # (points,)

    @classmethod
    def of(cls, distributions: Sequence[LossDistribution]) -> PrivacyCurve:
        """Return the curve that covers every one of ``distributions``."""
        points = max(1, *(loss.lower + len(loss.probabilities) for loss in distributions))
        epsilons = np.asarray(np.arange(points) * DISCRETISATION, np.float64)
        deltas = np.max([_deltas(loss, epsilons) for loss in distributions], axis=0)
        return cls(epsilons, np.clip(deltas, 0.0, 1.0))

    def epsilon(self, delta: float) -> float:
        """Return the smallest epsilon of the curve at ``delta``; infinite if the curve never falls so low."""
        above = np.flatnonzero(self.deltas > delta)
        if len(above) == 0:
            return 0.0
        last = int(above[-1])
        if last + 1 == len(self.deltas):
            return math.inf
        # Between grid points delta is linear in exp(epsilon).
        fall = (self.deltas[last] - delta) / (self.deltas[last] - self.deltas[last + 1])
        return float(self.epsilons[last] + math.log1p(fall * math.expm1(DISCRETISATION)))

    def delta(self, epsilon: float) -> float:
        """Return delta at ``epsilon`` >= 0: that of the grid point below, so never too small."""
        return float(self.deltas[min(int(epsilon / DISCRETISATION), len(self.deltas) - 1)])

    def advantage(self) -> float:
        """Return the largest advantage of any attack: delta at epsilon 0, the total variation."""
        return float(self.deltas[0])

    def true_positive_rates(self, false_positive_rates: Sequence[float]) -> list[float]:
        """Return the largest true-positive rate of any attack at each of ``false_positive_rates``.

        The least of delta + e^eps a and 1 - e^-eps (1 - delta - a) over epsilon
        (Kairouz, Oh, Viswanath 2015, theorem 2.1; Dong, Roth, Su 2022, proposition 2.5).
        """
        with np.errstate(over="ignore"):
            grown, shrunk = np.exp(self.epsilons), np.exp(-self.epsilons)

        def bound(rate: float) -> float:
            with np.errstate(over="ignore"):
                likely = self.deltas + grown * rate if rate else self.deltas
            return float(min(1.0, likely.min(), (1 - shrunk * (1 - self.deltas - rate)).min()))

        return [bound(rate) for rate in false_positive_rates]

    def coarse(self, points: int) -> PrivacyCurve:
        """Return the curve at about so many points, from epsilon 0: its bounds hold, a little looser."""
        stride = max(1, len(self.epsilons) // points)
        return PrivacyCurve(self.epsilons[::stride], self.deltas[::stride])


def _deltas(loss: LossDistribution, epsilons: Array) -> Array:
    """Return delta at each of ``epsilons`` (multiples of the grid from 0), shape as ``epsilons``."""
    probabilities = np.zeros(len(epsilons))  # by loss 0, 1e-4 ..; losses below 0 never count
    first = max(0, loss.lower)
    kept = loss.probabilities[first - loss.lower :]
    probabilities[first : first + len(kept)] = kept
    upper = _sum_from(probabilities)
    lower = _sum_from(probabilities * np.exp(-epsilons))
    with np.errstate(over="ignore", invalid="ignore"):
        weighed = np.exp(epsilons) * lower
    # Beyond epsilon 700 the exponential leaves the doubles; dropping the second term errs upwards.
    return np.asarray(loss.infinite + upper - np.where(np.isfinite(weighed), weighed, 0.0))


def _sum_from(values: Array) -> Array:
    return np.asarray(np.cumsum(values[::-1])[::-1])
