"""The documents of a store's runs as they stand: each event is read and folded once a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from app.parameters import RunParameters
from app.runs.documents.document import Document, Measurements
from app.runs.store.database import StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Record, UnknownRun
from app.runs.store.schema import FINISHED_STATES

RUNS_KEPT = 50

Make = Callable[[Record, Measurements], Document]


@dataclass
class _Kept:
    """One run: what its first ``folded`` events came to, and the document made of that for ``record``."""

    record: Record
    measurements: Measurements
    folded: int = 0
    document: Document | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Documents:
    """Makes documents by ``make``, and keeps those of the runs asked for last; thread safe.

    A document of a running run is made anew only when the run has a new event; one of
    a run that waits always, because its place in the queue changes without one.
    """

    def __init__(self, lifecycle: Lifecycle, make: Make) -> None:
        self._lifecycle = lifecycle
        self._make = make
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, run_id: str) -> tuple[Document, int]:
        """Return the run's document, of one moment, and the id of the last event in it.

        Raises:
            UnknownRun: no run has this id.
        """
        kept = self._kept(run_id)
        with kept.lock:
            if kept.document is not None and self._is_deleted(run_id):
                self._forget(run_id)
                raise UnknownRun(run_id)
            return self._up_to_date(kept), kept.record.last_event

    def get_once(self, run_id: str, make: Make) -> Document:
        """Return the run's document made by another ``make``, which is not kept; a final one goes before it.

        Raises:
            UnknownRun: no run has this id.
        """
        kept = self._kept(run_id)
        with kept.lock:
            record = self._lifecycle.record(run_id)
            if kept.document is not None and kept.record == record and record.state in FINISHED_STATES:
                return kept.document
            self._fold(kept, record.last_event)
            return make(record, kept.measurements)

    def _is_deleted(self, run_id: str) -> bool:
        try:
            return not self._lifecycle.marks([run_id])
        except StoreUnavailable:  # what is kept can still be shown
            return False

    def _forget(self, run_id: str) -> None:
        with self._lock:
            self._runs.pop(run_id, None)

    def _kept(self, run_id: str) -> _Kept:
        with self._lock:
            if run_id in self._runs:
                self._runs.move_to_end(run_id)
                return self._runs[run_id]
        record = self._lifecycle.record(run_id)
        new = _Kept(record, _nothing_yet(record))
        with self._lock:
            kept = self._runs.setdefault(run_id, new)
            while len(self._runs) > RUNS_KEPT:
                self._runs.popitem(last=False)
        return kept

    def _up_to_date(self, kept: _Kept) -> Document:
        if kept.document is not None and kept.record.state in FINISHED_STATES:
            return kept.document
        record = self._lifecycle.record(kept.record.id)
        if kept.document is None or record != kept.record or record.state == "queued":
            self._fold(kept, record.last_event)
            kept.document = self._make(record, kept.measurements)
            kept.record = record
        return kept.document

    def _fold(self, kept: _Kept, last_event: int) -> None:
        for entry in self._lifecycle.entries(kept.record.id, after=kept.folded):
            if entry.id <= last_event:  # what came after the row was read is for the next document
                kept.measurements.add(entry.event)
                kept.folded = entry.id


def _nothing_yet(record: Record) -> Measurements:
    job = record.job
    plan = job.get("audit") and {"run_id": job.get("audited_run"), **job["audit"]}
    return Measurements(RunParameters.from_dict(job["parameters"]), notices=list(job["notices"]), audit=plan)
