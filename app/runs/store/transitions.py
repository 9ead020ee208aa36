"""What a change of a run consists of: the steps that the transitions of ``lifecycle`` share.

Each is done within the transaction of its ``connection``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from app.events import Event, Finished, decode, encode
from app.runs.store.attempts import Told, attempts_told
from app.runs.store.records import Fenced, UnknownRun
from app.runs.store.schema import events, runs
from app.runs.store.tables import forget_of_run

CRASHES_ALLOWED = 1  # one retry after a trainer's death
ATTEMPTS_ALLOWED = 8  # a run whose server dies each time must not take it down for ever

LOST = (
    "The training process ended before the run was finished, and again when it was retried ({why}). "
    "Start the run again; if it ends so again, the machine may be short of memory."
)
INTERRUPTED = (
    "The server was interrupted {attempts} times while this run was training; it was given up. "
    "Start the run again when the server is steady."
)


def cancel(connection: Connection, run_id: str) -> str:
    """Do what :meth:`Lifecycle.cancel` does, which says more, within the transaction of ``connection``."""
    row = locked(connection, run_id)
    if row.state == "queued":
        # What earlier attempts spent stays charged: it is in their own events.
        end(connection, row, Finished(state="cancelled", steps=0, training_seconds=0.0))
        return "cancelled"
    if row.state == "running":
        connection.execute(update(runs).where(runs.c.id == run_id).values(cancel_requested=1))
    return str(row.state)


def count(connection: Connection, condition: Any) -> int:
    """Return how many runs fulfil ``condition``."""
    return int(connection.execute(select(func.count()).select_from(runs).where(condition)).scalar_one())


def owned(run_id: str, owner: str) -> Any:
    """Return the condition that the run is executed by the attempt of ``owner``."""
    return (runs.c.id == run_id) & (runs.c.owner == owner) & (runs.c.state == "running")


def unless_fenced(changed: int) -> None:
    """Raise Fenced unless exactly one row was ``changed``, or found."""
    if changed != 1:
        raise Fenced("another attempt owns the run, or it has ended")


def locked(connection: Connection, run_id: str) -> Row[Any]:
    """Return the run's row, locked for this transaction; raise UnknownRun where there is none."""
    row = connection.execute(select(runs).where(runs.c.id == run_id).with_for_update()).one_or_none()
    if row is None:
        raise UnknownRun(run_id)
    return row


def locked_owned(connection: Connection, run_id: str, owner: str) -> Row[Any]:
    """Return the same of a run whose present attempt is ``owner``'s; raise Fenced where it is not."""
    row = connection.execute(select(runs).where(owned(run_id, owner)).with_for_update()).one_or_none()
    if row is None:
        raise Fenced("another attempt owns the run, or it has ended")
    return row


def append(connection: Connection, run_id: str, last_event: int, new: Sequence[Event]) -> int:
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


def end(connection: Connection, row: Row[Any], finished: Finished, *, last_event: int | None = None) -> None:
    """End the run as ``finished`` says; ``last_event`` where that is newer than the row's."""
    append(connection, row.id, row.last_event if last_event is None else last_event, [finished])
    forget_of_run(connection, row.id)
    connection.execute(
        update(runs).where(runs.c.id == row.id).values(state=finished.state, owner=None, ended_at=time.time())
    )


def verdict(connection: Connection, row: Row[Any], *, why: str, crash: bool) -> Finished | None:
    """Return how a run ends whose attempt was lost, None when it shall be tried again."""
    if row.cancel_requested:
        state, error = "cancelled", None
    elif crash and row.crashes >= CRASHES_ALLOWED:
        state, error = "failed", {"kind": "lost", "message": LOST.format(why=why)}
    elif row.attempt >= ATTEMPTS_ALLOWED:
        state, error = "failed", {"kind": "lost", "message": INTERRUPTED.format(attempts=row.attempt)}
    else:
        return None
    steps = told(connection, row)[-1].steps
    seconds = max(0.0, time.time() - row.started_at)  # a clock may have been set back
    return Finished(state=state, steps=steps, training_seconds=seconds, error=error)


def told(connection: Connection, row: Row[Any]) -> list[Told]:
    """Return what each attempt of the run has told of, [] before the first."""
    if row.attempt == 0:
        return []
    query = select(events.c.body).where(events.c.run_id == row.id).order_by(events.c.id)
    return attempts_told(decode(json.loads(body)) for body in connection.execute(query).scalars())


def _body(event: Event) -> str:
    return json.dumps(encode(event), allow_nan=False, separators=(",", ":"))
