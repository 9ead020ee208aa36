"""How well members can be told from non-members by a score: area, advantage, rate at few false alarms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm, rankdata

from app.privacy.audit_plan import ROC_POINTS

Array = NDArray[np.float64]

_EXACT = 60  # of the points told, at the end of few false alarms, where it matters most


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A membership attack as measured on examples whose membership is known.

    ``auc`` is the chance that a member scores above a non-member, ``auc_interval`` its confidence interval;
    ``advantage`` is true minus false positive rate of "in" for the higher half of all scores, a threshold
    that is not fitted to the answers; ``tpr_at_1pct_fpr`` is the share of members above the score
    that at most 1 % of the non-members exceed, ``tpr_interval`` its interval. ``roc`` is :func:`roc`.
    """

    auc: float
    auc_interval: tuple[float, float]
    advantage: float
    tpr_at_1pct_fpr: float
    tpr_interval: tuple[float, float]
    roc: list[dict[str, float]]


def membership(scores: Array, included: NDArray[np.bool_], *, confidence: float = 0.95) -> Membership | None:
    """Return the attack's figures of ``scores`` [m], higher for members; None without both kinds."""
    members, others = scores[included], scores[~included]
    if not len(members) or not len(others):
        return None
    area = auc(members, others)
    caught = int(np.sum(members > _alarm(others)))
    return Membership(
        auc=area,
        auc_interval=auc_interval(members, others, confidence=confidence),
        advantage=_advantage(scores, included),
        tpr_at_1pct_fpr=caught / len(members),
        tpr_interval=clopper_pearson(caught, len(members), confidence=confidence),
        roc=roc(members, others),
    )


def auc(members: Array, others: Array) -> float:
    """Return the area under the ROC curve, ties counted half (Mann & Whitney, 1947).

    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    ranks = rankdata(np.concatenate([members, others]))[: len(members)]
    n, k = len(members), len(others)
    return float((ranks.sum() - n * (n + 1) / 2) / (n * k))


def roc(members: Array, others: Array) -> list[dict[str, float]]:
    """Return the corners {fpr, tpr} of the ROC curve from (0, 0) to (1, 1), at most 100, rising in both.

    Each is a threshold that really was tried: the rates of calling "member" whatever scores above it. Where
    there are more, the first ones, of the fewest false alarms, are all kept, and of the rest every so many.

    >>> roc(np.array([2.0, 3.0]), np.array([1.0]))
    [{'fpr': 0.0, 'tpr': 0.0}, {'fpr': 0.0, 'tpr': 1.0}, {'fpr': 1.0, 'tpr': 1.0}]
    """
    thresholds = np.unique(np.concatenate([members, others]))[::-1]
    caught = len(members) - np.searchsorted(np.sort(members), thresholds, side="left")
    alarms = len(others) - np.searchsorted(np.sort(others), thresholds, side="left")
    corners = _corners(np.stack([alarms, caught], axis=1))
    return [{"fpr": float(x / len(others)), "tpr": float(y / len(members))} for x, y in _thinned(corners)]


def _corners(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (0, 0) and ``counts`` [k, 2] without those on the straight way between their neighbours."""
    points = np.concatenate([np.zeros((1, 2), counts.dtype), counts])
    steps = np.diff(points, axis=0)
    turns = steps[:-1, 0] * steps[1:, 1] != steps[:-1, 1] * steps[1:, 0]
    return np.asarray(points[np.concatenate([[True], turns, [True]])])


def _thinned(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(corners) <= ROC_POINTS:
        return corners
    rest = np.linspace(_EXACT, len(corners) - 1, ROC_POINTS - _EXACT).round().astype(int)
    return np.asarray(corners[np.concatenate([np.arange(_EXACT), rest])])


def auc_interval(members: Array, others: Array, *, confidence: float) -> tuple[float, float]:
    """Return the interval of the area by DeLong, DeLong & Clarke-Pearson (1988), within 0..1.

    With no overlap at all DeLong's variance is 0 and says nothing; then the smaller group is taken
    for so many independent trials (Clopper & Pearson, 1934).
    """
    area = auc(members, others)
    smaller = min(len(members), len(others))
    if area in (0.0, 1.0) or smaller < 2:
        return clopper_pearson(round(area * smaller), smaller, confidence=confidence)
    everything = rankdata(np.concatenate([members, others]))
    over_others = (everything[: len(members)] - rankdata(members)) / len(others)  # [members]
    under_members = (everything[len(members) :] - rankdata(others)) / len(members)  # [others]
    variance = np.var(over_others, ddof=1) / len(members) + np.var(under_members, ddof=1) / len(others)
    reach = float(norm.ppf((1 + confidence) / 2)) * math.sqrt(variance)
    return max(0.0, area - reach), min(1.0, area + reach)


def clopper_pearson(successes: int, trials: int, *, confidence: float) -> tuple[float, float]:
    """Return the exact interval of a probability (Clopper & Pearson, 1934); never too narrow.

    >>> [round(limit, 4) for limit in clopper_pearson(0, 10, confidence=0.95)]
    [0.0, 0.3085]
    """
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, successes, trials - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, trials - successes)) if successes < trials else 1.0
    return low, high


def _alarm(others: Array) -> float:
    """Return the score that at most 1 % of the non-members exceed."""
    allowed = len(others) // 100
    return float(np.sort(others)[len(others) - 1 - allowed])


def _advantage(scores: Array, included: NDArray[np.bool_]) -> float:
    guessed = np.zeros(len(scores), bool)
    guessed[np.argsort(scores, kind="stable")[len(scores) // 2 :]] = True
    return float(guessed[included].mean() - guessed[~included].mean())
