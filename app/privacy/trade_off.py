"""The trade-off curve of a mechanism: the most members that any attack catches, by its false alarms."""

from __future__ import annotations

from app.privacy.gaussian import gaussian_true_positive_rate
from app.privacy.mechanism import Mechanism
from app.privacy.pld import epsilon_pld
from app.privacy.shuffle import passes_begun, worst_case_mu

_PER_DECADE = 8
RATES = (0.0, *(10 ** (step / _PER_DECADE - 4) for step in range(4 * _PER_DECADE + 1)))


def trade_off(mechanism: Mechanism, *, wait: bool) -> list[dict[str, float]] | None:
    """Return [{fpr, tpr}] at :data:`RATES`, the most that any attack catches; None where it is not known.

    From the whole privacy curve, which says more than any one (ε, δ) of it; for shuffled batches, which that
    does not cover, their worst case. Dong, Roth, Su, "Gaussian Differential Privacy", 2022. ``wait``
    says whether to compute what is not cached, see :func:`app.privacy.pld.epsilon_pld`.
    """
    if mechanism.sampling == "shuffle":
        return _of_shuffled_batches(mechanism)
    return epsilon_pld(
        sampling_probability=mechanism.sampling_probability,
        noise_multiplier=mechanism.noise_multiplier,
        steps=mechanism.steps,
        delta=mechanism.delta,
        wait=wait,
    ).trade_off


def _of_shuffled_batches(mechanism: Mechanism) -> list[dict[str, float]] | None:
    if mechanism.noise_multiplier == 0:
        return None
    passes = passes_begun(mechanism, mechanism.steps)
    mu = worst_case_mu(noise_multiplier=mechanism.noise_multiplier, passes=passes)
    inner = [{"fpr": rate, "tpr": gaussian_true_positive_rate(rate, mu=mu)} for rate in RATES[1:-1]]
    return [{"fpr": 0.0, "tpr": 0.0}, *inner, {"fpr": 1.0, "tpr": 1.0}]
