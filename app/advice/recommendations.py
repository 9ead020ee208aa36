"""Recommendations for a run: what to change, why, and what the change would do.

They come in the order in which an expert would raise them: does the guarantee
hold (validity), is it strong enough (privacy), what limits accuracy
(optimisation), what has to be said along with the result (reporting).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.advice.advice import Advice, Rule
from app.advice.case import AccuracyOf, Case, EpsilonOf, read
from app.advice.prediction import expected_accuracy, simulated_accuracy
from app.advice.rules import guarantee, optimisation, reporting, settings, validity
from app.parameters import RunParameters

MOST = 6

VALIDITY: tuple[Rule, ...] = (validity.shuffled_batches, validity.large_delta, validity.known_seed)
CHECKED: tuple[Rule, ...] = (
    guarantee.no_noise,
    guarantee.over_limit,
    guarantee.little_protection,
    guarantee.noise_outside_band,
    optimisation.diverged,
    optimisation.step_size,
    optimisation.dominating_noise,
)
WORTHWHILE: tuple[Rule, ...] = (
    settings.clipping,
    settings.batch_size,
    settings.learning_rate,
    settings.training_length,
)
REPORTED: tuple[Rule, ...] = (reporting.worst_class, reporting.tuning)

# What the other rules say has been measured on images; a table of one's own may be anything.
ON_A_TABLE: tuple[Rule, ...] = (
    guarantee.no_noise,
    guarantee.over_limit,
    guarantee.little_protection,
    optimisation.diverged,
    settings.clipping,
    *REPORTED,
)

WHOLE_SETTINGS = "use-optimal"
HARMFUL = -0.005


def recommend(
    document: Mapping[str, Any], *, epsilon_of: EpsilonOf, accuracy_of: AccuracyOf = simulated_accuracy
) -> list[dict[str, Any]]:
    """Return at most six recommendations for the run in ``document``, the most important first.

    Each is {id, severity ("error"|"warning"|"tip"), title, detail, apply,
    predicted {epsilon, accuracy, evidence}}. ``apply`` holds the parameters to
    change, ``predicted`` what the whole run would then give: ε exactly (None:
    infinite), accuracy as measured or simulated (``evidence``), None where
    neither is known. Both are None where there is nothing to change. No two
    contradict each other.
    A document without complete parameters gets none.
    """
    case = read(document, epsilon_of=epsilon_of, accuracy_of=accuracy_of)
    if case is None:
        return []
    found = list(_without_conflicts(case.parameters, _advice(case)))
    return [_entry(case, advice) for advice in found[:MOST]]


def _advice(case: Case) -> Iterator[Advice]:
    for rule in VALIDITY:
        yield from rule(case)
    if case.parameters.sampling == "shuffle":
        # Nothing is worth tuning before the batches are Poisson-sampled: till then ε is a worst case.
        yield from guarantee.no_noise(case)
        yield from reporting.worst_class(case)
        return
    if case.parameters.table is not None:
        for rule in ON_A_TABLE:
            yield from rule(case)
        return
    for rule in CHECKED:
        yield from rule(case)
    for rule in WORTHWHILE:
        yield from (advice for advice in rule(case) if not _is_harmful(case, advice))
    for rule in REPORTED:
        yield from rule(case)


def _is_harmful(case: Case, advice: Advice) -> bool:
    """Return whether a rule of thumb would, in this very run, cost accuracy and gain no privacy."""
    if advice.apply is None or advice.accuracy is not None:
        return False
    gain = case.gain_of(advice.apply)
    before, after = case.epsilon, case.epsilon_with(**advice.apply)
    is_more_private = after is not None and (before is None or after < before)
    return gain is not None and gain < HARMFUL and not is_more_private


def _without_conflicts(parameters: RunParameters, found: Iterable[Advice]) -> Iterator[Advice]:
    """Drop advice that would undo what more important advice has just asked for.

    The optimal settings replace all at once: what comes before them does not
    stand in their way, what comes after must contradict neither them nor that.
    """
    asked: list[tuple[str, object]] = []
    for advice in found:
        wanted = [(name, _move(parameters, name, value)) for name, value in (advice.apply or {}).items()]
        contradicts = any(name == other and move != its for name, move in wanted for other, its in asked)
        if contradicts and advice.id != WHOLE_SETTINGS:
            continue
        asked += wanted
        yield advice


def _move(parameters: RunParameters, name: str, value: Any) -> object:
    """Return the direction of a change: up, down, or the value itself where there is no order."""
    before = getattr(parameters, name)
    if isinstance(before, (int, float)) and isinstance(value, (int, float)):
        return value > before
    return value


def _entry(case: Case, advice: Advice) -> dict[str, Any]:
    changes = _complete(case.parameters, advice.apply)
    return {
        "id": advice.id,
        "severity": advice.severity,
        "title": advice.title,
        "detail": advice.detail,
        "apply": changes,
        "predicted": None if changes is None else _prediction(case, advice, changes),
    }


def _prediction(case: Case, advice: Advice, changes: Mapping[str, Any]) -> dict[str, Any]:
    changed = replace(case.parameters, **changes)
    accuracy, evidence = expected_accuracy(changed, case.accuracy_of)
    if advice.accuracy is not None:
        accuracy, evidence = advice.accuracy, case.evidence
    return {"epsilon": case.epsilon_of(changed), "accuracy": accuracy, "evidence": evidence}


def _complete(parameters: RunParameters, apply: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the changes, with σ held where a target ε would solve for it anew."""
    if apply is None or parameters.target_epsilon is None:
        return None if apply is None else dict(apply)
    return {"noise_multiplier": parameters.noise_multiplier, **apply, "target_epsilon": None}
