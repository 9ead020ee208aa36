"""Is the guarantee strong enough, and what would make it so?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.advice.advice import Advice, band_of, rounded_up
from app.advice.case import Case
from app.advice.wording import epsilon_text, number, percent, points
from app.parameters import PARAMETERS, default_of
from app.privacy.calibration import Unreachable, epochs_for, noise_multiplier_for
from app.privacy.interpretation import true_positive_rate_bound

MEANINGLESS_NOISE = 0.3
LITTLE_PROTECTION = 8.0
GOOD_EPSILON = 3.0
AVOIDED_NOISE = 2.0
# Half a point is about the spread between two seeds on 10,000 test images.
NOTICEABLE = 0.005


def no_noise(case: Case) -> Iterator[Advice]:
    """Advise noise where there is none, or so little that ε says nothing."""
    noise = case.parameters.noise_multiplier
    if noise >= MEANINGLESS_NOISE:
        return
    enough = _noise_for(case, case.limit)
    default = default_of("noise_multiplier", case.parameters.task)
    change = max(band_of("noise_multiplier")[0], enough if enough is not None else float(default or 1.0))
    yield Advice(
        id="no-privacy",
        severity="error",
        title="No privacy: there is no noise" if noise == 0 else "No meaningful privacy: almost no noise",
        detail=(
            f"σ {number(noise)} gives {epsilon_text(case.epsilon)}; clipping alone protects nobody. "
            f"σ {number(change)} gives {epsilon_text(case.epsilon_with(noise_multiplier=change))}."
        ),
        apply={"noise_multiplier": change},
    )


def over_limit(case: Case) -> Iterator[Advice]:
    """Advise more noise or fewer epochs, each just enough, where ε goes over the target or budget."""
    if not _is_exceeded(case, case.limit):
        return
    noise, epochs = _noise_for(case, case.limit), epochs_within(case, case.limit)
    if noise is None and epochs is None:
        yield _out_of_reach(case)
    if noise is not None:
        change = f"With σ {number(noise)} instead of {number(case.parameters.noise_multiplier)}"
        change = change if epochs else f"At this σ even one epoch exceeds it. {change}"
        yield _over_limit(case, "noise", change, {"noise_multiplier": noise})
    if epochs is not None:
        change = f"With {epochs} epochs instead of {case.parameters.epochs}"
        yield _over_limit(case, "epochs", change, {"epochs": epochs})


def little_protection(case: Case) -> Iterator[Advice]:
    """Advise a smaller ε where even the person's own budget allows more than any formal protection."""
    if not _is_exceeded(case, LITTLE_PROTECTION) or _is_exceeded(case, case.limit):
        return
    noise = _noise_for(case, GOOD_EPSILON)
    caught = true_positive_rate_bound(0.01, epsilon=case.epsilon or math.inf, delta=case.parameters.delta)
    cure = f"σ {number(noise)} brings it to ε {number(GOOD_EPSILON)}." if noise else "Fewer epochs lower it."
    yield Advice(
        id="little-protection",
        severity="warning",
        title=f"{epsilon_text(case.epsilon)} is little formal protection",
        detail=(
            f"At 1 % false alarms an attacker may recognise up to {percent(caught)} of the examples. {cure}"
        ),
        apply={"noise_multiplier": noise} if noise else None,
    )


def noise_outside_band(case: Case) -> Iterator[Advice]:
    """Advise σ inside the guide's band, where ε stays within the limit and something is gained."""
    noise = case.parameters.noise_multiplier
    low, high = band_of("noise_multiplier")
    if MEANINGLESS_NOISE <= noise < low and not _is_exceeded(case, case.limit):
        yield _too_little_noise(case, low)
    if noise > high and not _is_exceeded(case, case.limit, noise_multiplier=high):
        yield from _too_much_noise(case, high)


