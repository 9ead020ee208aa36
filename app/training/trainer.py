"""One real training from its parameters to its last event; nothing about HTTP or processes is known here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from app.catalog import DATASETS, DEFAULT_TASK, MODELS, TASKS
from app.events import Emit, Event, Fallback, Finished, Phase, Ready, Series, ShouldStop
from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan
from app.privacy.guarantee import charged_epsilon, guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.training import dpsgd, notices
from app.training.audit import Trial
from app.training.course import Course, Diverged, Ledger, Stopped, TrainingEngine
from app.training.datasets import Data, DataUnavailable, load
from app.training.download import DownloadStopped
from app.training.engines import EngineUnavailable, engine_of
from app.training.models import IncompatibleModel
from app.training.own_table import majority_accuracy, table_data
from app.training.schedule import EpsilonAt, affordable_steps, marks
from app.training.seeds import audit_seeds, run_seeds

KeepWeights = Callable[[Series, list[Any]], None]

CALIBRATION_SECONDS = 0.3
CALIBRATION_STEPS = 8

_log = logging.getLogger(__name__)


class CannotBeTrained(ValueError):
    """What is asked for cannot be trained, or could not be trained to its end; the text says why."""


class OutOfMemory(RuntimeError):
    """The training needed more memory than this process can have."""


class _ListenerFailed(Exception):
    """``emit`` raised; its exception is the cause."""


# Only these show their text to the person who asked.
_PUBLIC: dict[type[Exception], str] = {
    CannotBeTrained: "invalid",
    IncompatibleModel: "invalid",
    dpsgd.UnsupportedModel: "invalid",
    DataUnavailable: "data_unavailable",
    EngineUnavailable: "engine_unavailable",
}


def train(
    parameters: RunParameters,
    *,
    emit: Emit,
    should_stop: ShouldStop,
    data_directory: str | None,
    offline: bool,
    fallback: RunParameters | None = None,
    earlier: Sequence[Mapping[str, Any]] = (),
    table: bytes | None = None,
    epsilon_at: EpsilonAt | None = None,
    data_address: str | None = None,
    audit: AuditPlan | None = None,
    keep_weights: KeepWeights | None = None,
) -> None:
    """Train and tell everything through ``emit``, ending with exactly one Finished.

    Args:
        parameters: what to train.
        emit: takes each event; what it raises ends the training and is passed on.
        should_stop: asked at least every 0.25 s, except while the first step compiles.
        data_directory: folder that may hold the dataset's archive.
        offline: forbids the download of data.
        fallback: trained instead, after a Fallback event, if the data cannot be had.
        earlier: {"steps", "fallback"} of each lost attempt of this run: the private steps it took, and
            whether on the fallback's data. The privacy budget pays for them too.
        table: the bytes of the table that is trained on, where ``parameters`` name one.
        epsilon_at: ε after a number of steps of ``parameters``; None: from the accountant.
        data_address: http(s) folder to download from, in place of Keras' own.
        audit: train with canaries, and tell by an Audited event what could be found out about them.
        keep_weights: takes the weights that each series ends with, where pictures can be shown to the model;
            not called for an audit, nor for a table of one's own.

    Raises:
        OutOfMemory: the one failure that is no end of the run; this process should not train again.
    """
    ledger = Ledger(emit=_marking_failures(emit), should_stop=should_stop)
    state, error = "done", None
    try:
        ledger.emit(Phase(phase="loading data"))
        where = {"data_directory": data_directory, "offline": offline, "url": data_address}
        if parameters.table is not None:
            data, chosen = table_data(table, parameters.table, train_size=parameters.train_size), parameters
        else:
            data, chosen = _load(parameters, fallback, ledger, where)
        own = epsilon_at is not None and chosen is parameters
        ledger.epsilon_at = epsilon_at if own and epsilon_at else accountant(chosen)
        spent = [each["steps"] for each in earlier if each["fallback"] == (chosen is not parameters)]
        if audit is None:
            _Training(chosen, data, ledger, spent=spent, keep_weights=keep_weights).run()
        else:
            _Audit(chosen, data, ledger, spent=spent, plan=audit).run()
    except (Stopped, DownloadStopped):
        state = "cancelled"
    except _ListenerFailed as failure:
        raise failure.__cause__ or failure from None
    except (MemoryError, tf.errors.ResourceExhaustedError) as fault:
        raise OutOfMemory from fault
    except Exception as fault:
        state, error = "failed", _told(fault)
    emit(Finished(state=state, steps=ledger.steps, training_seconds=ledger.seconds, error=error))


def _marking_failures(emit: Emit) -> Emit:
    """Return ``emit`` with its own failures told apart from the training's."""

    def marked(event: Event) -> None:
        try:
            emit(event)
        except Exception as fault:
            raise _ListenerFailed from fault

    return marked


