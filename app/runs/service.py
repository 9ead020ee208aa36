"""The run service: what the routes ask of runs. It holds nothing itself; the store does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from app.catalog import TableInfo
from app.parameters import RunParameters
from app.runs.admission import Admission, Admitted, RequestKey, Shares, Visitor
from app.runs.auditing import audit_job
from app.runs.capabilities import EngineUnavailable, capabilities, missing_package
from app.runs.documents.document import Document, Measurements, iso_time, run_document
from app.runs.documents.documents import Documents
from app.runs.documents.pld_ahead import PldAhead
from app.runs.execution.dispatcher import Dispatcher
from app.runs.execution.executor import Executor
from app.runs.execution.keeper import Limits
from app.runs.execution.leadership import leadership_of
from app.runs.execution.process_executor import ProcessExecutor
from app.runs.following.seats import NoSeat, Seats
from app.runs.following.stream import EventStream, Tailer, never
from app.runs.jobs import training_job
from app.runs.predictions import Predictions
from app.runs.readiness import StoreCheck
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Record, UnknownRun
from app.runs.store.schema import FINISHED_STATES
from app.runs.store.slots import Slots
from app.runs.store.tables import Tables
from app.runs.sweeps.sweeps import Caps, Sweeps
from app.runs.timing import Timing
from app.settings import Settings
from app.tables.table import Table

CANCEL_SECONDS = 5.0  # a stuck training is killed after 3; the answer shall show the end
DAY = 86_400.0
LOCAL = Visitor()  # for whoever starts runs without HTTP


class NoSuchEvent(LookupError):
    """A stream is to be resumed behind an event that its run does not have."""


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
        shares = Shares(
            queue=settings.queue_limit,
            active_runs=settings.active_runs,
            trainings_per_minute=settings.trainings_per_minute,
        )
        self.admission = Admission(store=self.store, lifecycle=self.lifecycle, shares=shares)
        self.tables = Tables(self.store)
        self.timing = Timing(self.store)
        self._predictions = Predictions(self.store)
        self._pld_ahead = PldAhead()
        self._one_document = threading.Lock()
        self._store_check = StoreCheck(self.store)
        self._known_slots = Slots(self.store, default=settings.slots)
        self.seats = Seats(settings.streams)
        self._tailer = Tailer(store=self.store, lifecycle=self.lifecycle)
        self._documents = Documents(self.lifecycle, self._document)
        self.sweeps = Sweeps(
            store=self.store,
            lifecycle=self.lifecycle,
            admission=self.admission,
            timing=self.timing,
            caps=Caps(run=settings.cost_seconds, sweep=settings.sweep_seconds),
            dispatcher=self.dispatcher,
            slots=self._slots,
            wait=self._wait_for_all,
        )

    def start_worker(self) -> None:
        """Take the lead if it is free, go on with what is queued, and have a training process warm."""
        self.dispatcher.start()

    def close(self) -> None:
        """End all waiting, give running trainings back to the queue, end what this process started."""
        self._tailer.close()
        self.dispatcher.close()
        self.store.close()

    def capabilities(self) -> dict[str, Any]:
        """Return {"real": {available, reason}, "engines": {name: {available, reason}}} of this server."""
        return capabilities()

    def readiness(self) -> dict[str, Any]:
        """Return {"real", "leader", "queue_length"}: whether real training is possible here (and why not),
        whether this process gives runs to trainers, and how many runs wait.

        Raises:
            StoreUnavailable: runs can neither be accepted nor shown; the message says why.
        """
        return {
            "real": capabilities()["real"],
            "leader": self.dispatcher.leads,
            "queue_length": self._store_check.queue_length(),
        }

    def earlier(self, visitor: Visitor, key: RequestKey | None) -> Admitted | None:
        """Return the run that a request with ``key`` made before; None where there is none and may be one.

        Raises:
            QueueFull, ClientLimited, KeyReused: none would be admitted.
            StoreUnavailable: the store cannot be read.
        """
        return self.admission.earlier(visitor, key)

    def start(
        self,
        parameters: RunParameters,
        *,
        fallback: RunParameters | None = None,
        notices: Sequence[Mapping[str, Any]] = (),
        visitor: Visitor = LOCAL,
        key: RequestKey | None = None,
        table_id: str | None = None,
    ) -> Admitted:
        """Queue a training and return its run, or the run that an earlier request with ``key`` made.

        ``table_id`` names the table that it trains on, which is deleted when the run has ended.

        Raises:
            EngineUnavailable: the engine's packages are not installed.
            TooExpensive: the run is estimated to take longer than one may.
            QueueFull, ClientLimited, KeyReused, UnknownTable: it is not admitted; nothing was made.
            StoreUnavailable: the store cannot be written; nothing was made.
        """
        return self._queue(training_job(parameters, fallback, notices), parameters, visitor, key, table_id)

    def audit(
        self, run_id: str, *, canaries: str, visitor: Visitor = LOCAL, key: RequestKey | None = None
    ) -> Admitted:
        """Queue an audit of the training ``run_id``, as a run of its own, and return that.

        ``canaries`` is one of ``app.privacy.audit_plan.CHOICES``. Raises as :meth:`start`, and:

        Raises:
            UnknownRun: no run has this id.
            CannotBeAudited: the run is an audit itself, or trained on a table that is deleted.
        """
        parameters, job = audit_job(self.document(run_id), canaries)
        return self._queue(job, parameters, visitor, key)

    def _queue(
        self,
        job: dict[str, Any],
        parameters: RunParameters,
        visitor: Visitor,
        key: RequestKey | None,
        table_id: str | None = None,
    ) -> Admitted:
        missing = missing_package(parameters.engine)
        if missing:
            raise EngineUnavailable(missing)
        estimate = self.timing.check(parameters, limit=self._settings.cost_seconds)
        admitted = self.admission.admit(job, visitor, key, estimated_seconds=estimate, table_id=table_id)
        self.dispatcher.start()
        self.dispatcher.wake()
        if not admitted.repeated:
            self._pld_ahead.want(parameters)
        return admitted

    def add_table(self, table: Table, info: TableInfo, *, visitor: Visitor = LOCAL) -> str:
        """Keep a table for a run to come and return its id; without one it is deleted within about an hour.

        Raises:
            TooManyTables: too many wait already; nothing was kept.
            StoreUnavailable: the store cannot be written; nothing was kept.
        """
        self.dispatcher.start()
        return self.tables.add(table, info, client=self.admission.client(visitor), limited=visitor.limited)

    def table(self, table_id: str) -> TableInfo:
        """Return what is public of a table that waits.

        Raises:
            UnknownTable: there is none with this id.
        """
        return self.tables.info(table_id)

    def delete_table(self, table_id: str) -> None:
        """Delete a table that waits.

        Raises:
            UnknownTable: there is none with this id.
            TableInUse: a run trains on it, or waits to.
        """
        self.tables.delete(table_id)

    def wait(self, run_id: str, seconds: float, *, gone: Callable[[], bool] = never) -> bool:
        """Return whether the run has ended, waiting at most ``seconds`` for it, and while a seat is free.

        ``gone`` tells whether the client has hung up, so that nobody is waited for.

        Raises:
            UnknownRun: no run has this id.
        """
        if self._mark(run_id)[1] in FINISHED_STATES:
            return True
        try:
            with self.seats.take():
                return self._tailer.wait(run_id, seconds, gone=gone)
        except NoSeat:
            return False

    def stream(self, run_id: str, *, after: int, gone: Callable[[], bool] = never) -> EventStream | None:
        """Return the run's events behind the event ``after``, live; None where it has ended with that one.

        Whoever sends the stream must close it.

        Raises:
            UnknownRun: no run has this id.
            NoSuchEvent: ``after`` is ahead of a run that goes on. To begin at its end instead would
                leave out, unnoticed, all that comes up to ``after``.
            NoSeat: this process serves as many streams as it may.
        """
        self.dispatcher.start()
        if not self._tailer.follows(run_id, after) and not self._has_more(run_id, after):
            return None
        seat = self.seats.take()
        return EventStream(
            self._tailer,
            run_id,
            position=after,
            seconds=self._settings.stream_seconds,
            gone=gone,
            on_close=seat.release,
        )

    def document(self, run_id: str) -> Document:
        """Return the run document as it stands.

        Raises:
            UnknownRun: no run has this id.
        """
        self.dispatcher.start()
        return self._documents.get(run_id)[0]

    def news(self, run_id: str, after: int) -> Document:
        """Return the document with ``events``, those behind the event ``after``, and ``last_event_id``.

        Each event is its object with its ``id``; all is of one moment, so that the next call can ask
        for what comes behind ``last_event_id``.

        Raises:
            UnknownRun: no run has this id.
        """
        self.dispatcher.start()
        document, last_event = self._documents.get(run_id)
        rows = self.lifecycle.raw(run_id, after=after) if after < last_event else []
        # The event's id goes before that which a notice has of its own; the document has the notices too.
        events = [{**json.loads(body), "id": id} for id, body in rows if id <= last_event]
        return {**document, "events": events, "last_event_id": last_event}

    def predict(self, run_id: str, image: Sequence[Sequence[float]]) -> dict[str, Any]:
        """Return what the run's models make of ``image``: see ``Predictions.of``, also for what it raises.

        Raises:
            UnknownRun: no run has this id.
        """
        return self._predictions.of(self.document(run_id), image)

    def cancel(self, run_id: str) -> Document:
        """Stop the run, keep what was measured, and return its document; a finished run is left alone.

        Waits for a running one to end (0.5 s; where it is stuck, 4 s), if a seat is free for that.

        Raises:
            UnknownRun: no run has this id.
        """
        self.dispatcher.start()
        if self.lifecycle.cancel(run_id) == "running":
            self.wait(run_id, CANCEL_SECONDS)
        # Who presses Stop shall not wait for the slower accountant, 1 s where its process is yet to start.
        return self._documents.get_once(run_id, partial(self._document, patient=False))

    def _wait_for_all(self, run_ids: Sequence[str]) -> None:
        """Wait until the runs, which are about to stop, have ended, ``CANCEL_SECONDS`` at most."""
        deadline = time.monotonic() + CANCEL_SECONDS
        for run_id in run_ids:
            self.wait(run_id, max(0.0, deadline - time.monotonic()))

    def _has_more(self, run_id: str, after: int) -> bool:
        """Return whether events come, or may come, behind the event ``after``; raise as for a stream."""
        last_event, state = self._mark(run_id)
        if after >= last_event and state in FINISHED_STATES:
            return False
        if after > last_event:
            raise NoSuchEvent(f"the run's last event so far is {last_event}")
        return True

    def _mark(self, run_id: str) -> tuple[int, str]:
        """Return (id of the last event, state) of the run."""
        marks = self.lifecycle.marks([run_id])
        if run_id not in marks:
            raise UnknownRun(run_id)
        return marks[run_id]

    def _document(self, record: Record, measurements: Measurements, *, patient: bool = True) -> Document:
        ended = record.state in FINISHED_STATES
        ahead = self.lifecycle.ahead(record) if record.state == "queued" else []
        eta = self.timing.eta(
            record, measurements.parameters, steps=measurements.steps, ahead=ahead, slots=self._slots()
        )
        # Twenty runs that come at once are mostly alike: what one document takes time to find (0.3 s of
        # advice) is there for the next. One that has ended waits for the slower accountant instead.
        with nullcontext() if ended else self._one_document:
            return run_document(
                measurements,
                run_id=record.id,
                state=record.state,
                evidence="measured",
                wait_for_pld=ended and patient,
                queue_position=_position(record, ahead),
                created_at=iso_time(record.created_at),
                eta_seconds=eta,
            )

    def _slots(self) -> int:
        executor = self.dispatcher.executor
        return (executor.live_slots() if executor else 0) or self._known_slots.known()

    def _executor(self, lifecycle: Lifecycle) -> Executor:
        settings = self._settings
        if settings.scheduler:
            # Imported only here: it takes 50 MB, and a single machine has no use for it.
            from app.runs.execution.dask_executor import DaskExecutor, security_of

            return DaskExecutor(
                lifecycle=lifecycle,
                scheduler=settings.scheduler,
                security=security_of(settings),
                lease=settings.lease,
            )
        return ProcessExecutor(
            lifecycle=lifecycle,
            slots=settings.slots,
            site={"data_directory": settings.data_dir, "offline": settings.offline},
            limits=Limits(lease=settings.lease, run=settings.run_seconds),
        )


def _position(record: Record, ahead: Sequence[Record]) -> int | None:
    """Return the place in the queue of a run that waits, 1 being the next."""
    return 1 + sum(other.state == "queued" for other in ahead) if record.state == "queued" else None
