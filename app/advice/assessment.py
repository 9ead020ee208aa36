"""What a run amounts to: its privacy in one word, and one or two sentences with the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.advice.case import final_number, finite, read_epochs, read_parameters
from app.advice.presets import measured_accuracy, measurements
from app.advice.wording import delta_text, epsilon_text, percent, points
from app.catalog import DATASETS
from app.parameters import RunParameters
from app.privacy.interpretation import NO_PROTECTION_EPSILON, level_of

WORDS: Mapping[str, str] = {
    "strong": "Strong privacy",
    "good": "Good privacy",
    "weak": "Weak privacy",
    "little": "Little formal protection",
    "none": "No protection",
}
CLOSE = 0.03
CLEARLY_BELOW = 0.15


def assess(document: Mapping[str, Any]) -> dict[str, str]:
    """Return {"level", "summary"} of the run in ``document``.

    ``level`` is "strong" (ε < 1), "good" (to 3), "weak" (to 8), "little" (to 50),
    "none", or "unknown" where no valid ε has been spent yet. The summary sets
    the accuracy against what the task can do and says simulated or measured.
    """
    parameters = read_parameters(document)
    accuracy = _accuracy(document)
    level, words = _privacy(document, parameters)
    if accuracy is None and level == "unknown":
        return {"level": level, "summary": "No epoch has finished yet, so there is nothing to assess."}
    sentences = [_opening(document, words, accuracy)]
    if accuracy is not None and parameters is not None:
        sentences.append(_against_the_task(document, parameters, accuracy))
    return {"level": level, "summary": " ".join(sentence for sentence in sentences if sentence)}


def _accuracy(document: Mapping[str, Any]) -> float | None:
    accuracy = final_number(document, "accuracy")
    if accuracy is None and (epochs := read_epochs(document)):
        accuracy = epochs[-1].accuracy
    return accuracy


def _privacy(document: Mapping[str, Any], parameters: RunParameters | None) -> tuple[str, str]:
    """Return (level, words with ε); the smaller of two valid upper bounds decides."""
    if parameters is not None and parameters.noise_multiplier == 0:
        return "none", "No privacy (σ 0: ε is infinite)"
    if parameters is not None and parameters.sampling == "shuffle":
        return _privacy_of_shuffled(document)
    epsilon = _epsilon(document)
    if epsilon is None:
        return "unknown", "No ε is known yet"
    tightest = epsilon
    if not document.get("attempts"):  # the tighter accountant is asked about the present attempt alone
        tightest = _number_in(document.get("privacy"), "epsilon_pld") or epsilon
    level = _level(min(epsilon, tightest))
    return level, f"{WORDS[level]} ({epsilon_text(epsilon)}{_at_delta(parameters)})"


def _privacy_of_shuffled(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the verdict on the worst case: the Poisson ε does not describe shuffled batches."""
    privacy = document.get("privacy")
    worst = _number_in(privacy.get("shuffle") if isinstance(privacy, Mapping) else None, "worst_case_epsilon")
    if worst is None:
        return "unknown", "No valid ε (shuffled batches are not covered by the Poisson analysis)"
    worst = max(worst, finite(document.get("epsilon_charged")) or 0.0)
    level = _level(worst)
    return (
        level,
        f"{WORDS[level]} (shuffled batches: only {epsilon_text(worst)} is guaranteed)",
    )


def _level(epsilon: float) -> str:
    return "none" if epsilon > NO_PROTECTION_EPSILON else level_of(epsilon)


def _epsilon(document: Mapping[str, Any]) -> float | None:
    """Return the ε of the last epoch, or what was charged where more was: after it, or by lost attempts."""
    epsilon = final_number(document, "epsilon")
    if epsilon is None and (epochs := read_epochs(document)):
        epsilon = epochs[-1].epsilon
    charged = finite(document.get("epsilon_charged"))
    if charged and (epsilon is not None or document.get("state") != "running"):
        return max(charged, epsilon or 0.0)
    return epsilon


def _number_in(values: object, name: str) -> float | None:
    return finite(values.get(name)) if isinstance(values, Mapping) else None


def _at_delta(parameters: RunParameters | None) -> str:
    return f" at {delta_text(parameters.delta)}" if parameters is not None else ""


def _opening(document: Mapping[str, Any], words: str, accuracy: float | None) -> str:
    evidence = "measured" if document.get("evidence") == "measured" else "simulated"
    if accuracy is None:
        return f"{words}; no epoch has finished, so no accuracy is {evidence}."
    return f"{words} with {percent(accuracy)} test accuracy ({evidence})."


def _against_the_task(document: Mapping[str, Any], parameters: RunParameters, accuracy: float) -> str:
    """Return the distance to the same training without privacy, else to the task's best measured run."""
    chance = 1 / DATASETS[parameters.dataset].classes
    if accuracy < 1.5 * chance:
        return f"That is hardly better than guessing ({percent(chance)})."
    baseline = final_number(document.get("baseline"), "accuracy")
    if baseline is not None:
        return _gap(baseline - accuracy, f"the {percent(baseline)} of the same training without privacy")
    best = measurements().get(parameters.task, {}).get("optimal", {})
    if finite(best.get("accuracy")) is None or finite(best.get("epsilon")) is None:
        return ""
    reached = f"the {percent(best['accuracy'])} measured with"
    if measured_accuracy(parameters) == best["accuracy"]:
        return _gap(best["accuracy"] - accuracy, f"{reached} these very settings")
    return _gap(
        best["accuracy"] - accuracy,
        f"{reached} the task's optimal parameters at {epsilon_text(best['epsilon'])}",
    )


def _gap(gap: float, reference: str) -> str:
    if gap < -CLOSE:
        return f"That is {points(-gap)} above {reference}."
    if gap <= CLOSE:
        return f"That is on a par with {reference}."
    if gap < CLEARLY_BELOW:
        return f"That is {points(gap)} below {reference}."
    return f"That is far, {points(gap)}, below {reference}."
