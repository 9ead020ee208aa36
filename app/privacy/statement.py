"""The privacy object of a run document and of ``POST /api/privacy``."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from app.privacy import wording
from app.privacy.accounting import GDP_LABEL, EpsilonCurve, epsilon_gdp
from app.privacy.guarantee import EpsilonAt, guaranteed_epsilon
from app.privacy.interpretation import Interpretation, interpret, interpret_gaussian
from app.privacy.mechanism import InvalidMechanism, Mechanism
from app.privacy.pld import SMALLEST_SIGMA, PldResult, epsilon_pld
from app.privacy.shuffle import (
    lower_bound_epsilon,
    passes_begun,
    passes_completed,
    worst_case_epsilon,
    worst_case_mu,
    worst_case_replace_one_epsilon,
)


def privacy_report(
    mechanism: Mechanism, *, wait_for_pld: bool, steps_taken: int | None = None, simulated: bool = False
) -> dict[str, Any]:
    """Return everything the product says about ``mechanism``'s privacy, ready for JSON.

    Every number is finite or None. ``epsilon`` is the headline, which holds for the
    sampling done (None with a ``reason`` where it is infinite): by RDP, or with
    shuffled batches their worst case; ``valid`` is then False, since the Poisson
    figures beside it do not apply, and ``shuffle`` holds what is known.

    Args:
        mechanism: what runs.
        wait_for_pld: whether to compute a PLD that is not cached (up to 1.5 s).
        steps_taken: the steps of a run that has ended; None for a plan.
        simulated: whether nothing was trained, so that the statement is about what a training would do.

    Raises:
        InvalidMechanism: ``steps_taken`` is negative.
    """
    done = steps_taken is not None and not simulated
    steps = mechanism.steps if steps_taken is None else steps_taken
    if steps < 0:
        raise InvalidMechanism({"steps_taken": f"must be >= 0, got {steps}"})
    pld = epsilon_pld(**_numbers(mechanism, steps), wait=wait_for_pld)
    figures = _figures(mechanism, steps, pld)
    if mechanism.sampling == "shuffle":
        replace_one = figures["assumptions"]["replace_one_epsilon"]
        return figures | _shuffle_part(mechanism, steps, replace_one, done=done)
    return figures | _poisson_part(mechanism, steps, pld, done=done)


def _numbers(mechanism: Mechanism, steps: int) -> dict[str, Any]:
    """Return what the accountants of Poisson-sampled steps ask for."""
    return {
        "sampling_probability": mechanism.sampling_probability,
        "noise_multiplier": mechanism.noise_multiplier,
        "steps": steps,
        "delta": mechanism.delta,
    }


def _figures(mechanism: Mechanism, steps: int, pld: PldResult) -> dict[str, Any]:
    """Return what is told of either sampling: each accountant's ε, the mechanism, what all of it assumes."""
    numbers, rdp = _numbers(mechanism, steps), EpsilonCurve.of(mechanism).at(steps)
    epsilon_at = guaranteed_epsilon(mechanism)
    epsilon = epsilon_at(steps)
    return {
        "epsilon": epsilon,
        "reason": None if epsilon is not None else wording.INFINITE_REASON,
        "valid": mechanism.sampling == "poisson",
        "epsilon_rdp": _finite(rdp.epsilon),
        "epsilon_pld": pld.epsilon,
        "epsilon_pld_reason": pld.reason,
        "epsilon_gdp": _finite(epsilon_gdp(**numbers)),
        "epsilon_gdp_label": GDP_LABEL,
        "order": rdp.order,
        "order_at_edge": rdp.at_edge,
        **numbers,
        "examples": mechanism.examples,
        "batch_size": mechanism.batch_size,
        "epochs": mechanism.epochs,
        "per_epoch": _per_epoch(mechanism, epsilon_at, steps),
        "assumptions": _assumptions(mechanism, *_replace_one(mechanism, steps, pld)),
        "warnings": wording.warnings_for(mechanism, epsilon=epsilon, rdp=rdp),
    }


