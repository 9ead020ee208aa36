"""What a person should know about a measured run, in sentences.

A given seed has its notice from the request's resolution ("fixed-seed") and is not repeated here.
"""

from __future__ import annotations

from app.events import Notice
from app.parameters import RunParameters
from app.privacy import wording

RISE = 1.1
PATIENCE = 2


def about_parameters(parameters: RunParameters) -> list[Notice]:
    """Return what is to be said of a run before its first step."""
    return [
        notice
        for applies, notice in (
            (parameters.noise_multiplier == 0, _NOT_PRIVATE),
            (parameters.sampling == "shuffle", _SHUFFLE),
            (parameters.delta * parameters.train_size >= 1, _large_delta(parameters)),
        )
        if applies
    ]


def diverged(parameters: RunParameters, *, series: str, steps: int) -> Notice:
    """Return the diagnosis of a series whose numbers stopped being finite at about ``steps`` steps."""
    which = "The training" if series == "private" else "The training without privacy (baseline)"
    return Notice(
        id="diverged" if series == "private" else "baseline-diverged",
        severity="warning",
        text=(
            f"{which} diverged: within {steps} steps its loss stopped being a finite number. "
            f"Try a smaller learning rate than {parameters.learning_rate:g}"
            + (
                f", less noise than σ = {parameters.noise_multiplier:g} or a larger batch."
                if series == "private" and parameters.noise_multiplier
                else "."
            )
        ),
    )


def stopped_at_budget(parameters: RunParameters, *, steps: int) -> Notice:
    """Return the reason why a run ended after ``steps`` steps, before its last."""
    return Notice(
        id="stopped-at-budget",
        severity="info",
        text=wording.stopped_at_budget(
            steps=steps, planned=parameters.steps, budget=parameters.privacy_budget
        ),
    )


class RisingLoss:
    """Notices, once, that the training loss stays above its best for several epochs."""

    def __init__(self) -> None:
        self._best = float("inf")
        self._bad_epochs = 0

    def after_epoch(self, loss: float) -> Notice | None:
        """Return the notice if ``loss`` is the second in a row that is 10 % above the best, else None."""
        self._best = min(self._best, loss)
        self._bad_epochs = self._bad_epochs + 1 if loss > RISE * self._best else 0
        if self._bad_epochs != PATIENCE:
            return None
        self._bad_epochs = -(10**9)
        return _RISING


def _large_delta(parameters: RunParameters) -> Notice:
    return Notice(
        id="large-delta",
        severity="warning",
        text=(
            f"δ = {parameters.delta:g} is not below 1/N = {1 / parameters.train_size:.2g}: a mechanism that "
            "publishes one person's whole record would pass. Choose a smaller δ."
        ),
    )


_NOT_PRIVATE = Notice(
    id="not-private",
    severity="warning",
    text="Without noise (σ = 0) this run is not private: clipping alone gives no guarantee; ε is infinite.",
)
_SHUFFLE = Notice(
    id="shuffle",
    severity="warning",
    text=(
        "Shuffled batches are not covered by the analysis of Poisson sampling, whose ε would be several "
        "times smaller. The ε of this run is what is guaranteed all the same: their worst case."
    ),
)
_RISING = Notice(
    id="loss-rising",
    severity="warning",
    text=(
        "The training loss is rising: the noise moves the weights faster than the data pull them back. "
        "A smaller learning rate, a larger batch or fewer epochs help."
    ),
)
