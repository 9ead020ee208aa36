"""The run service: accepts trainings, queues them, and holds what they have measured.

In memory and in one process for now; the executor is behind its interface.
"""

from __future__ import annotations

import importlib.util
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from app.catalog import ENGINES
from app.events import Finished
from app.parameters import RunParameters
from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report
from app.runs.document import Document, Measurements, run_document
from app.runs.executor import Executor, Update
from app.runs.process_executor import ProcessExecutor

FINISHED_STATES = frozenset({"done", "failed", "cancelled"})
RUNS_KEPT = 200
POLL_SECONDS = 0.1
CANCEL_SECONDS = 5.0  # a stuck training is killed after 3; the answer shall show the end
RUN_ID_BYTES = 12  # 96 bits: an id is a capability, so it must not be guessable

TENSORFLOW_CURE = (
    "Install TensorFlow in the server's environment (pip install -r requirements.txt) and restart."
)


class UnknownRun(LookupError):
    """No run has this id (or it has been forgotten)."""


class QueueFull(RuntimeError):
    """The queue holds as many runs as it may; ``retry_after_seconds`` says when to come back."""

    retry_after_seconds = 30


class EngineUnavailable(RuntimeError):
    """The engine asked for cannot run here; the message says why and names the cure."""


@dataclass
class Run:
    """One accepted training and what is known of it."""

    id: str
    job: Mapping[str, Any]
    measurements: Measurements
    state: str = "queued"
    created_at: str = field(
        default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    )
    document: Document | None = None


