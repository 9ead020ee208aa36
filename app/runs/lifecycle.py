"""What may happen to a run, each change one transaction of the store.

States go ``queued → running → done | failed | cancelled``; the one way back is
``running → queued``, told by a Retrying event. An attempt is owned by a random
token: whoever writes for it must hold the token the row holds, or is refused.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from app.events import Event, Finished, Retrying, Started, decode, encode
from app.runs.attempts import Told, attempts_told
from app.runs.store import Store, events, facts, runs
from app.runs.tables import Tables, forget_of_run
from app.runs.turns import retire, turn
from app.runs.weights import keep

FINISHED_STATES = frozenset({"done", "failed", "cancelled"})
RUN_ID_BYTES = 12  # 96 bits: an id is a capability, so it must not be guessable
CRASHES_ALLOWED = 1  # one retry after a trainer's death
CALIBRATION = "calibration"  # the fact that holds what a training process measured of its speed
NO_WEIGHTS: Mapping[str, bytes] = MappingProxyType({})
ATTEMPTS_ALLOWED = 8  # a run whose server dies each time must not take it down for ever

LOST = (
    "The training process ended before the run was finished, and again when it was retried ({why}). "
    "Start the run again; if it ends so again, the machine may be short of memory."
)
INTERRUPTED = (
    "The server was interrupted {attempts} times while this run was training; it was given up. "
    "Start the run again when the server is steady."
)


class UnknownRun(LookupError):
    """No run has this id (or it has been deleted for its age)."""


class Fenced(RuntimeError):
    """The attempt is not the run's present one any more: its keeper must stop and write nothing."""


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A training to be queued. ``client`` and ``request_key`` are keyed hashes, see ``admission``."""

    job: Mapping[str, Any]
    client: str
    request_key: str | None = None
    request_print: str | None = None
    estimated_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to execute one attempt of a run; ``earlier`` is what each lost one told of (``attempts``)."""

    run_id: str
    owner: str
    attempt: int
    job: dict[str, Any]
    earlier: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running attempt as the leader sees it."""

    run_id: str
    owner: str
    heartbeat: int
    cancel_requested: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """The row of one run, without its client."""

    id: str
    sequence: int
    state: str
    job: dict[str, Any]
    created_at: float
    started_at: float | None
    ended_at: float | None
    attempt: int
    last_event: int
    estimated_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of a run with its id, 1 being the first."""

    id: int
    event: Event