def accountant(parameters: RunParameters) -> EpsilonAt:
    """Return the ε of ``parameters`` as a function of the steps taken, None where it is infinite."""
    return guaranteed_epsilon(Mechanism.of(parameters))


def warm_up() -> TrainingEngine:
    """Set TensorFlow's threads and compile the default task, so that the first run starts at once.

    Call it once, before anything else uses TensorFlow. Returns the task's engine, on empty images.
    """
    dpsgd.configure_threads()
    task = TASKS[DEFAULT_TASK]
    info = DATASETS[task.dataset]
    data = Data(  # the graph depends on shapes and types, not on what the images show
        images=np.zeros((task.train_size, *info.input_shape), np.uint8),
        labels=np.zeros(task.train_size, np.int32),
        test_images=np.zeros((info.test_examples, *info.input_shape), np.uint8),
        test_labels=np.zeros(info.test_examples, np.int32),
        info=info,
    )
    parameters = RunParameters.of_task(task.name)
    engine = engine_of(parameters, data, run_seeds(None), "private")
    engine.evaluate()
    engine.run(1)
    accountant(parameters)  # imports what accounting needs
    return engine


def examples_per_second(engine: TrainingEngine, *, seconds: float = CALIBRATION_SECONDS) -> float:
    """Return how many examples a second ``engine`` trains on, by some steps of about ``seconds`` in all."""
    examples, started = 0, time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        examples += engine.run(CALIBRATION_STEPS).examples
    return examples / elapsed


def _told(fault: Exception) -> dict[str, str]:
    for public, kind in _PUBLIC.items():
        if isinstance(fault, public):
            return {"kind": kind, "message": str(fault)}
    _log.error("training failed", exc_info=fault)
    message = "The training stopped on an internal error; the server's log has it."
    return {"kind": "internal", "message": message}


def _load(
    parameters: RunParameters, fallback: RunParameters | None, ledger: Ledger, where: dict[str, Any]
) -> tuple[Data, RunParameters]:
    """Return the data and the parameters that are trained: the fallback's if the first data are missing."""
    try:
        return _load_for(parameters, ledger, where), parameters
    except DataUnavailable as missing:
        if fallback is None:
            raise
        reason = f"{missing} This run trains on {DATASETS[fallback.dataset].title} instead."
        ledger.emit(Fallback(parameters=fallback.to_dict(), reason=reason))
        return _load_for(fallback, ledger, where), fallback


def _load_for(parameters: RunParameters, ledger: Ledger, where: dict[str, Any]) -> Data:
    largest = DATASETS[parameters.dataset].train_examples
    size, batch = parameters.train_size, parameters.batch_size
    if not 1 <= size <= largest:
        raise CannotBeTrained(f"train_size {size} must lie between 1 and the dataset's {largest} examples.")
    if not 1 <= batch <= size:
        raise CannotBeTrained(f"batch_size {batch} must lie between 1 and train_size {size}.")
    return load(parameters.dataset, train_size=size, should_stop=ledger.should_stop, **where)


class _Training:
    """The private series and, if wanted, the baseline of one run whose data are there.

    ``spent``: the steps that each lost attempt took on the same data; ``keep_weights`` as in :func:`train`.
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
            what = "One more step after the attempts that were lost" if any(self._spent) else "One step alone"
            raise CannotBeTrained(
                f"{what} would exceed the privacy budget ε = {parameters.privacy_budget:g}: "
                "raise the noise multiplier or the budget."
            )
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


class _Audit(_Training):
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
