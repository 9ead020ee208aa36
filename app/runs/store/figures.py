"""How many runs there are and what became of them, counted in the store for whoever watches the server."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import case, func, select

from app.runs.store.database import Store
from app.runs.store.schema import ACTIVE_STATES, FINISHED_STATES, events, runs
from app.runs.store.turns import requests_waiting

STATES = (*ACTIVE_STATES, *FINISHED_STATES)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of all runs that the store keeps; ``oldest_queued_seconds`` is 0 where none is queued.

    ``requests_waiting`` counts a sweep whose runs wait as one.
    """

    by_state: dict[str, int]
    requests_waiting: int
    oldest_queued_seconds: float
    retries: int
    crashes: int
    lost: int
    events: int
    training_seconds: float


def figures(store: Store) -> Figures:
    """Return the figures of ``store`` as they stand.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    beyond_first = case((runs.c.attempt > 1, runs.c.attempt - 1), else_=0)
    trained = case((runs.c.ended_at > runs.c.started_at, runs.c.ended_at - runs.c.started_at), else_=0.0)
    query = select(
        runs.c.state,
        func.count().label("runs"),
        func.min(runs.c.created_at).label("oldest"),
        func.sum(beyond_first).label("retries"),
        func.sum(runs.c.crashes).label("crashes"),
        func.sum(runs.c.last_event).label("events"),
        func.sum(trained).label("seconds"),
    ).group_by(runs.c.state)
    last = (events.c.run_id == runs.c.id) & (events.c.id == runs.c.last_event)
    lost = (
        select(func.count())
        .select_from(runs.join(events, last))
        .where((runs.c.state == "failed") & events.c.body.contains('"kind":"lost"'))
    )
    with store.reading() as connection:
        rows = {row.state: row for row in connection.execute(query)}
        lost_runs = int(connection.execute(lost).scalar_one())
        waiting = requests_waiting(connection)
    return Figures(
        by_state={state: rows[state].runs if state in rows else 0 for state in STATES},
        requests_waiting=waiting,
        oldest_queued_seconds=max(0.0, time.time() - rows["queued"].oldest) if "queued" in rows else 0.0,
        retries=sum(int(row.retries) for row in rows.values()),
        crashes=sum(int(row.crashes) for row in rows.values()),
        lost=lost_runs,
        events=sum(int(row.events) for row in rows.values()),
        training_seconds=sum(float(row.seconds) for row in rows.values()),
    )