class Lifecycle:
    """The transitions of all runs of ``store``. Thread safe, and safe among processes.

    Every method raises ``StoreUnavailable`` when the store cannot be used; then nothing was changed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- the client's side

    def admit(self, connection: Connection, new: NewRun) -> str:
        """Queue ``new`` within the transaction of ``connection`` and return its id."""
        run_id = secrets.token_hex(RUN_ID_BYTES)
        connection.execute(
            insert(runs).values(
                id=run_id,
                state="queued",
                job=json.dumps(new.job),
                client=new.client,
                request_key=new.request_key,
                request_print=new.request_print,
                estimated_seconds=new.estimated_seconds,
                created_at=time.time(),
            )
        )
        return run_id

    def cancel(self, run_id: str) -> str:
        """Ask that the run stops, at once if it is queued, and return its state after that.

        Raises:
            UnknownRun: no run has this id.
        """
        with self._store.writing() as connection:
            return cancel(connection, run_id)

    def record(self, run_id: str) -> Record:
        """Return the run's row.

        Raises:
            UnknownRun: no run has this id.
        """
        with self._store.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
        if row is None:
            raise UnknownRun(run_id)
        return _record(row)

    def entries(self, run_id: str, *, after: int = 0) -> list[Entry]:
        """Return the run's events with an id above ``after``, in their order; [] for an unknown run."""
        return [Entry(id=id, event=decode(json.loads(body))) for id, body in self.raw(run_id, after=after)]

    def raw(self, run_id: str, *, after: int = 0, limit: int | None = None) -> list[tuple[int, str]]:
        """Return (id, JSON text) of the run's first ``limit`` (or all) events with an id above ``after``."""
        wanted = (events.c.run_id == run_id) & (events.c.id > after)
        query = select(events.c.id, events.c.body).where(wanted).order_by(events.c.id).limit(limit)
        with self._store.reading() as connection:
            return [(id, body) for id, body in connection.execute(query)]

    def marks(self, run_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        """Return {run id: (id of its last event, state)} of those runs that exist."""
        query = select(runs.c.id, runs.c.last_event, runs.c.state).where(runs.c.id.in_(run_ids))
        with self._store.reading() as connection:
            return {id: (last_event, state) for id, last_event, state in connection.execute(query)}

    def ahead(self, record: Record) -> list[Record]:
        """Return the runs that will be started before this queued one, in their order, and those running."""
        line = self.line()
        own = next((place for place, other in enumerate(line) if other.id == record.id), len(line))
        return [other for place, other in enumerate(line) if place < own or other.state == "running"]

    def line(self) -> list[Record]:
        """Return all runs that run or wait, in the order in which they are started."""
        active = runs.c.state.in_(("queued", "running"))
        with self._store.reading() as connection:
            return [_record(row) for row in connection.execute(select(runs).where(active).order_by(*turn()))]

    def count(self, state: str) -> int:
        """Return how many runs are in ``state``."""
        with self._store.reading() as connection:
            return count(connection, runs.c.state == state)

    # -- the leader's side

    def claim(self) -> Claim | None:
        """Give the queued run whose turn it is to a new owner and return the claim; None where none waits."""
        with self._store.writing() as connection:
            first = select(runs).where(runs.c.state == "queued").order_by(*turn()).limit(1)
            row = connection.execute(first.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            claim = Claim(
                run_id=row.id,
                owner=secrets.token_hex(16),
                attempt=row.attempt + 1,
                job=json.loads(row.job),
                earlier=[asdict(told) for told in _told(connection, row)],
            )
            connection.execute(
                update(runs)
                .where(runs.c.id == row.id)
                .values(
                    state="running",
                    owner=claim.owner,
                    attempt=claim.attempt,
                    entered=0,
                    started_at=time.time(),
                    heartbeat=runs.c.heartbeat + 1,
                )
            )
            _append(connection, row.id, row.last_event, [Started(attempt=claim.attempt)])
            return claim

    def running(self) -> list[Running]:
        """Return all running attempts."""
        query = select(runs).where(runs.c.state == "running").order_by(runs.c.sequence)
        with self._store.reading() as connection:
            return [
                Running(
                    run_id=row.id,
                    owner=row.owner,
                    heartbeat=row.heartbeat,
                    cancel_requested=bool(row.cancel_requested),
                )
                for row in connection.execute(query)
            ]

    def note_speed(self, calibration: Mapping[str, float]) -> None:
        """Note {"examples_per_second"} of the default task, as a training process measured it at start."""
        with self._store.writing() as connection:
            connection.execute(delete(facts).where(facts.c.name == CALIBRATION))
            connection.execute(insert(facts).values(name=CALIBRATION, value=json.dumps(calibration)))

    def retire(self, *, ended_before: float) -> int:
        """Delete the finished runs that ended before that time (seconds since the epoch); return how many."""
        with self._store.writing() as connection:
            return retire(connection, ended_before=ended_before)

    # -- the side of an attempt's keeper; all but lose() raise Fenced for one that is not the present owner

    def enter(self, run_id: str, owner: str) -> None:
        """Begin the attempt; only the first to come may (a scheduler can start the same task twice)."""
        with self._store.writing() as connection:
            mine = _owned(run_id, owner) & (runs.c.entered == 0)
            changed = connection.execute(
                update(runs).where(mine).values(entered=1, heartbeat=runs.c.heartbeat + 1)
            )
            _unless_fenced(changed.rowcount)

    def table(self, run_id: str) -> bytes | None:
        """Return the bytes of the table that the run trains on; None where it has none."""
        return Tables(self._store).content(run_id)

    def append(self, run_id: str, owner: str, new: Sequence[Event]) -> None:
        """Add ``new`` (no Finished among them) to the run's events, which is a sign of life too."""
        with self._store.writing() as connection:
            row = _locked_owned(connection, run_id, owner)
            _append(connection, run_id, row.last_event, new)

    def beat(self, run_id: str, owner: str) -> None:
        """Give a sign of life."""
        with self._store.writing() as connection:
            changed = connection.execute(
                update(runs).where(_owned(run_id, owner)).values(heartbeat=runs.c.heartbeat + 1)
            )
            _unless_fenced(changed.rowcount)

    def cancel_requested(self, run_id: str, owner: str) -> bool:
        """Return whether the attempt shall stop."""
        query = select(runs.c.cancel_requested).where(_owned(run_id, owner))
        with self._store.reading() as connection:
            asked = connection.execute(query).scalar_one_or_none()
        _unless_fenced(int(asked is not None))
        return bool(asked)

    def finish(
        self,
        run_id: str,
        owner: str,
        new: Sequence[Event],
        finished: Finished,
        *,
        weights: Mapping[str, bytes] = NO_WEIGHTS,
    ) -> None:
        """Add ``new`` and then ``finished``, and end the run with its state; one done keeps ``weights``."""
        with self._store.writing() as connection:
            row = _locked_owned(connection, run_id, owner)
            last_event = _append(connection, run_id, row.last_event, new)
            _end(connection, row, finished, last_event=last_event)
            if finished.state == "done":
                keep(connection, run_id, weights)

    def lose(
        self, run_id: str, owner: str, *, why: str, crash: bool, new: Sequence[Event] = ()
    ) -> str | None:
        """End the attempt, whose trainer is gone: queue the run again, or fail it, or let it be cancelled.

        ``crash`` says that the trainer itself died, which is forgiven once; else it was its server,
        which is forgiven more often. ``new`` are events of the attempt not yet in the store.
        Returns the run's state after that; None when ``owner`` is not the present one (nothing is changed).
        """
        with self._store.writing() as connection:
            row = connection.execute(
                select(runs).where(_owned(run_id, owner)).with_for_update()
            ).one_or_none()
            if row is None:
                return None
            last_event = _append(connection, run_id, row.last_event, new)
            finished = _verdict(connection, row, why=why, crash=crash)
            if finished is not None:
                _end(connection, row, finished, last_event=last_event)
                return finished.state
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(state="queued", owner=None, crashes=row.crashes + int(crash))
            )
            _append(connection, run_id, last_event, [Retrying(attempt=row.attempt, why=why)])
            return "queued"


def cancel(connection: Connection, run_id: str) -> str:
    """Do what :meth:`Lifecycle.cancel` does, which says more, within the transaction of ``connection``."""
    row = _locked(connection, run_id)
    if row.state == "queued":
        # What earlier attempts spent stays charged: it is in their own events.
        _end(connection, row, Finished(state="cancelled", steps=0, training_seconds=0.0))
        return "cancelled"
    if row.state == "running":
        connection.execute(update(runs).where(runs.c.id == run_id).values(cancel_requested=1))
    return str(row.state)


def count(connection: Connection, condition: Any) -> int:
    """Return how many runs fulfil ``condition``."""
    return int(connection.execute(select(func.count()).select_from(runs).where(condition)).scalar_one())


def _owned(run_id: str, owner: str) -> Any:
    return (runs.c.id == run_id) & (runs.c.owner == owner) & (runs.c.state == "running")


def _unless_fenced(changed: int) -> None:
    if changed != 1:
        raise Fenced("another attempt owns the run, or it has ended")


def _locked(connection: Connection, run_id: str) -> Row[Any]:
    row = connection.execute(select(runs).where(runs.c.id == run_id).with_for_update()).one_or_none()
    if row is None:
        raise UnknownRun(run_id)
    return row


def _locked_owned(connection: Connection, run_id: str, owner: str) -> Row[Any]:
    row = connection.execute(select(runs).where(_owned(run_id, owner)).with_for_update()).one_or_none()
    if row is None:
        raise Fenced("another attempt owns the run, or it has ended")
    return row


def _append(connection: Connection, run_id: str, last_event: int, new: Sequence[Event]) -> int:
    """Add ``new`` behind the event ``last_event`` and return the id of the last."""
    if not new:
        return last_event
    now = time.time()
    rows = [
        {"run_id": run_id, "id": last_event + number, "created_at": now, "body": _body(event)}
        for number, event in enumerate(new, start=1)
    ]
    connection.execute(insert(events), rows)
    last_event += len(rows)
    connection.execute(
        update(runs).where(runs.c.id == run_id).values(last_event=last_event, heartbeat=runs.c.heartbeat + 1)
    )
    return last_event


def _end(connection: Connection, row: Row[Any], finished: Finished, *, last_event: int | None = None) -> None:
    _append(connection, row.id, row.last_event if last_event is None else last_event, [finished])
    forget_of_run(connection, row.id)
    connection.execute(
        update(runs).where(runs.c.id == row.id).values(state=finished.state, owner=None, ended_at=time.time())
    )


def _verdict(connection: Connection, row: Row[Any], *, why: str, crash: bool) -> Finished | None:
    """Return how a run ends whose attempt was lost, None when it shall be tried again."""
    if row.cancel_requested:
        state, error = "cancelled", None
    elif crash and row.crashes >= CRASHES_ALLOWED:
        state, error = "failed", {"kind": "lost", "message": LOST.format(why=why)}
    elif row.attempt >= ATTEMPTS_ALLOWED:
        state, error = "failed", {"kind": "lost", "message": INTERRUPTED.format(attempts=row.attempt)}
    else:
        return None
    steps = _told(connection, row)[-1].steps
    seconds = max(0.0, time.time() - row.started_at)  # a clock may have been set back
    return Finished(state=state, steps=steps, training_seconds=seconds, error=error)


def _told(connection: Connection, row: Row[Any]) -> list[Told]:
    """Return what each attempt of the run has told of, [] before the first."""
    if row.attempt == 0:
        return []
    query = select(events.c.body).where(events.c.run_id == row.id).order_by(events.c.id)
    return attempts_told(decode(json.loads(body)) for body in connection.execute(query).scalars())


def _body(event: Event) -> str:
    return json.dumps(encode(event), allow_nan=False, separators=(",", ":"))


def _record(row: Row[Any]) -> Record:
    return Record(
        id=row.id,
        sequence=row.sequence,
        state=row.state,
        job=json.loads(row.job),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        attempt=row.attempt,
        last_event=row.last_event,
        estimated_seconds=row.estimated_seconds,
    )
