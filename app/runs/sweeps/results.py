"""What a run of a sweep has come to, folded from its events: less than its document, and much cheaper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.events import EpochPoint, Event, Fallback, Finished, Notice, Progress, Retrying
from app.parameters import RunParameters
from app.privacy.mechanism import Mechanism
from app.simulation import NoFit, simulate


@dataclass
class RunResult:
    """The results of one run so far; feed it with :meth:`add` in the order of the events.

    ``accuracy`` and ``loss`` are those of the last epoch that ended; ``earlier`` are the attempts that
    were lost, as (what was trained, steps taken).
    """

    parameters: RunParameters
    notices: list[Mapping[str, Any]] = field(default_factory=list)
    accuracy: float | None = None
    loss: float | None = None
    steps: int = 0
    training_seconds: float | None = None
    earlier: list[tuple[RunParameters, int]] = field(default_factory=list)
    _asked: tuple[RunParameters, list[Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = (self.parameters, self.notices)

    def add(self, event: Event) -> None:
        """Take ``event`` into account."""
        match event:
            case Progress(steps=steps):
                self.steps = max(self.steps, steps)
            case EpochPoint(series="private", accuracy=accuracy, loss=loss):
                self.accuracy, self.loss = accuracy, loss
            case Fallback(parameters=parameters, reason=reason):
                self.parameters = RunParameters.from_dict(parameters)
                self._note("dataset-fallback", "warning", reason)
            case Notice(id=id, severity=severity, text=text):
                self._note(id, severity, text)
            case Retrying():
                self.earlier = [*self.earlier, (self.parameters, self.steps)]
                (self.parameters, self.notices), self.steps = self._asked, 0
                self.accuracy = self.loss = None
            case Finished(steps=steps, training_seconds=seconds):
                self.steps, self.training_seconds = max(self.steps, steps), seconds

    def spent(self) -> list[tuple[RunParameters, int]]:
        """Return what all attempts have trained, as (parameters, steps taken)."""
        return [*self.earlier, (self.parameters, self.steps)]

    def _note(self, id: str, severity: str, text: str) -> None:
        self.notices = [*self.notices, {"id": id, "severity": severity, "text": text}]


def simulated_result(parameters: RunParameters) -> RunResult:
    """Return what a simulation of ``parameters``, which have a seed, comes to.

    Raises:
        app.simulation.NoFit: the simulator has no fit for this task.
    """
    result = RunResult(parameters)
    for event in simulate(parameters, epsilon_at=_not_asked):
        result.add(event)
    return result


@lru_cache(maxsize=2048)  # 1.5 ms each; a page asks for a sweep's document every second
def simulated_accuracy(parameters: RunParameters) -> float | None:
    """Return the accuracy that a simulation of ``parameters`` ends with, None where there is no fit."""
    try:
        return simulated_result(parameters).accuracy
    except NoFit:
        return None


def mechanisms(trained: Iterable[tuple[RunParameters, int]]) -> dict[str, list[tuple[Mechanism, int]]]:
    """Return, by dataset, the mechanisms and steps of what was trained."""
    by_data: dict[str, list[tuple[Mechanism, int]]] = {}
    for parameters, steps in trained:
        by_data.setdefault(parameters.dataset, []).append((Mechanism.of(parameters), steps))
    return by_data


def _not_asked(steps: int) -> float | None:
    return None
