"""The sweep service: what the routes ask of sweeps. Each run of one is an ordinary run."""

from __future__ import annotations

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.parameters import RunParameters
from app.runs.admission import Admission, Admitted, RequestKey, Visitor
from app.runs.capabilities import EngineUnavailable, missing_package
from app.runs.documents.document import Document, iso_time
from app.runs.execution.dispatcher import Dispatcher
from app.runs.jobs import training_job
from app.runs.store.database import Store
from app.runs.store.lifecycle import RUN_ID_BYTES, Lifecycle
from app.runs.store.schema import FINISHED_STATES, runs, sweep_runs, sweeps
from app.runs.store.transitions import cancel
from app.runs.sweeps.document import SweptRun, sweep_document, sweep_state
from app.runs.sweeps.plan import Grid, SweepPlan
from app.runs.sweeps.results import RunResult
from app.runs.timing import Timing, TooExpensive

RUNS_KEPT = 600  # ten sweeps of the largest size


class UnknownSweep(LookupError):
    """No sweep has this id (or it has been deleted for its age)."""


class SweepTooLong(TooExpensive):
    """A sweep is estimated to take longer than one may."""


@dataclass(frozen=True, kw_only=True)
class AdmittedSweep:
    """The sweep of a request; ``repeated`` if an earlier one with the same Idempotency-Key had made it."""

    sweep_id: str
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Caps:
    """How many seconds are admitted: of one run, and of a whole sweep."""

    run: float
    sweep: float


@dataclass
class _Kept:
    """What the first ``folded`` events of a run came to."""

    result: RunResult
    folded: int = 0
    lock: Lock = field(default_factory=Lock)


