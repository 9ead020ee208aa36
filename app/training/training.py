"""A training, and an audit of one, whose data are there: from its first engine to its last event."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from app.catalog import MODELS
from app.events import Phase, Ready, Series
from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan
from app.privacy.guarantee import EpsilonAt, affordable_steps, charged_epsilon
from app.privacy.mechanism import Mechanism
from app.privacy.wording import budget_too_small
from app.training import notices
from app.training.audit import Trial
from app.training.course import Course, Diverged, Ledger, TrainingEngine
from app.training.datasets import Data
from app.training.engines import engine_of
from app.training.own_table import majority_accuracy
from app.training.schedule import marks
from app.training.seeds import audit_seeds, run_seeds

KeepWeights = Callable[[Series, list[Any]], None]


class CannotBeTrained(ValueError):
    """What is asked for cannot be trained, or could not be trained to its end; the text says why."""


class Training:
    """The private series and, if wanted, the baseline of one run whose data are there.

    ``spent``: the steps of each lost attempt on the same data; ``keep_weights``: see ``trainer.train``.
    """

    def __init__(
        self,
        parameters: RunParameters,
        data: Data,
        ledger: Ledger,
        *,
        spent: Sequence[int],
        keep_weights: KeepWeights | None = None,
    ) -> None:
        self._parameters, self._data, self._ledger = parameters, data, ledger
        self._spent = list(spent)
        pictures = parameters.table is None and len(data.info.input_shape) == 3
        self._keep_weights = keep_weights if pictures else None
        self._seeds = run_seeds(parameters.seed)
        self._ledger.steps_total = parameters.steps

    def run(self) -> None:
        """Train it all.

        Raises:
            Stopped: somebody asked for it.
            CannotBeTrained: the budget pays for no step (more), or the private series diverged.
        """
        steps = self._affordable_steps()
        self._ledger.check_stop()
        self._private(self._engine_and_ready(), steps)  # not kept: an engine holds a copy of the data
        if steps < self._parameters.steps:
            self._ledger.emit(notices.stopped_at_budget(self._parameters, steps=steps))
        if self._parameters.baseline:
            self._baseline(steps)

    def _engine_of(self, series: Series) -> Any:
        return engine_of(self._parameters, self._data, self._seeds, series)

    def _affordable_steps(self) -> int:
        parameters = self._parameters
        if not parameters.stop_at_budget:
            return parameters.steps
        steps = affordable_steps(self._charged_at(), budget=parameters.privacy_budget, steps=parameters.steps)
        if steps == 0:
            step = "One more step after the attempts that were lost" if any(self._spent) else "One step alone"
            raise CannotBeTrained(budget_too_small(parameters.privacy_budget, step=step))
        return steps

    def _charged_at(self) -> EpsilonAt:
        """Return the ε of this attempt's steps together with those of the lost ones."""
        if not any(self._spent):
            return self._ledger.epsilon_at
        charged = charged_epsilon(Mechanism.of(self._parameters))
        return lambda steps: charged([*self._spent, steps])

    def _engine_and_ready(self) -> Any:
        parameters = self._parameters
        engine = self._engine_of("private")
        self._ledger.emit(
            Ready(
                dataset=self._dataset_facts(),
                model={
                    "name": parameters.model,
                    "title": MODELS[parameters.model].title,
                    "trainable_parameters": int(engine.parameters),
                },
            )
        )
        for notice in notices.about_parameters(parameters):
            self._ledger.emit(notice)
        return engine

    def _dataset_facts(self) -> dict[str, Any]:
        data, info = self._data, self._data.info
        facts = {
            "name": info.name,
            "title": info.title,
            "examples": len(data.labels),
            "test_examples": len(data.test_labels),
            "classes": info.classes,
            "class_names": list(info.class_names),
        }
        own = self._parameters.table is not None
        return {**facts, "majority_accuracy": majority_accuracy(data)} if own else facts

    def _private(self, engine: Any, steps: int) -> None:
        ledger = self._ledger
        ledger.emit(Phase(phase="compiling"))
        ledger.report(now=True)
        course = Course(engine, series="private", parameters=self._parameters, ledger=ledger)
        try:
            course.start()
            ledger.emit(Phase(phase="training"))
            self._timed(course, steps)
        except Diverged as fault:
            notice = notices.diverged(self._parameters, series="private", steps=ledger.steps)
            ledger.emit(notice)
            raise CannotBeTrained(notice.text) from fault
        self._keep(engine, "private")

    def _keep(self, engine: TrainingEngine, series: Series) -> None:
        if self._keep_weights is not None:
            self._keep_weights(series, engine.weights)

    def _timed(self, course: Course, steps: int) -> None:
        started = time.monotonic()
        try:
            course.follow(marks(self._parameters, steps=steps))
        finally:
            self._ledger.seconds = time.monotonic() - started

    def _baseline(self, steps: int) -> None:
        """Train without privacy; if that diverges, the private run is not lost for it."""
        self._ledger.emit(Phase(phase="training baseline"))
        self._ledger.check_stop()
        engine = self._engine_of("baseline")
        course = Course(engine, series="baseline", parameters=self._parameters, ledger=self._ledger)
        try:
            course.start()
            course.follow(marks(self._parameters, steps=steps))
            self._keep(engine, "baseline")
        except Diverged:
            taken = engine.steps_done
            self._ledger.emit(notices.diverged(self._parameters, series="baseline", steps=taken))
            self._baseline_diverged()

    def _baseline_diverged(self) -> None:
        pass


class Audit(Training):
    """The same with canaries among the data, and then the verdict."""

    def __init__(
        self, parameters: RunParameters, data: Data, ledger: Ledger, *, spent: Sequence[int], plan: AuditPlan
    ) -> None:
        self._trial = Trial(parameters, data, plan, audit_seeds(parameters.seed))
        super().__init__(parameters, self._trial.data, ledger, spent=spent)

    def run(self) -> None:
        """Train it all and tell the verdict; raises as a training does."""
        super().run()
        ledger = self._ledger
        ledger.check_stop()
        ledger.emit(Phase(phase="auditing"))
        ledger.emit(self._trial.verdict(steps=ledger.steps, epsilon=ledger.epsilon()))

    def _engine_of(self, series: Series) -> Any:
        return self._trial.engine_of(series)

    def _baseline_diverged(self) -> None:
        self._trial.forget("baseline")
