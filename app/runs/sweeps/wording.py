"""The sentences of a sweep's privacy statement."""

from __future__ import annotations

from app.privacy import wording

_ONE_RUN = "Each point's ε is that of one run with its value: of whoever sees that model and no other."
_SEEDS = (
    "All runs have seeds that are known, so this is a demonstration: who knows them can undo the noise, and "
    "runs with one seed share it. Every ε here is that of the same runs with fresh secret seeds."
)
_CHOOSING = (
    "Choosing the best of them uses the data too: whoever publishes the best model, or its value, has to "
    "answer for the ε of them all, also where test examples decide. Only a value found by trainings on other "
    "data costs none of it."
)
_MODELS_ONLY = (
    "It covers the models. It covers neither the training loss, an exact statistic of the training data, "
    "nor the test examples that accuracy is measured on."
)
_BASELINES = "The baselines were trained without privacy and are covered by none of this."


def sweep_statement(
    *, epsilon: float | None, delta: float, evidence: str, ended: bool, baseline: bool, shuffled: bool
) -> str:
    """Return what the ε of a sweep mean, in sentences; ``epsilon`` is that of all its runs (None: infinite).

    ``evidence`` is "simulated" or "measured", ``ended`` whether all its runs have; ``baseline`` and
    ``shuffled`` are what its runs have in common.
    """
    together = _together(epsilon, delta=delta, simulated=evidence == "simulated", ended=ended)
    sentences = [_ONE_RUN, together, _MODELS_ONLY]
    if shuffled:
        sentences.append("Batches are shuffled, so each ε is the worst case of one use in every pass.")
    sentences.append(_SEEDS)
    sentences.append(_CHOOSING)
    if baseline:
        sentences.append(_BASELINES)
    return " ".join(sentences)


def _together(epsilon: float | None, *, delta: float, simulated: bool, ended: bool) -> str:
    seen = "all their models together" if simulated or ended else "all the models that they have made so far"
    if epsilon is None:
        bound = "nothing at all, since some are trained without noise"
    else:
        bound = f"ε = {wording.at_most(epsilon)} at δ = {delta:g}"
    added = "" if epsilon is None else " (the Rényi divergences of all their steps, added up)"
    if simulated:
        start = "These runs are simulated and have used no data; of real ones, whoever sees"
        return f"{start} {seen} is guaranteed {bound}{added}."
    return f"Whoever sees {seen} is guaranteed {bound}{added}."
