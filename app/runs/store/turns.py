"""In what order runs that wait are started, what counts as one request among them, and when they are deleted.

A single run, for which somebody waits, goes before those of sweeps. Sweeps share the rest: the first run
of each goes before the second of any. A sweep is one request however many runs it has, and they are
deleted together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, select

from app.runs.store.schema import ACTIVE_STATES, FINISHED_STATES, events, runs, sweep_runs, sweeps

SINGLE = -1  # the place of a run that belongs to no sweep: before the first of any


def turn() -> tuple[Any, ...]:
    """Return what to order a selection of ``runs`` by, so that those to be started sooner come first."""
    return _place(), runs.c.sequence


def sooner_than(connection: Connection, run_id: str, sequence: int) -> Any:
    """Return the condition on ``runs`` that their turn comes before that of a run."""
    query = select(sweep_runs.c.position).where(sweep_runs.c.run_id == run_id)
    position = connection.execute(query).scalar_one_or_none()
    place = SINGLE if position is None else position
    return (_place() < place) | ((_place() == place) & (runs.c.sequence < sequence))


def requests_waiting(connection: Connection) -> int:
    """Return how many single runs, and sweeps with such a run, are queued."""
    return _count(connection, runs.c.state == "queued")


def requests_active(connection: Connection, client: str) -> int:
    """Return how many single runs of ``client``, and sweeps with such a run, are queued or running."""
    return _count(connection, (runs.c.client == client) & runs.c.state.in_(ACTIVE_STATES))


def requests_made(connection: Connection, client: str, *, since: float, until: float) -> list[float]:
    """Return when ``client`` asked for single runs and sweeps between two times, the earliest first."""
    lately = (runs.c.client == client) & runs.c.created_at.between(since, until)
    made_at = func.min(runs.c.created_at)
    query = _requests(made_at).where(lately).group_by(_request_id()).order_by(made_at)
    return list(connection.execute(query).scalars())


def retire(connection: Connection, *, ended_before: float) -> int:
    """Delete the finished runs that ended before that time (seconds since the epoch); return how many.

    A sweep's runs stay until all of them are as old, and go with it.
    """
    ids = select(runs.c.id).where(_is_old(runs, ended_before) & ~_has_younger_sibling(ended_before))
    connection.execute(delete(events).where(events.c.run_id.in_(ids)))
    deleted = int(connection.execute(delete(runs).where(runs.c.id.in_(ids))).rowcount)
    connection.execute(delete(sweeps).where(sweeps.c.id.not_in(select(sweep_runs.c.sweep_id))))
    return deleted


def _place() -> Any:
    own = select(sweep_runs.c.position).where(sweep_runs.c.run_id == runs.c.id).correlate(runs)
    return func.coalesce(own.scalar_subquery(), SINGLE)


def _request_id() -> Any:
    return func.coalesce(sweep_runs.c.sweep_id, runs.c.id)


def _requests(*columns: Any) -> Select[Any]:
    joined = runs.outerjoin(sweep_runs, sweep_runs.c.run_id == runs.c.id)
    return select(*columns).select_from(joined)


def _count(connection: Connection, condition: Any) -> int:
    query = _requests(func.count(_request_id().distinct())).where(condition)
    return int(connection.execute(query).scalar_one())


def _is_old(of: Any, ended_before: float) -> Any:
    return of.c.state.in_(FINISHED_STATES) & (of.c.ended_at < ended_before)


def _has_younger_sibling(ended_before: float) -> Any:
    mine, theirs, sibling = sweep_runs.alias(), sweep_runs.alias(), runs.alias()
    siblings = mine.join(theirs, theirs.c.sweep_id == mine.c.sweep_id).join(
        sibling, sibling.c.id == theirs.c.run_id
    )
    younger = (mine.c.run_id == runs.c.id) & ~_is_old(sibling, ended_before)
    return exists().select_from(siblings).where(younger).correlate(runs)
