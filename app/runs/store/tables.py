"""The tables that people have brought along, each kept until the end of the one run that trains on it.

A table is as private as a run: its id is a capability. It is deleted in the transaction that ends its run, or
an hour after it came if no run took it; on SQLite its bytes are overwritten then (see ``Store.scrub``).
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from app.catalog import TableInfo
from app.runs.store.database import SCRUB, Store
from app.runs.store.schema import tables
from app.tables.table import Table

UNUSED_SECONDS = 3600.0
MOST_TABLES = 40  # in the store, of 4 MB at most each
MOST_OF_A_CLIENT = 6
ID_BYTES = 12  # 96 bits, as a run's
LOCK = 4714  # any number that the store's other advisory locks do not use


class UnknownTable(LookupError):
    """No table has this id that a run could take."""


class TableInUse(RuntimeError):
    """A run trains on the table, or waits to; it goes when that has ended."""


class TooManyTables(RuntimeError):
    """A client, or the store, holds as many tables as it may; ``for_all`` says that it is the store."""

    retry_after_seconds = 60

    def __init__(self, *, for_all: bool) -> None:
        super().__init__(f"{MOST_TABLES if for_all else MOST_OF_A_CLIENT} tables are waiting")
        self.for_all = for_all


class Tables:
    """The tables of ``store``; thread safe. Each method raises StoreUnavailable where that cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, table: Table, info: TableInfo, *, client: str, limited: bool) -> str:
        """Keep ``table``, with what is public of it, for a run to come, and return its id.

        ``limited`` says that a client's share holds for this one.

        Raises:
            TooManyTables: nothing was kept.
        """
        table_id, content = secrets.token_hex(ID_BYTES), table.to_bytes()
        with self._store.writing() as connection:
            if not self._store.is_sqlite:  # there all writers are alone
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            if _count(connection, tables.c.id.is_not(None)) >= MOST_TABLES:
                raise TooManyTables(for_all=True)
            if limited and _count(connection, tables.c.client == client) >= MOST_OF_A_CLIENT:
                raise TooManyTables(for_all=False)
            row = {"id": table_id, "content": content, "info": json.dumps(asdict(info)), "client": client}
            connection.execute(insert(tables).values(**row, created_at=time.time()))
        return table_id

    def info(self, table_id: str) -> TableInfo:
        """Return what is public of a table that no run has taken.

        Raises:
            UnknownTable: there is none with this id.
        """
        with self._store.reading() as connection:
            found = connection.execute(select(tables.c.info).where(_free(table_id))).scalar_one_or_none()
        if found is None:
            raise UnknownTable(table_id)
        return TableInfo.from_dict(json.loads(found))

    def delete(self, table_id: str) -> None:
        """Delete a table that no run has taken.

        Raises:
            UnknownTable: there is none with this id.
            TableInUse: its run has not ended.
        """
        with self._store.writing() as connection:
            if forget(connection, (tables.c.id == table_id) & tables.c.run_id.is_(None)):
                return
            if _count(connection, tables.c.id == table_id):
                raise TableInUse(table_id)
        raise UnknownTable(table_id)

    def expire(self) -> int:
        """Delete the tables that no run took within an hour, and return how many."""
        old = tables.c.run_id.is_(None) & (tables.c.created_at < time.time() - UNUSED_SECONDS)
        with self._store.reading() as connection:
            if not _count(connection, old):
                return 0
        with self._store.writing() as connection:
            return forget(connection, old)

    def content(self, run_id: str) -> bytes | None:
        """Return the bytes of the table that the run trains on; None where it has none (any more)."""
        query = select(tables.c.content).where(tables.c.run_id == run_id)
        with self._store.reading() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)


def take(connection: Connection, table_id: str, run_id: str) -> None:
    """Give the table to the run, in the transaction that queues it.

    Raises:
        UnknownTable: it has gone, or another run has it.
    """
    taken = connection.execute(update(tables).where(_free(table_id)).values(run_id=run_id))
    if taken.rowcount != 1:
        raise UnknownTable(table_id)


def forget_of_run(connection: Connection, run_id: str) -> None:
    """Delete the table of a run, in the transaction that ends it."""
    forget(connection, tables.c.run_id == run_id)


def forget(connection: Connection, condition: Any) -> int:
    """Delete the tables that fulfil ``condition`` and return how many; the store is scrubbed after it."""
    count = int(connection.execute(delete(tables).where(condition)).rowcount)
    if count:
        connection.info[SCRUB] = True
    return count


def _free(table_id: str) -> Any:
    fresh = tables.c.created_at >= time.time() - UNUSED_SECONDS
    return (tables.c.id == table_id) & tables.c.run_id.is_(None) & fresh


def _count(connection: Connection, condition: Any) -> int:
    query = select(func.count()).select_from(tables).where(condition)
    return int(connection.execute(query).scalar_one())
