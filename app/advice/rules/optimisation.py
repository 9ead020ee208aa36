"""What keeps this run from being as accurate as its privacy allows?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.advice.advice import Advice, band_of, two_digits, within_bounds
from app.advice.case import Case
from app.advice.prediction import expected_accuracy
from app.advice.presets import is_tasks_own, preset_parameters
from app.advice.wording import epsilon_text, number, percent, points, settings

# Measured on MNIST with the tutorial CNN: plain SGD reaches 61 % at a travel of 23, 82 % at 70, 94 % at 530.
# Below this travel a bigger step helps more than anything else.
AMPLE_TRAVEL = 350.0
WORTH_CHANGING = 0.02
FAR_FROM_LEARNING = 0.05
DOMINATING_NOISE = 8.0
ENOUGH_EPOCHS = 3


def diverged(case: Case) -> Iterator[Advice]:
    """Advise a smaller learning rate where the loss is not a number, worse than guessing, or rising again."""
    symptom = _symptom(case)
    if symptom is None:
        return
    rate = within_bounds("learning_rate", case.parameters.learning_rate / 4)
    if symptom == _RISING and (case.gain_of({"learning_rate": rate}) or 0.0) < 0:
        return  # a training that ends well above what shorter steps would reach has not diverged
    yield Advice(
        id="diverged",
        severity="error",
        title="The training diverged" if symptom != _RISING else "The loss is rising again",
        detail=(
            f"{symptom} Steps of learning rate {number(case.parameters.learning_rate)} are too long; "
            f"try {number(rate)}. ε does not change."
        ),
        apply={"learning_rate": rate} if rate < case.parameters.learning_rate else None,
    )


_NO_NUMBER = "The loss is no longer a number."
_RISING = "The loss has risen well above its best value."


def _symptom(case: Case) -> str | None:
    if "diverged" in case.notices:
        return _NO_NUMBER
    last = case.last
    if last is None or last.accuracy is None:
        return None
    loss = last.test_loss if last.test_loss is not None else last.loss
    if loss is None:
        return _NO_NUMBER
    if loss > 1.5 * math.log(1 / case.guessing) and last.accuracy < 2 * case.guessing:
        return f"The loss of {number(loss)} is worse than guessing ({number(math.log(1 / case.guessing))})."
    if "loss-rising" in case.notices:
        return _RISING
    seen = [(epoch.test_loss, epoch.accuracy) for epoch in case.epochs]
    best_loss = min((value for value, _ in seen if value is not None), default=loss)
    best_accuracy = max(value for _, value in seen if value is not None)
    return _RISING if loss > 4 / 3 * best_loss and last.accuracy < best_accuracy - WORTH_CHANGING else None


def step_size(case: Case) -> Iterator[Advice]:
    """Advise the optimal parameters where they are clearly better, else momentum for too small steps."""
    optimal = list(_optimal(case))
    yield from optimal
    if not optimal and is_travel_short(case) and case.parameters.optimizer == "sgd":
        yield Advice(
            id="short-travel",
            severity="tip",
            title="The step size is the limit, not the noise",
            detail=f"{_travel_sentence(case)} Momentum 0.9 carries each step ten times as far at the same ε.",
            apply={"optimizer": "momentum"},
        )


def is_travel_short(case: Case) -> bool:
    """Return whether u = lr * C * T is too small to learn; Adam rescales its steps: u says nothing there."""
    return case.parameters.optimizer != "adam" and case.travel < AMPLE_TRAVEL


def _optimal(case: Case) -> Iterator[Advice]:
    parameters = case.parameters
    if not is_tasks_own(parameters):
        return
    best = preset_parameters(parameters.task, "optimal")
    changes = {name: value for name, value in best.items() if getattr(parameters, name) != value}
    if not changes:
        return
    epsilon = case.epsilon_with(**changes)
    after, evidence = expected_accuracy(replace(parameters, sampling="poisson", **changes), case.accuracy_of)
    before = case.accuracy if case.accuracy is not None else case.accuracy_of(parameters)
    affordable = epsilon is not None and (epsilon <= case.limit or (case.epsilon or math.inf) >= epsilon)
    if not affordable or after is None or before is None or after - before < WORTH_CHANGING:
        return
    yield Advice(
        id="use-optimal",
        severity="tip",
        title=_optimal_title(case),
        detail=(
            f"{_travel_sentence(case) + ' ' if is_travel_short(case) else ''}"
            f"The optimal parameters ({settings(changes.items())}) give {_privacy_change(case, epsilon)} and "
            f"{points(after - before)} more accuracy: {epsilon_text(epsilon)} instead of "
            f"{epsilon_text(case.epsilon)}, "
            f"{percent(after)} ({evidence}) instead of {percent(before)}."
        ),
        apply=changes,
    )


def _optimal_title(case: Case) -> str:
    if is_travel_short(case):
        return "The step size is the limit, not the noise"
    return "Better settings are known for this task"


def _privacy_change(case: Case, epsilon: float | None) -> str:
    if epsilon is not None and (case.epsilon is None or epsilon < 0.98 * case.epsilon):
        return "better privacy"
    if epsilon is not None and case.epsilon is not None and epsilon <= 1.02 * case.epsilon:
        return "the same privacy"
    return f"privacy still within ε {number(case.limit)}"


def _travel_sentence(case: Case) -> str:
    formula = "lr·C·T/(1−0.9)" if case.parameters.optimizer == "momentum" else "lr·C·T"
    sentence = f"All steps together can move the weights by only {formula} = {case.travel:.0f}."
    silent = case.accuracy_of(replace(case.parameters, noise_multiplier=0.0))
    if silent is None:
        return sentence
    return (
        f"{sentence} Even without noise these settings would only reach about {percent(silent)} (simulated)."
    )


def dominating_noise(case: Case) -> Iterator[Advice]:
    """Advise a smaller C, a bigger batch or a smaller step where noise drowns a signal that is not learnt."""
    ratio = case.noise_to_signal
    if ratio is None or ratio < DOMINATING_NOISE or is_travel_short(case) or not is_far_from_learnt(case):
        return
    # The simulation picks the cure; without a fit the first one in the list is taken.
    cure, apply = max(_cures_for_noise(case), key=lambda found: case.gain_of(found[1]) or 0.0)
    if (case.gain_of(apply) or 0.0) >= 0.0:
        yield Advice(
            id="noise-dominates",
            severity="warning",
            title=f"Noise per step is {ratio:.0f}x the signal",
            detail=f"In the last epoch the noise of a step was {ratio:.0f} times its signal. {cure}",
            apply=apply,
        )


def is_far_from_learnt(case: Case) -> bool:
    """Return whether accuracy is clearly below what the task's own optimal settings reach."""
    last = case.last
    if last is None or last.accuracy is None or (case.accuracy is None and len(case.epochs) < ENOUGH_EPOCHS):
        return False
    parameters = case.parameters
    best = preset_parameters(parameters.task, "optimal")
    reachable, _ = expected_accuracy(replace(parameters, **best), case.accuracy_of)
    return last.accuracy < (0.9 if reachable is None else reachable) - FAR_FROM_LEARNING


def _cures_for_noise(case: Case) -> Iterator[tuple[str, Mapping[str, Any]]]:
    parameters = case.parameters
    low, high = band_of("clipping_norm")
    if parameters.clipping_norm > high:
        yield f"Noise grows with C: C {number(low)} has less of it at the same ε.", {"clipping_norm": low}
    batch = _largest_batch(case)
    if batch > parameters.batch_size:
        share = number(batch / parameters.batch_size)
        yield f"A batch of {batch} divides the noise by {share}, within the budget.", {"batch_size": batch}
    rate = within_bounds("learning_rate", two_digits(parameters.learning_rate / 2))
    cure = f"Steps half as long (learning rate {number(rate)}) let the noise average out."
    yield cure, {"learning_rate": rate}


def _largest_batch(case: Case) -> int:
    """Return the largest doubling of the batch that stays within the limit and a quarter of the data."""
    batch = case.parameters.batch_size
    while True:
        twice = 2 * batch
        if twice > within_bounds("batch_size", twice) or 4 * twice > case.parameters.train_size:
            return batch
        epsilon = case.epsilon_with(batch_size=twice)
        if epsilon is None or epsilon > case.limit:
            return batch
        batch = twice
