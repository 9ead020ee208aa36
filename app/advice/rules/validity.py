"""Does the shown guarantee hold at all?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from app.advice.advice import Advice
from app.advice.case import Case
from app.advice.wording import delta_text, epsilon_text, number


def shuffled_batches(case: Case) -> Iterator[Advice]:
    """Advise Poisson sampling: the analysis behind ε does not cover shuffled batches.

    Source: Chua et al., "How Private are DP-SGD Implementations?", ICML 2024.
    """
    if case.parameters.sampling != "shuffle":
        return
    sampled = case.epsilon_with(sampling="poisson")
    if sampled is not None:  # without noise neither guarantees anything
        yield Advice(
            id="shuffle-not-covered",
            severity="error",
            title="Shuffled batches guarantee far less than Poisson sampling",
            detail=(
                f"Only {epsilon_text(case.epsilon)} is guaranteed, the worst case of using each example once "
                f"an epoch. If each example joins each step by its own coin, the same settings give "
                f"{epsilon_text(sampled)}: draw Poisson batches."
            ),
            apply={"sampling": "poisson"},
        )


def large_delta(case: Case) -> Iterator[Advice]:
    """Advise a δ below 1/N: at 1/N publishing one whole record at random would still pass as private."""
    parameters = case.parameters
    if parameters.delta * parameters.train_size < 1:
        return
    smaller = delta_below(parameters.train_size)
    yield Advice(
        id="large-delta",
        severity="warning",
        title="δ is too large for this many examples",
        detail=(
            f"{delta_text(parameters.delta)} is not below 1/N = {1 / parameters.train_size:.1e}: the "
            f"guarantee may fail for about {number(parameters.delta * parameters.train_size)} of "
            f"{number(parameters.train_size)} examples. "
            f"At {delta_text(smaller)} the same run has {epsilon_text(case.epsilon_with(delta=smaller))}."
        ),
        apply={"delta": smaller},
    )


def delta_below(examples: int) -> float:
    """Return the usual 1e-5, or the largest power of ten below 1/N where 1e-5 is too large.

    >>> delta_below(60_000), delta_below(1_000_000)
    (1e-05, 1e-07)
    """
    exponent = math.floor(math.log10(examples)) + 1
    return float(f"1e-{max(5, exponent)}")


def known_seed(case: Case) -> Iterator[Advice]:
    """Advise a secret seed: whoever knows it can recompute the noise and subtract it."""
    parameters = case.parameters
    if parameters.mode == "real" and isinstance(parameters.seed, int) and parameters.noise_multiplier > 0:
        yield Advice(
            id="known-seed",
            severity="warning",
            title="This run is a demonstration: its seed is known",
            detail=(
                f"Whoever knows seed {parameters.seed} can recompute the noise and take it off again. "
                "Leave the seed empty for a model that is meant to leave the house."
            ),
            apply={"seed": None},
        )