class Sweeps:
    """Accepts, shows and stops sweeps. Thread safe; several processes may serve one store.

    ``slots`` tells how many runs train at once; ``wait`` waits, a few seconds at most, for runs to end that
    have been asked to stop.
    """

    def __init__(
        self,
        *,
        store: Store,
        lifecycle: Lifecycle,
        admission: Admission,
        timing: Timing,
        caps: Caps,
        dispatcher: Dispatcher,
        slots: Callable[[], int],
        wait: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._admission = admission
        self._timing = timing
        self._caps = caps
        self._dispatcher = dispatcher
        self._slots = slots
        self._wait = wait
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def earlier(self, visitor: Visitor, key: RequestKey | None) -> AdmittedSweep | None:
        """Return the sweep that a request with ``key`` made before; None where there is none and may be one.

        Raises:
            QueueFull, ClientLimited, KeyReused: none would be admitted.
            StoreUnavailable: the store cannot be read.
        """
        admitted = self._admission.earlier(visitor, key)
        return self._sweep_of(admitted) if admitted else None

    def start(self, plan: SweepPlan, *, visitor: Visitor, key: RequestKey | None = None) -> AdmittedSweep:
        """Queue all runs of ``plan`` and return their sweep, or that which an earlier request made.

        Raises:
            EngineUnavailable: the engine's packages are not installed.
            TooExpensive, SweepTooLong: a run, or the whole sweep, is estimated to take longer than it may.
            QueueFull, ClientLimited, KeyReused: it is not admitted; nothing was made.
            StoreUnavailable: the store cannot be written; nothing was made.
        """
        missing = missing_package(plan.runs[0].parameters.engine)
        if missing:
            raise EngineUnavailable(missing)
        estimates = self._affordable(plan)
        in_turn = [plan.grid.number_at(position) for position in range(plan.grid.runs)]
        jobs = [
            (training_job(run.parameters, run.fallback, run.notices), estimates[number])
            for number in in_turn
            for run in (plan.runs[number],)
        ]
        admitted = self._admission.admit_together(jobs, visitor, key, complete=_joined(plan.grid))
        self._dispatcher.start()
        self._dispatcher.wake()
        return self._sweep_of(admitted)

    def cost(self, plan: SweepPlan) -> dict[str, Any]:
        """Return {"runs", "seconds", "source", "limit_seconds"} of ``plan``; no seconds for a simulation."""
        real = plan.runs[0].parameters.mode == "real"
        seconds = self._timing.together(self._estimates(plan), slots=self._slots()) if real else None
        measured = self._timing.rate().source == "runs"
        return {
            "runs": plan.grid.runs,
            "seconds": None if seconds is None else round(seconds, 1),
            "source": ("measured" if measured else "estimated") if real else None,
            "limit_seconds": self._caps.sweep,
        }

    def document(self, sweep_id: str) -> Document:
        """Return the sweep document as it stands.

        Raises:
            UnknownSweep: no sweep has this id.
        """
        self._dispatcher.start()
        sweep, rows = self._rows(sweep_id)
        grid = Grid.from_dict(json.loads(sweep.grid))
        by_number = sorted(rows, key=lambda row: grid.number_at(row.position))
        swept = [SweptRun(id=row.id, state=row.state, result=self._result(row)) for row in by_number]
        waits = any(row.state not in FINISHED_STATES for row in rows)
        return sweep_document(
            grid,
            swept,
            sweep_id=sweep_id,
            state=sweep_state([row.state for row in rows], stopped=bool(sweep.stopped)),
            created_at=iso_time(sweep.created_at),
            eta_seconds=self._eta([row.id for row in rows]) if waits else None,
        )

    def cancel(self, sweep_id: str) -> Document:
        """Stop all its runs, keep what was measured, and return its document.

        A sweep that has ended is left alone. Waits, as ``RunService.cancel`` does, for running runs to end.

        Raises:
            UnknownSweep: no sweep has this id.
        """
        _, rows = self._rows(sweep_id)
        going = [row.id for row in rows if row.state not in FINISHED_STATES]
        with self._store.writing() as connection:
            states = {run_id: cancel(connection, run_id) for run_id in going}
            if any(state in ("running", "cancelled") for state in states.values()):
                connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(stopped=1))
        self._wait([run_id for run_id, state in states.items() if state == "running"])
        return self.document(sweep_id)

    def _estimates(self, plan: SweepPlan) -> list[float]:
        return [self._timing.seconds(run.parameters) for run in plan.runs]

    def _affordable(self, plan: SweepPlan) -> list[float]:
        """Return the estimate of each run in seconds; raise TooExpensive or SweepTooLong."""
        estimates = [self._timing.check(run.parameters, limit=self._caps.run) for run in plan.runs]
        whole = self._timing.together(estimates, slots=self._slots())
        if whole > self._caps.sweep:
            raise SweepTooLong(estimate=whole, limit=self._caps.sweep)
        return estimates

    def _sweep_of(self, admitted: Admitted) -> AdmittedSweep:
        query = select(sweep_runs.c.sweep_id).where(sweep_runs.c.run_id == admitted.run_id)
        with self._store.reading() as connection:
            sweep_id = connection.execute(query).scalar_one()
        return AdmittedSweep(sweep_id=sweep_id, repeated=admitted.repeated)

    def _rows(self, sweep_id: str) -> tuple[Row[Any], Sequence[Row[Any]]]:
        """Return the sweep's row, and those of its runs with their positions."""
        columns = (runs.c.id, runs.c.state, runs.c.job, runs.c.last_event, sweep_runs.c.position)
        mine = sweep_runs.c.sweep_id == sweep_id
        joined = select(*columns).join(sweep_runs, sweep_runs.c.run_id == runs.c.id)
        query = joined.where(mine).order_by(sweep_runs.c.position)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
            # After the runs: the transaction that ends them says why, and so a stop is never missed.
            sweep = connection.execute(select(sweeps).where(sweeps.c.id == sweep_id)).one_or_none()
        if sweep is None or not rows:
            raise UnknownSweep(sweep_id)
        return sweep, rows

    def _result(self, row: Row[Any]) -> RunResult:
        """Return what the run has come to, reading those of its events that are new."""
        kept = self._kept_of(row)
        with kept.lock:
            new = self._lifecycle.entries(row.id, after=kept.folded) if kept.folded < row.last_event else []
            for entry in new:
                if entry.id <= row.last_event:  # what came after the row was read is for the next document
                    kept.result.add(entry.event)
                    kept.folded = entry.id
            return copy(kept.result)

    def _kept_of(self, row: Row[Any]) -> _Kept:
        with self._lock:
            if row.id not in self._kept:
                job = json.loads(row.job)
                asked = RunParameters.from_dict(job["parameters"])
                self._kept[row.id] = _Kept(RunResult(asked, notices=job["notices"]))
                while len(self._kept) > RUNS_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(row.id)
            return self._kept[row.id]

    def _eta(self, run_ids: Sequence[str]) -> float | None:
        return self._timing.eta_of_all(run_ids, line=self._lifecycle.line(), slots=self._slots())


def _joined(grid: Grid) -> Callable[[Connection, Sequence[str]], None]:
    """Return what makes the sweep of runs that have been queued in the order of their turns."""

    def join(connection: Connection, run_ids: Sequence[str]) -> None:
        sweep_id = secrets.token_hex(RUN_ID_BYTES)
        row = {"id": sweep_id, "grid": json.dumps(grid.to_dict()), "created_at": time.time()}
        connection.execute(insert(sweeps).values(**row))
        members = [
            {"run_id": run_id, "sweep_id": sweep_id, "position": position}
            for position, run_id in enumerate(run_ids)
        ]
        connection.execute(insert(sweep_runs), members)

    return join
