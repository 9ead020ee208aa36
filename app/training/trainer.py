"""One real training from its parameters to its last event; nothing about HTTP or processes is known here."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from app.catalog import DATASETS, DEFAULT_TASK, TASKS
from app.events import Emit, Event, Fallback, Finished, Phase, ShouldStop
from app.parameters import RunParameters
from app.privacy.audit_plan import AuditPlan
from app.privacy.guarantee import EpsilonAt, guaranteed_epsilon
from app.privacy.mechanism import Mechanism
from app.training import dpsgd
from app.training.course import Ledger, Stopped, TrainingEngine
from app.training.datasets import Data, DataUnavailable, load
from app.training.download import DownloadStopped
from app.training.engines import EngineUnavailable, engine_of
from app.training.models import IncompatibleModel
from app.training.own_table import table_data
from app.training.seeds import run_seeds
from app.training.training import Audit, CannotBeTrained, KeepWeights, Training

CALIBRATION_SECONDS = 0.3
CALIBRATION_STEPS = 8

_log = logging.getLogger(__name__)


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
            Training(chosen, data, ledger, spent=spent, keep_weights=keep_weights).run()
        else:
            Audit(chosen, data, ledger, spent=spent, plan=audit).run()
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
