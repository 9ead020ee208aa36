"""The run service: what the routes ask of runs. It holds nothing itself; the store does."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from app.parameters import RunParameters
from app.privacy.mechanism import Mechanism
from app.privacy.statement import privacy_report
from app.runs.admission import Admission, Admitted, Visitor
from app.runs.capabilities import EngineUnavailable, capabilities, missing_package
from app.runs.dispatcher import Dispatcher
from app.runs.document import Document, Measurements, run_document
from app.runs.executor import Executor
from app.runs.keeper import Limits
from app.runs.leadership import leadership_of
from app.runs.lifecycle import FINISHED_STATES, Lifecycle, NewRun, Record
from app.runs.process_executor import ProcessExecutor
from app.runs.store import Store
from app.settings import Settings

CANCEL_SECONDS = 5.0  # a stuck training is killed after 3; the answer shall show the end
WAIT_SECONDS = 0.1
DOCUMENTS_KEPT = 50
DAY = 86_400.0


class RunService:
    """Accepts, shows and stops runs. Thread safe; several processes may serve one store.

    ``new_executor`` None makes what the settings ask for: processes of this machine, or a cluster.
    """

    def __init__(
        self, settings: Settings, *, new_executor: Callable[[Lifecycle], Executor] | None = None
    ) -> None:
        self._settings = settings
        self.store = Store(settings.store_location)
        self.lifecycle = Lifecycle(self.store)
        make = new_executor or self._executor
        self.dispatcher = Dispatcher(
            store=self.store,
            lifecycle=self.lifecycle,
            leadership=leadership_of(self.store),
            new_executor=lambda: make(self.lifecycle),
            lease=settings.lease,
            retention=settings.retention_days * DAY,
        )
        self._admission = Admission(
            store=self.store, lifecycle=self.lifecycle, queue_limit=settings.queue_limit
        )
        self._finished: OrderedDict[str, Document] = OrderedDict()
        self._lock = threading.Lock()

    def start_worker(self) -> None:
        """Take the lead if it is free, go on with what is queued, and have a training process warm."""
        self.dispatcher.start()

    def close(self) -> None:
        """Give running trainings back to the queue and end what this process started."""
        self.dispatcher.close()
        self.store.close()

    def capabilities(self) -> dict[str, Any]:
        """Return {"real": {available, reason}, "engines": {name: {available, reason}}} of this server."""
        return capabilities()

    def start(
        self,
        parameters: RunParameters,
        *,
        fallback: RunParameters | None = None,
        notices: Sequence[Mapping[str, Any]] = (),
        visitor: Visitor | None = None,
    ) -> Admitted:
        """Queue a training and return its run.

        Raises:
            EngineUnavailable: the engine's packages are not installed.
            QueueFull: the queue has no room; nothing was made.
            StoreUnavailable: the store cannot be written; nothing was made.
        """
        missing = missing_package(parameters.engine)
        if missing:
            raise EngineUnavailable(missing)
        visitor = visitor or Visitor()
        admitted = self._admission.admit(NewRun(job=_job(parameters, fallback, notices), client=visitor.key))
        self.dispatcher.start()
        self.dispatcher.wake()
        if not admitted.repeated:
            _compute_pld_ahead(parameters)
        return admitted

    def wait(self, run_id: str, seconds: float) -> bool:
        """Return whether the run has ended, waiting at most ``seconds`` for it.

        Raises:
            UnknownRun: no run has this id.
        """
        deadline = time.monotonic() + seconds
        while self.lifecycle.record(run_id).state not in FINISHED_STATES:
            if time.monotonic() >= deadline:
                return False
            time.sleep(WAIT_SECONDS)
        return True

    def document(self, run_id: str) -> Document:
        """Return the run document as it stands.

        Raises:
            UnknownRun: no run has this id.
        """
        self.dispatcher.start()
        with self._lock:
            if run_id in self._finished:
                return self._finished[run_id]
        # First the row and then the events: what is newer in the events is no contradiction but news.
        record = self.lifecycle.record(run_id)
        document = self._document(record)
        if record.state in FINISHED_STATES:
            self._remember(run_id, document)
        return document

    def cancel(self, run_id: str) -> Document:
        """Stop the run, keep what was measured, and return its document; a finished run is left alone.

        Waits for a running one to end (0.5 s; where it is stuck, 4 s).

        Raises:
            UnknownRun: no run has this id.
        """
        self.dispatcher.start()
        if self.lifecycle.cancel(run_id) == "running":
            self.wait(run_id, CANCEL_SECONDS)
        return self.document(run_id)

    def _document(self, record: Record) -> Document:
        ended = record.state in FINISHED_STATES
        return run_document(
            self._measurements(record),
            run_id=record.id,
            state=record.state,
            evidence="measured",
            wait_for_pld=ended,
            queue_position=self._queue_position(record),
            created_at=_iso(record.created_at),
        )

    def _measurements(self, record: Record) -> Measurements:
        measurements = Measurements(
            RunParameters.from_dict(record.job["parameters"]), notices=list(record.job["notices"])
        )
        for entry in self.lifecycle.entries(record.id):
            if entry.id <= record.last_event:  # the document is of one moment
                measurements.add(entry.event)
        return measurements

    def _queue_position(self, record: Record) -> int | None:
        if record.state != "queued":
            return None
        return 1 + sum(other.state == "queued" for other in self.lifecycle.ahead(record))

    def _remember(self, run_id: str, document: Document) -> None:
        with self._lock:
            self._finished[run_id] = document
            if len(self._finished) > DOCUMENTS_KEPT:
                self._finished.popitem(last=False)

    def _executor(self, lifecycle: Lifecycle) -> Executor:
        settings = self._settings
        return ProcessExecutor(
            lifecycle=lifecycle,
            slots=settings.slots,
            site={"data_directory": settings.data_dir, "offline": settings.offline},
            limits=Limits(lease=settings.lease, run=settings.run_seconds),
        )


def _job(
    parameters: RunParameters, fallback: RunParameters | None, notices: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "kind": "training",
        "parameters": parameters.to_dict(),
        "fallback": fallback.to_dict() if fallback else None,
        "notices": [dict(notice) for notice in notices],
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def _compute_pld_ahead(parameters: RunParameters) -> None:
    """Have the slower accountant's figure ready by the time the training ends."""

    def compute() -> None:
        privacy_report(Mechanism.of(parameters), wait_for_pld=True)

    threading.Thread(target=compute, name="pld-ahead", daemon=True).start()