def _too_little_noise(case: Case, low: float) -> Advice:
    noise, epsilon = case.parameters.noise_multiplier, case.epsilon_with(noise_multiplier=low)
    return Advice(
        id="noise-below-band",
        severity="tip",
        title="The noise is below the recommended band",
        detail=(
            f"σ {number(noise)} spends {epsilon_text(case.epsilon)}; σ {number(low)}, where the band begins, "
            f"spends {epsilon_text(epsilon)}{_cost(case, {'noise_multiplier': low})}."
        ),
        apply={"noise_multiplier": low},
    )


def _too_much_noise(case: Case, high: float) -> Iterator[Advice]:
    noise, gain = case.parameters.noise_multiplier, case.gain_of({"noise_multiplier": high})
    pays = gain is None or gain >= NOTICEABLE
    if not pays and noise <= AVOIDED_NOISE:
        return
    effect = (
        f"σ {number(high)} would still be {epsilon_text(case.epsilon_with(noise_multiplier=high))}, within "
        f"ε {number(case.limit)}{_cost(case, {'noise_multiplier': high})}."
        if pays
        else "Here it costs hardly any accuracy (simulated): noise is not what limits this run."
    )
    yield Advice(
        id="noise-above-band",
        severity="warning" if pays and noise > AVOIDED_NOISE else "tip",
        title=f"More noise than recommended: σ {number(noise)}",
        detail=f"The band ends at σ {number(high)}; avoid more than {number(AVOIDED_NOISE)}. {effect}",
        apply={"noise_multiplier": high} if pays else None,
    )


def _cost(case: Case, changes: Mapping[str, Any]) -> str:
    gain = case.gain_of(changes)
    if gain is None:
        return ""
    if abs(gain) < NOTICEABLE / 5:
        return ", with the same accuracy (simulated)"
    return f", with {points(abs(gain))} {'more' if gain >= 0 else 'less'} accuracy (simulated)"


def _over_limit(case: Case, by: str, change: str, apply: Mapping[str, Any]) -> Advice:
    return Advice(
        id=f"over-budget-{by}",
        severity="warning",
        title=f"Stay within ε {number(case.limit)}: {'more noise' if by == 'noise' else 'fewer epochs'}",
        detail=(
            f"The whole run spends {epsilon_text(case.epsilon)}, more than ε {number(case.limit)}. "
            f"{change} it spends {epsilon_text(case.epsilon_with(**apply))}{_cost(case, apply)}."
        ),
        apply=apply,
    )


def _out_of_reach(case: Case) -> Advice:
    return Advice(
        id="over-budget",
        severity="warning",
        title=f"ε {number(case.limit)} is out of reach with these settings",
        detail=(
            f"The run spends {epsilon_text(case.epsilon)}; neither σ up to "
            f"{number(PARAMETERS['noise_multiplier'].maximum)} nor a single epoch brings it to ε "
            f"{number(case.limit)}. "
            "A smaller batch or more examples would."
        ),
    )


def _is_exceeded(case: Case, limit: float, **changes: Any) -> bool:
    """Return whether a meaningful σ spends more than ``limit``; too little noise has its own rule."""
    if case.parameters.noise_multiplier < MEANINGLESS_NOISE:
        return False
    epsilon = case.epsilon_with(**changes) if changes else case.epsilon
    # A σ solved for this very limit may meet it only to the last digits.
    return epsilon is None or epsilon > limit * (1 + 1e-6)


def _noise_for(case: Case, limit: float) -> float | None:
    parameters = case.parameters
    try:
        noise = rounded_up(
            noise_multiplier_for(
                limit,
                examples=parameters.train_size,
                batch_size=parameters.batch_size,
                epochs=parameters.epochs,
                delta=parameters.delta,
            )
        )
    except Unreachable:
        return None
    return noise if noise <= PARAMETERS["noise_multiplier"].maximum else None


def epochs_within(case: Case, limit: float) -> int | None:
    """Return how many epochs of this run spend at most ``limit``; None if not even one does."""
    parameters = case.parameters
    try:
        return epochs_for(
            limit,
            noise_multiplier=parameters.noise_multiplier,
            examples=parameters.train_size,
            batch_size=parameters.batch_size,
            delta=parameters.delta,
        )
    except Unreachable:
        return None
