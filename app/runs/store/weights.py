"""The weights that finished trainings ended with, kept with their runs and deleted with them, or before.

They come from the training process beside the events, which every viewer is sent: weights are never sent to
anybody. What is kept is what ``predictions`` can use: a finished training on images of the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select

from app.runs.store.database import Store
from app.runs.store.schema import runs, weights

MOST_BYTES = 256 * 1024**2  # of all runs together: a run of a second leaves a hundred times its events' bytes


def keep(connection: Connection, run_id: str, found: Mapping[str, bytes]) -> None:
    """Keep the bytes by series, in the transaction that ends the run: an attempt that lost it writes none.

    The runs queued first lose theirs where all would come to more than ``MOST_BYTES``.
    """
    if found:
        rows = [{"run_id": run_id, "series": series, "content": content} for series, content in found.items()]
        connection.execute(insert(weights), rows)
        _make_room(connection, except_for=run_id)


def _make_room(connection: Connection, *, except_for: str) -> None:
    size = func.sum(func.length(weights.c.content))
    by_run = select(weights.c.run_id, size).join(runs, runs.c.id == weights.c.run_id)
    newest_first = by_run.group_by(weights.c.run_id, runs.c.sequence).order_by(runs.c.sequence.desc())
    total, too_many = 0, []
    for run_id, taken in connection.execute(newest_first):
        total += int(taken)
        if total > MOST_BYTES and run_id != except_for:
            too_many.append(run_id)
    if too_many:
        connection.execute(delete(weights).where(weights.c.run_id.in_(too_many)))


def kept(store: Store, run_id: str) -> dict[str, bytes]:
    """Return the bytes by series ("private", "baseline"), as ``app.inference.archive`` packed them, if any.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    query = select(weights.c.series, weights.c.content).where(weights.c.run_id == run_id)
    with store.reading() as connection:
        return {series: bytes(content) for series, content in connection.execute(query)}
