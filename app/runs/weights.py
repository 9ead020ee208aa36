"""The weights that finished trainings ended with, kept with their runs and deleted with them.

They come from the training process beside the events, which every viewer is sent: weights are never sent to
anybody. What is kept is what ``predictions`` can use: a finished training on images of the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from app.runs.store import Store, weights


def keep(connection: Connection, run_id: str, found: Mapping[str, bytes]) -> None:
    """Keep the bytes by series, in the transaction that ends the run: an attempt that lost it writes none."""
    if found:
        rows = [{"run_id": run_id, "series": series, "content": content} for series, content in found.items()]
        connection.execute(insert(weights), rows)


def kept(store: Store, run_id: str) -> dict[str, bytes]:
    """Return the bytes by series ("private", "baseline"), as ``app.inference.archive`` packed them, if any.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    query = select(weights.c.series, weights.c.content).where(weights.c.run_id == run_id)
    with store.reading() as connection:
        return {series: bytes(content) for series, content in connection.execute(query)}
