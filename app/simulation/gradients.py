"""The distribution of per-example gradient norms, before and after clipping.

A norm is ``ceiling * sigmoid(-m)`` with m ~ N(margin, spread²) over examples: an
example with margin m is classified with confidence about sigmoid(m), and the
gradient of the cross-entropy shrinks with the probability still missing
(dL/dz = softmax - onehot). Early in training all norms lie close together below
the ceiling; later most examples are learned and their norms fall towards 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from app.events import HISTOGRAM_EDGES
from app.simulation.learning import Array, Constants, Motion

_EDGES = np.array(HISTOGRAM_EDGES)
_CENTRES: list[float] = np.sqrt(_EDGES[1:] * _EDGES[:-1]).tolist()

LEVELS = (np.arange(200) + 0.5) / 200
"""Levels of the quantiles over which means of the distribution are taken."""


@dataclass(frozen=True, kw_only=True)
class NormDistribution:
    """Norm distributions at successive points: ``ceiling``, ``margin`` and ``spread`` have shape [points]."""

    ceiling: Array
    margin: Array
    spread: Array

    def quantile(self, level: Any) -> Array:
        """Return the norm that a share ``level`` (0..1) of examples stays below; shapes broadcast."""
        return np.asarray(self.ceiling * expit(self.spread * ndtri(level) - self.margin))

    def share_above(self, norm: Any) -> Array:
        """Return the share of examples whose norm exceeds ``norm`` (>= 0); shapes broadcast."""
        reach = np.clip(1.0 - norm / self.ceiling, 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr((logit(reach) - self.margin) / self.spread))

    def mean_clipped(self, clipping_norm: Any) -> Array:
        """Return the mean norm after clipping at ``clipping_norm``, shape [points]."""
        limit = np.reshape(clipping_norm, (-1, 1))
        return np.asarray(np.minimum(self.as_column().quantile(LEVELS), limit).mean(axis=1))

    def as_column(self) -> NormDistribution:
        """Return the same distributions with shape [points, 1], to broadcast against levels or norms."""
        return NormDistribution(
            ceiling=self.ceiling[:, None], margin=self.margin[:, None], spread=self.spread[:, None]
        )


def distribution(moved: Motion, constants: Constants) -> NormDistribution:
    """Return the norm distribution at ``moved`` (travel > 0, wander >= 0)."""
    travel, wander = _stage(moved, constants)
    terms = (np.ones_like(travel), travel, travel**2, wander, wander * travel, wander**2)

    def combine(name: str) -> Array:
        return np.asarray(sum(constants[f"{name}_{k}"] * term for k, term in enumerate(terms)))

    return NormDistribution(
        ceiling=np.exp(combine("ceiling")), margin=combine("margin"), spread=np.exp(combine("spread"))
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
    return np.asarray(-np.diff(np.hstack([ones, above, zeros]), axis=1))


def _points(centres: list[float], shares: list[float]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in zip(centres, shares, strict=True)]