def _poisson_part(mechanism: Mechanism, steps: int, pld: PldResult, *, done: bool) -> dict[str, Any]:
    """Return the parts that differ when batches are Poisson-sampled: meaning and statement."""
    curve = EpsilonCurve.of(mechanism)
    rdp = curve.at(steps)
    profile = curve.profile(steps) if 0 < rdp.epsilon < math.inf else None
    meaning = interpret(epsilon=rdp.epsilon, delta=mechanism.delta, pld=pld, epsilon_at=profile)
    statement = wording.poisson_statement(mechanism, steps=steps, done=done, rdp=rdp, pld=pld)
    return {"shuffle": None, "interpretation": asdict(meaning), "statement": statement}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _per_epoch(mechanism: Mechanism, epsilon_at: EpsilonAt, steps: int) -> list[dict[str, Any]]:
    """Return the headline epsilon at the end of each epoch that ``steps`` completes."""
    ends = ((epoch, mechanism.steps_after(epoch)) for epoch in range(1, mechanism.epochs + 1))
    return [
        {"epoch": epoch, "iteration": end, "epsilon": epsilon_at(end)} for epoch, end in ends if end <= steps
    ]


def _replace_one(mechanism: Mechanism, steps: int, pld: PldResult) -> tuple[float | None, str | None]:
    """Return (epsilon, None) for replacing one example under the sampling done, or (None, the reason)."""
    if mechanism.sampling == "shuffle":
        epsilon = _finite(
            worst_case_replace_one_epsilon(
                noise_multiplier=mechanism.noise_multiplier,
                passes=passes_begun(mechanism, steps),
                delta=mechanism.delta,
            )
        )
        return epsilon, wording.INFINITE_REASON if epsilon is None else None
    if pld.replace_one_epsilon is None:
        return None, pld.reason or "it would take the accountant too long here"
    return pld.replace_one_epsilon, None


def _assumptions(
    mechanism: Mechanism, replace_one_epsilon: float | None, reason: str | None
) -> dict[str, Any]:
    return {
        "neighbouring": wording.NEIGHBOURING[mechanism.sampling],
        "replace_one_epsilon": replace_one_epsilon,
        "replace_one_reason": reason,
        "sampling_assumed": wording.SAMPLING_DONE["poisson"],
        "sampling_done": wording.SAMPLING_DONE[mechanism.sampling],
        "unit": wording.UNIT,
        "public": list(wording.PUBLIC),
    }


def _shuffle_part(
    mechanism: Mechanism, steps: int, replace_one: float | None, *, done: bool
) -> dict[str, Any]:
    """Return the parts that differ when batches are shuffled: bounds, meaning, statement."""
    passes = passes_begun(mechanism, steps)
    worst_case = worst_case_epsilon(
        noise_multiplier=mechanism.noise_multiplier, passes=passes, delta=mechanism.delta
    )
    lower_bound, reason = _lower_bound(mechanism, steps)
    bounds = {
        "worst_case_epsilon": _finite(worst_case),
        "lower_bound_epsilon": lower_bound,
        "lower_bound_reason": reason,
        "explanation": wording.SHUFFLE_EXPLANATION,
    }
    statement = wording.shuffle_statement(
        mechanism,
        steps=steps,
        done=done,
        worst_case=worst_case,
        replace_one=replace_one,
        lower_bound=lower_bound,
    )
    meaning = _shuffle_meaning(mechanism, passes, worst_case)
    return {"shuffle": bounds, "interpretation": asdict(meaning), "statement": statement}


def _shuffle_meaning(mechanism: Mechanism, passes: int, worst_case: float) -> Interpretation:
    mu = worst_case_mu(noise_multiplier=mechanism.noise_multiplier, passes=passes)
    return interpret_gaussian(epsilon=worst_case, mu=mu)


def _lower_bound(mechanism: Mechanism, steps: int) -> tuple[float | None, str | None]:
    """Return (epsilon, None), or (None, the reason why no lower bound is given)."""
    passes = passes_completed(mechanism, steps)
    if mechanism.noise_multiplier < SMALLEST_SIGMA:
        return None, f"not computed below noise multiplier {SMALLEST_SIGMA:g}, where nothing protects"
    if passes == 0:
        return None, "not computed before the first pass is complete"
    proved = lower_bound_epsilon(
        noise_multiplier=mechanism.noise_multiplier,
        examples=mechanism.examples,
        batch_size=mechanism.batch_size,
        passes=passes,
        delta=mechanism.delta,
    )
    return proved, None