class RunService:
    """Accepts, queues, watches and remembers runs. Thread safe.

    ``executor`` defaults to one warm training process.
    """

    def __init__(
        self,
        *,
        data_directory: str | None,
        offline: bool,
        queue_limit: int,
        executor: Executor | None = None,
    ) -> None:
        self._data_directory = data_directory
        self._offline = offline
        self._queue_limit = queue_limit
        self._process = ProcessExecutor() if executor is None else None
        self._executor: Executor = executor or self._process  # type: ignore[assignment]
        self._changed = threading.Condition()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._dispatcher: threading.Thread | None = None
        self._closed = False

    def start_worker(self) -> None:
        """Start the training process ahead of the first run, where TensorFlow is installed."""
        if self._process is not None and self.capabilities()["real"]["available"]:
            self._process.start()

    def close(self) -> None:
        """End the training process and the dispatcher; runs in progress end with them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._process is not None:
            self._process.close()
        if self._dispatcher is not None:
            self._dispatcher.join(timeout=2.0)

    def capabilities(self) -> dict[str, Any]:
        """Return {"real": {available, reason}, "engines": {name: {available, reason}}} of this server."""
        engines = {name: _availability(_missing_package(name)) for name in ENGINES}
        return {"real": engines["fast"], "engines": engines}

    def start(
        self,
        parameters: RunParameters,
        *,
        fallback: RunParameters | None = None,
        notices: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """Queue a training and return its run id.

        Raises:
            EngineUnavailable: the engine's packages are not installed.
            QueueFull: the queue has no room; nothing was made.
        """
        missing = _missing_package(parameters.engine)
        if missing:
            raise EngineUnavailable(missing)
        run = self._new_run(parameters, fallback, notices)
        with self._changed:
            if self._count("queued") >= self._queue_limit:
                raise QueueFull(f"{self._queue_limit} runs are waiting already")
            self._runs[run.id] = run
            self._forget_oldest()
            self._start_dispatcher()
            self._submit_next()
        _compute_pld_ahead(parameters)
        return run.id

    def wait(self, run_id: str, seconds: float) -> bool:
        """Return whether the run has ended, waiting at most ``seconds`` for it.

        Raises:
            UnknownRun: no run has this id.
        """
        run = self._find(run_id)
        with self._changed:
            return self._changed.wait_for(lambda: run.state in FINISHED_STATES, timeout=seconds)

    def document(self, run_id: str) -> Document:
        """Return the run document as it stands.

        Raises:
            UnknownRun: no run has this id.
        """
        run = self._find(run_id)
        with self._changed:
            if run.document is not None:
                return run.document
            ended = run.state in FINISHED_STATES
            position = self._queue_position(run)
            state = run.state
            measurements = run.measurements.copy()
        document = run_document(
            measurements,
            run_id=run.id,
            state=state,
            evidence="measured",
            wait_for_pld=ended,
            queue_position=position,
            created_at=run.created_at,
        )
        if ended:
            run.document = document
        return document

    def cancel(self, run_id: str) -> Document:
        """Stop the run, keep what was measured, and return its document; a finished run is left alone.

        Waits for a running one to end (0.5 s; where it is stuck, 4 s).

        Raises:
            UnknownRun: no run has this id.
        """
        run = self._find(run_id)
        with self._changed:
            if run.state == "queued":
                run.measurements.add(Finished(state="cancelled", steps=0, training_seconds=0.0))
                self._finish(run)
            elif run.state == "running":
                self._executor.kill(run.id)
                self._changed.wait_for(lambda: run.state in FINISHED_STATES, timeout=CANCEL_SECONDS)
        return self.document(run_id)

    def _new_run(
        self,
        parameters: RunParameters,
        fallback: RunParameters | None,
        notices: Sequence[Mapping[str, Any]],
    ) -> Run:
        job = {
            "parameters": parameters.to_dict(),
            "fallback": fallback.to_dict() if fallback else None,
            "data_directory": self._data_directory,
            "offline": self._offline,
        }
        measurements = Measurements(parameters, notices=[dict(notice) for notice in notices])
        return Run(id=secrets.token_hex(RUN_ID_BYTES), job=job, measurements=measurements)

    def _find(self, run_id: str) -> Run:
        with self._changed:
            run = self._runs.get(run_id)
        if run is None:
            raise UnknownRun(run_id)
        return run

    def _count(self, state: str) -> int:
        return sum(run.state == state for run in self._runs.values())

    def _queue_position(self, run: Run) -> int | None:
        waiting = [other.id for other in self._runs.values() if other.state == "queued"]
        return waiting.index(run.id) + 1 if run.id in waiting else None

    def _forget_oldest(self) -> None:
        ended = [run.id for run in self._runs.values() if run.state in FINISHED_STATES]
        for run_id in ended[: max(0, len(self._runs) - RUNS_KEPT)]:
            del self._runs[run_id]

    def _start_dispatcher(self) -> None:
        if self._dispatcher is None:
            self._dispatcher = threading.Thread(target=self._dispatch, name="run-dispatcher", daemon=True)
            self._dispatcher.start()

    def _dispatch(self) -> None:
        while not self._closed:
            updates = self._executor.poll(POLL_SECONDS)
            with self._changed:
                for update in updates:
                    self._take(update)
                self._submit_next()

    def _take(self, update: Update) -> None:
        run = self._runs.get(update.run_id)
        if run is None or run.state in FINISHED_STATES:
            return
        run.measurements.add(update.event)
        if isinstance(update.event, Finished):
            self._finish(run)

    def _finish(self, run: Run) -> None:
        assert run.measurements.finished is not None
        run.state = run.measurements.finished.state
        self._changed.notify_all()

    def _submit_next(self) -> None:
        waiting = (run for run in self._runs.values() if run.state == "queued")
        while not self._closed and self._executor.live_slots() > 0:
            run = next(waiting, None)
            if run is None:
                return
            run.state = "running"
            self._executor.submit(run.id, run.job)


def _missing_package(engine: str) -> str | None:
    """Return why ``engine`` cannot run here with its cure, or None when it can; imports nothing heavy."""
    if not _is_installed("tensorflow"):
        return f"TensorFlow is not installed. {TENSORFLOW_CURE}"
    if engine == "tensorflow-privacy" and not _is_installed("tensorflow_privacy"):
        return (
            "TensorFlow Privacy 0.9.0 needs Python 3.9-3.11 and is not installed here; use the engine 'fast'."
        )
    return None


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _availability(reason: str | None) -> dict[str, Any]:
    return {"available": reason is None, "reason": reason}


def _compute_pld_ahead(parameters: RunParameters) -> None:
    """Have the slower accountant's figure ready by the time the training ends."""

    def compute() -> None:
        privacy_report(Mechanism.of(parameters), wait_for_pld=True)

    threading.Thread(target=compute, name="pld-ahead", daemon=True).start()
