"""Which of the web processes on one store leads, that is, owns the executor: one, or for a moment none."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.runs.store.database import POSTGRESQL_OPTIONS, Store, file_at

ADVISORY_LOCK = 4712  # any number that the store's other locks do not use

_log = logging.getLogger(__name__)


class Leadership(Protocol):
    """A lock that its holder's death releases."""

    def holds(self) -> bool:
        """Return whether this process leads now, taking the lead if it is free."""

    def resign(self) -> None:
        """Let another lead."""


class FileLeadership:
    """Leads by an exclusive lock on the file ``path``, which the kernel releases with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def holds(self) -> bool:
        """Return whether this process leads now, taking the lead if it is free."""
        if self._descriptor is not None:
            if self._still_there(self._descriptor):
                return True
            self.resign()  # the lock of a file that was taken away keeps nobody out
        descriptor = None
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if descriptor is not None:
                os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def resign(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _still_there(self, descriptor: int) -> bool:
        mine = os.fstat(descriptor)
        return file_at(self._path) == (mine.st_dev, mine.st_ino)


class DatabaseLeadership:
    """Leads by an advisory lock of PostgreSQL, which ends with its connection."""

    def __init__(self, store: Store) -> None:
        self._engine = create_engine(
            store.url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            # A dead network must not leave a leader in the belief that it leads.
            connect_args={
                "connect_timeout": 3,
                "tcp_user_timeout": 3000,
                "keepalives_idle": 5,
                "options": POSTGRESQL_OPTIONS,  # nor may a dead machine keep the lock
            },
        )
        self._connection: Connection | None = None

    def holds(self) -> bool:
        """Return whether this process leads now, taking the lead if it is free."""
        try:
            if self._connection is not None:
                self._connection.execute(text("SELECT 1"))
                return True
            return self._take()
        except SQLAlchemyError as fault:
            _log.warning("the lock of the leader cannot be had: %s", type(fault).__name__)
            self.resign()
            return False

    def resign(self) -> None:
        """Close the connection that holds the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _take(self) -> bool:
        connection = self._engine.connect()
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
        if taken.scalar_one():
            self._connection = connection
            return True
        connection.close()
        return False


def leadership_of(store: Store) -> Leadership:
    """Return the lock by which the processes on ``store`` choose their leader."""
    path = store.path
    return (
        DatabaseLeadership(store) if path is None else FileLeadership(path.with_name(path.name + ".leader"))
    )
