"""What was measured over some steps, added up, and the gradient statistics that an epoch shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.events import HISTOGRAM_EDGES

_EDGES = np.array(HISTOGRAM_EDGES)
_CENTRES = np.sqrt(_EDGES[1:] * _EDGES[:-1])


class Statistics(Protocol):
    """What an engine measures over the steps of one call (``dpsgd.StepStatistics``)."""

    steps: int
    examples: int
    loss_sum: float
    clipped: int
    norms: NDArray[np.float32]
    signal_norm: float
    noise_norm: float


@dataclass
class Tally:
    """Sums over steps; ``norms`` holds the L2 norm of every sampled example's gradient before clipping."""

    steps: int = 0
    examples: int = 0
    loss_sum: float = 0.0
    clipped: int = 0
    signal_sum: float = 0.0
    noise_norm: float = 0.0
    norms: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, statistics: Statistics) -> None:
        """Add the statistics of one call."""
        self.steps += statistics.steps
        self.examples += statistics.examples
        self.loss_sum += statistics.loss_sum
        self.clipped += statistics.clipped
        self.signal_sum += statistics.signal_norm * statistics.steps
        self.noise_norm = statistics.noise_norm
        self.norms.append(statistics.norms)


def gradient_facts(tally: Tally, *, clipping_norm: float) -> dict[str, Any]:
    """Return the gradient fields of an EpochPoint; empty if no example was sampled.

    ``signal_norm`` is the mean over the steps of the L2 norm of the mean clipped
    gradient; median and 90th percentile are of the norms before clipping.
    """
    if not tally.examples:
        return {}
    norms = np.concatenate(tally.norms)
    median, p90 = np.percentile(norms, [50, 90])
    return {
        "clipped_fraction": tally.clipped / tally.examples,
        "gradient_norm_histogram": histogram(norms, clipping_norm=clipping_norm),
        "gradient_norm_median": float(median),
        "gradient_norm_p90": float(p90),
        # As float32, in which it was measured: the last bits of a float64 mean depend on how calls were cut.
        "signal_norm": float(np.float32(tally.signal_sum / tally.steps)),
        "noise_norm": tally.noise_norm,
    }


def histogram(norms: NDArray[np.float32], *, clipping_norm: float) -> dict[str, list[dict[str, float]]]:
    """Return the shares of ``norms`` (at least one) in each bin, before and after clipping at C.

    After clipping all norms above C lie at exactly C: the bin that holds C says so by its x.

    >>> before, after = histogram(np.float32([0.5, 4, 6, 7]), clipping_norm=1.5).values()
    >>> [point for point in after if point["y"] > 0.5]
    [{'x': 1.5, 'y': 0.75}]
    """
    ceiling = _bin_of(np.array([clipping_norm]))[0]
    before = np.bincount(_bin_of(norms), minlength=len(_CENTRES)) / len(norms)
    after = before.copy()
    after[ceiling:] = 0.0
    after[ceiling] = before[ceiling:].sum()
    centres_after = _CENTRES.copy()
    centres_after[ceiling] = clipping_norm
    return {"before": _points(_CENTRES, before), "after": _points(centres_after, after)}


def _bin_of(norms: NDArray[Any]) -> NDArray[np.intp]:
    """Return each norm's bin; an edge belongs to the bin below it, as C belongs to the norms up to C."""
    return np.clip(np.searchsorted(_EDGES, norms) - 1, 0, len(_CENTRES) - 1)


def _points(centres: NDArray[np.float64], shares: NDArray[np.float64]) -> list[dict[str, float]]:
    return [{"x": float(x), "y": float(y)} for x, y in zip(centres, shares, strict=True)]
