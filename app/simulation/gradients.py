"""The distribution of per-example gradient norms, before and after clipping.

A norm is ``scale * exp(width * z) * sigmoid(spread * z - margin)`` with z ~ N(0, 1)
over examples: an example is classified with confidence about sigmoid(margin - spread * z),
and the gradient of the cross-entropy shrinks with the probability still missing
(dL/dz = softmax - onehot), while the factor before it differs from example to
example. Early in training all norms lie close together; later most examples are
learned and their norms fall towards 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, ndtr, ndtri

from app.events import HISTOGRAM_EDGES
from app.simulation.learning import Array, Constants, Motion

_EDGES = np.array(HISTOGRAM_EDGES)
_CENTRES: list[float] = np.sqrt(_EDGES[1:] * _EDGES[:-1]).tolist()

LEVELS = (np.arange(200) + 0.5) / 200
"""Levels of the quantiles over which means of the distribution are taken."""

SMALLEST_NORM = 1e-30
NEWTON_STEPS = 10


@dataclass(frozen=True, kw_only=True)
class NormDistribution:
    """Norm distributions at successive points; fields have shape [points], all but ``margin`` are > 0."""

    scale: Array
    margin: Array
    spread: Array
    width: Array

    def quantile(self, level: Any) -> Array:
        """Return the norm that a share ``level`` (0..1) of examples stays below; shapes broadcast."""
        z = ndtri(level)
        return np.asarray(self.scale * np.exp(self.width * z) * expit(self.spread * z - self.margin))

    def share_above(self, norm: Any) -> Array:
        """Return the share of examples whose norm exceeds ``norm`` (>= 0); shapes broadcast."""
        return np.asarray(ndtr(-self._deviate(np.log(np.maximum(norm, SMALLEST_NORM) / self.scale))))

    def _deviate(self, target: Array) -> Array:
        """Return the z at which log(norm / scale) is ``target``, by Newton's method.

        log(norm) is concave and rising in z, so that from below its root every step stays below it and
        comes closer: the start is where the two lines that bound it from above reach the target.
        """
        z = np.maximum((target + self.margin) / (self.spread + self.width), target / self.width)
        for _ in range(NEWTON_STEPS):
            inner = self.spread * z - self.margin
            slope = self.width + self.spread * expit(-inner)
            z = z + (target - self.width * z - log_expit(inner)) / slope
        return np.asarray(z)

    def mean_clipped(self, clipping_norm: Any) -> Array:
        """Return the mean norm after clipping at ``clipping_norm``, shape [points]."""
        limit = np.reshape(clipping_norm, (-1, 1))
        return np.asarray(np.minimum(self.as_column().quantile(LEVELS), limit).mean(axis=1))

    def as_column(self) -> NormDistribution:
        """Return the same distributions with shape [points, 1], to broadcast against levels or norms."""
        return NormDistribution(
            scale=self.scale[:, None],
            margin=self.margin[:, None],
            spread=self.spread[:, None],
            width=self.width[:, None],
        )


def distribution(moved: Motion, constants: Constants) -> NormDistribution:
    """Return the norm distribution at ``moved`` (travel > 0, wander >= 0)."""
    travel, wander = _stage(moved, constants)
    terms = (np.ones_like(travel), travel, travel**2, wander, wander * travel, wander**2)

    def combine(name: str) -> Array:
        return np.asarray(sum(constants[f"{name}_{k}"] * term for k, term in enumerate(terms)))

    return NormDistribution(
        scale=np.exp(combine("scale")),
        margin=combine("margin"),
        spread=np.exp(combine("spread")),
        width=np.exp(constants["width_0"] + constants["width_1"] * travel),
    )


def _stage(moved: Motion, constants: Constants) -> tuple[Array, Array]:
    """Return travel and wander on the logarithmic scales of the regressions.

    Both are held within what the fit has seen, because a regression means nothing beyond it.
    """
    travel = np.log(moved.travel / constants["travel_scale"])
    wander = np.log1p(moved.wander / constants["wander_scale"])
    return (
        np.clip(travel, constants["travel_least"], constants["travel_most"]),
        np.minimum(wander, constants["wander_most"]),
    )


def signal_norm(mean_clipped: Array, moved: Motion, *, batch_size: Any, constants: Constants) -> Array:
    """Return the L2 norm of a batch's mean clipped gradient.

    It is the mean norm times how far the examples agree, plus what is left of
    their disagreement in a mean of ``batch_size`` vectors.
    """
    travel, wander = _stage(moved, constants)
    agreement = expit(
        constants["agreement_0"]
        + constants["agreement_1"] * travel
        + constants["agreement_2"] * travel**2
        + constants["agreement_3"] * wander
    )
    return np.asarray(mean_clipped * np.sqrt(agreement**2 + constants["disagreement"] / batch_size))


def histograms(norms: NormDistribution, clipping_norm: float) -> list[dict[str, list[dict[str, float]]]]:
    """Return each point's histogram {"before": [{x, y}], "after": [{x, y}]}; every list's y sum to 1.

    Laid out as a training's own (``app.events.EpochPoint``): after clipping, the
    bin that holds C has x = C and takes the share of all longer norms.
    """
    before = _shares(norms)
    last = int(np.clip(np.searchsorted(_EDGES, clipping_norm) - 1, 0, before.shape[1] - 1))
    after = before.copy()
    after[:, last] = before[:, last:].sum(axis=1)
    after[:, last + 1 :] = 0.0
    after_centres = [*_CENTRES[:last], clipping_norm, *_CENTRES[last + 1 :]]
    return [
        {"before": _points(_CENTRES, shares), "after": _points(after_centres, clipped)}
        for shares, clipped in zip(before.tolist(), after.tolist(), strict=True)
    ]


def _shares(norms: NormDistribution) -> Array:
    """Return the share of norms in each bin, shape [points, bins]; the outer bins take what lies beyond."""
    above = norms.as_column().share_above(_EDGES[None, 1:-1])
    ones, zeros = np.ones((len(above), 1)), np.zeros((len(above), 1))
    left = np.hstack([ones, above, zeros])
    return np.asarray(left[:, :-1] - left[:, 1:])


def _points(centres: list[float], shares: list[float]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in zip(centres, shares, strict=True)]
