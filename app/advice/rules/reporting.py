"""What should be said along with the result?"""

from __future__ import annotations

from collections.abc import Iterator

from app.advice.advice import Advice
from app.advice.case import Case
from app.advice.wording import epsilon_text, percent, points
from app.privacy.guarantee import charged_epsilon
from app.privacy.mechanism import Mechanism

WIDE_GAP = 0.10
RUNS_OF_A_SEARCH = 10


def worst_class(case: Case) -> Iterator[Advice]:
    """Point to the class that does far worse than the average: noise and clipping cost hard classes most."""
    classes = case.per_class_accuracy
    names = case.parameters.data.class_names
    if len(classes) != len(names) or not case.has_learnt(sum(classes) / len(classes)):
        return
    mean, worst = sum(classes) / len(classes), min(classes)
    name = names[classes.index(worst)]
    if mean - worst > WIDE_GAP:
        yield Advice(
            id="worst-class",
            severity="tip",
            title=f"Report the weakest class too: “{name}”",
            detail=(
                f"“{name}” is recognised in {percent(worst)} of the cases ({case.evidence}), "
                f"{points(mean - worst)} below the average of {percent(mean)}. Noise and clipping cost "
                "hard classes most; one overall accuracy hides it."
            ),
        )


def tuning(case: Case) -> Iterator[Advice]:
    """Remind that ε covers one run: trying settings on the same private data adds up."""
    parameters = case.parameters
    if parameters.noise_multiplier == 0:
        return
    together = charged_epsilon(Mechanism.of(parameters))([parameters.steps] * RUNS_OF_A_SEARCH)
    yield Advice(
        id="tuning-spends-privacy",
        severity="tip",
        title="Trying settings on private data spends privacy too",
        detail=(
            f"{epsilon_text(case.epsilon)} covers one whole run with these settings. {RUNS_OF_A_SEARCH} such "
            f"runs on the same private data together spend {epsilon_text(together)}; tune on public data "
            "(MNIST is public) or count every run."
        ),
    )
