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
from dataclasses import asdict
from types import MappingProxyType

from sqlalchemy import Connection, delete, insert, select, update

from app.events import Event, Finished, Retrying, Started, decode
from app.runs.store import transitions
from app.runs.store.database import Store
from app.runs.store.records import Claim, Entry, NewRun, Record, Running, UnknownRun, record_of
from app.runs.store.schema import ACTIVE_STATES, events, facts, runs
from app.runs.store.tables import Tables
from app.runs.store.turns import retire, sooner_than, turn
from app.runs.store.weights import keep

RUN_ID_BYTES = 12  # 96 bits: an id is a capability, so it must not be guessable
CALIBRATION = "calibration"  # the fact that holds what a training process measured of its speed
NO_WEIGHTS: Mapping[str, bytes] = MappingProxyType({})


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
            return transitions.cancel(connection, run_id)

    def record(self, run_id: str) -> Record:
        """Return the run's row.

        Raises:
            UnknownRun: no run has this id.
        """
        with self._store.reading() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
        if row is None:
            raise UnknownRun(run_id)
        return record_of(row)

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
        with self._store.reading() as connection:
            sooner = (runs.c.state == "queued") & sooner_than(connection, record.id, record.sequence)
            query = select(runs).where(sooner | (runs.c.state == "running"))
            return [record_of(row) for row in connection.execute(query.order_by(*turn()))]

    def line(self) -> list[Record]:
        """Return all runs that run or wait, in the order in which they are started."""
        active = runs.c.state.in_(ACTIVE_STATES)
        with self._store.reading() as connection:
            return [
                record_of(row) for row in connection.execute(select(runs).where(active).order_by(*turn()))
            ]

    def count(self, state: str) -> int:
        """Return how many runs are in ``state``."""
        with self._store.reading() as connection:
            return transitions.count(connection, runs.c.state == state)

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
                earlier=[asdict(told) for told in transitions.told(connection, row)],
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
            transitions.append(connection, row.id, row.last_event, [Started(attempt=claim.attempt)])
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
            mine = transitions.owned(run_id, owner) & (runs.c.entered == 0)
            changed = connection.execute(
                update(runs).where(mine).values(entered=1, heartbeat=runs.c.heartbeat + 1)
            )
            transitions.unless_fenced(changed.rowcount)

    def table(self, run_id: str) -> bytes | None:
        """Return the bytes of the table that the run trains on; None where it has none."""
        return Tables(self._store).content(run_id)

    def append(self, run_id: str, owner: str, new: Sequence[Event]) -> None:
        """Add ``new`` (no Finished among them) to the run's events, which is a sign of life too."""
        with self._store.writing() as connection:
            row = transitions.locked_owned(connection, run_id, owner)
            transitions.append(connection, run_id, row.last_event, new)

    def beat(self, run_id: str, owner: str) -> None:
        """Give a sign of life."""
        with self._store.writing() as connection:
            changed = connection.execute(
                update(runs).where(transitions.owned(run_id, owner)).values(heartbeat=runs.c.heartbeat + 1)
            )
            transitions.unless_fenced(changed.rowcount)

    def cancel_requested(self, run_id: str, owner: str) -> bool:
        """Return whether the attempt shall stop."""
        query = select(runs.c.cancel_requested).where(transitions.owned(run_id, owner))
        with self._store.reading() as connection:
            asked = connection.execute(query).scalar_one_or_none()
        transitions.unless_fenced(int(asked is not None))
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
            row = transitions.locked_owned(connection, run_id, owner)
            last_event = transitions.append(connection, run_id, row.last_event, new)
            transitions.end(connection, row, finished, last_event=last_event)
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
                select(runs).where(transitions.owned(run_id, owner)).with_for_update()
            ).one_or_none()
            if row is None:
                return None
            last_event = transitions.append(connection, run_id, row.last_event, new)
            finished = transitions.verdict(connection, row, why=why, crash=crash)
            if finished is not None:
                transitions.end(connection, row, finished, last_event=last_event)
                return finished.state
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(state="queued", owner=None, crashes=row.crashes + int(crash))
            )
            transitions.append(connection, run_id, last_event, [Retrying(attempt=row.attempt, why=why)])
            return "queued"
