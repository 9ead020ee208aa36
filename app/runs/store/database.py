"""One database, SQLite in a file or PostgreSQL by URL, that opens itself and recovers by itself.

What may happen to a run stands in ``lifecycle``; this module opens, reads and writes.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.runs.store.schema import SCHEMA_VERSION, facts, metadata

BUSY_SECONDS = 1.0  # how long a write waits for another's before the store counts as not available
CONNECTIONS = 8
SCRUB = "scrub"  # in a connection's info: content was deleted that nobody shall find in the files
BUSY = "The run store is busy, or locked by another program."

# Times without a unit are in milliseconds. A machine that hangs within a transaction must not keep its locks:
# others wait longer for them than it may idle there. One that is gone without a word is noticed in 15 s.
POSTGRESQL_OPTIONS = (
    "-c idle_in_transaction_session_timeout=2000 -c lock_timeout=3000 -c statement_timeout=5000 "
    "-c tcp_keepalives_idle=5s -c tcp_keepalives_interval=3s -c tcp_keepalives_count=3"
)

_log = logging.getLogger(__name__)


class StoreUnavailable(RuntimeError):
    """The store cannot be used now; the message says what is wrong with it, without paths or secrets."""


class Store:
    """One database. Thread safe; it opens itself at first use and recovers by itself.

    ``location`` is a file's path (SQLite) or a URL ``postgresql://user:password@host/name``.

    Raises:
        ValueError: ``location`` is neither.
    """

    def __init__(self, location: str) -> None:
        self._url = _url(location)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._writers = threading.Lock()  # SQLite's own waiting is unfair and slow; ours is neither
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None  # that the engine has open, where it is SQLite's
        self._watchers: list[Watcher] = []

    @property
    def path(self) -> Path | None:
        """Return the file of an SQLite store, None for PostgreSQL."""
        return Path(self._url.database or "") if self.is_sqlite else None

    @property
    def url(self) -> URL:
        """Return the database's URL with its driver."""
        return self._url

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose statements each see what is committed.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        with self._translated(), self._open().connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection in a transaction that no other writer overlaps on SQLite.

        It is committed when the block ends and rolled back when the block raises.

        Raises:
            StoreUnavailable: the database cannot be written; nothing was.
        """
        with self._translated(), self._write_turn():
            with self._open().begin() as connection:
                yield connection
                scrub = connection.info.pop(SCRUB, False)
            if scrub:  # what was written stands, whatever becomes of this; the leader tries again
                with suppress(SQLAlchemyError):
                    self._scrub()

    def watcher(self) -> Watcher:
        """Return a new watcher of this store, for one thread's use."""
        watcher = Watcher(self)
        self._watchers.append(watcher)
        return watcher

    def scrub(self) -> None:
        """Empty the write-ahead log of SQLite, in which content that was deleted may still stand.

        In the database itself ``secure_delete`` has overwritten it. Where somebody reads just then, the
        log stays: try again later. PostgreSQL frees what was deleted by its own vacuum.

        Raises:
            StoreUnavailable: the database cannot be used.
        """
        with self._translated(), self._write_turn():
            self._scrub()

    def _scrub(self) -> None:
        if self.is_sqlite:
            with self._open().connect() as connection:
                reader = connection.execution_options(isolation_level="AUTOCOMMIT")
                reader.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    def close(self) -> None:
        """Close all connections."""
        for watcher in self._watchers:
            watcher.close()
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def _write_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._writers.acquire(timeout=2 * BUSY_SECONDS):
            raise StoreUnavailable(BUSY)
        try:
            yield
        finally:
            self._writers.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as fault:
            raise StoreUnavailable(BUSY) from fault
        except (SQLAlchemyError, OSError) as fault:
            raise StoreUnavailable(_reason(fault)) from fault

    def _let_go(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _open(self) -> Engine:
        engine = self._engine
        if engine is not None and file_at(self.path) == self._file:
            return engine
        with self._opening:
            if file_at(self.path) != self._file:
                # The file was taken away under us. Its connections would still take what is written,
                # to be lost with them, and nobody else would see it.
                self._let_go()
            if self._engine is None:
                self._engine = self._prepared()
                self._file = file_at(self.path)
            return self._engine

    def _prepared(self) -> Engine:
        engine = self._sqlite() if self.is_sqlite else self._postgresql()
        try:
            if _is_made(engine):
                return engine
            with engine.begin() as connection:
                if not self.is_sqlite:  # several processes may start at once
                    connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
                metadata.create_all(connection)
                _check_schema(connection)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _sqlite(self) -> Engine:
        path = Path(self._url.database or "")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Run ids are capabilities: nobody else on this machine shall read them.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        engine = create_engine(
            self._url,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS,
            pool_timeout=2 * BUSY_SECONDS,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        return engine

    def _postgresql(self) -> Engine:
        return create_engine(
            self._url,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS,
            pool_timeout=2 * BUSY_SECONDS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 3, "options": POSTGRESQL_OPTIONS},
        )


class Watcher:
    """Tells when the store has been written to; each user has one, for the number is a connection's."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    def version(self) -> int | None:
        """Return a number that changes when another connection has written; None where there is none.

        Only SQLite has one (``PRAGMA data_version``).

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        if not self._store.is_sqlite:
            return None
        with self._store._translated():
            try:
                return int(self._connected().exec_driver_sql("PRAGMA data_version").scalar_one())
            except SQLAlchemyError:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection:
        engine = self._store._open()
        if self._connection is None or engine is not self._engine:  # a file made anew
            self.close()
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # it stays this watcher's own, whatever becomes of the pool
            self._connection, self._engine = connection, engine
        return self._connection


def file_at(path: Path | None) -> tuple[int, int] | None:
    """Return what tells the file at ``path`` from another of that name, None where there is none."""
    try:
        found = os.stat(path) if path is not None else None
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


def _url(location: str) -> URL:
    if "://" not in location:
        # Without links: the lock of the leader lies beside the file, one for all who use it.
        return URL.create("sqlite", database=str(Path(location).expanduser().resolve()))
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):
        # Not from the fault, whose words may hold a part of the password.
        raise ValueError("must be a file's path or postgresql://user:password@host/name") from None
    if url.get_backend_name() not in ("postgresql", "sqlite") or not url.database:
        raise ValueError("must be a file's path or postgresql://user:password@host/name")
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def _set_up_sqlite(connection, record) -> None:  # type: ignore[no-untyped-def]  # SQLAlchemy's listener types
    connection.isolation_level = None  # transactions begin when we say so, at _begin_immediate
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")  # in WAL mode safe against a kill -9 of any process
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_made(engine: Engine) -> bool:
    """Return whether the tables are there, of our schema: then a store that takes no writes can be opened."""
    with engine.connect() as connection:
        reader = connection.execution_options(isolation_level="AUTOCOMMIT")
        # An older store lacks the tables that came since: they are added, and disturb no older program.
        if not set(metadata.tables) <= set(inspect(reader).get_table_names()):
            return False
        _check_schema(reader)
        return True


def _check_schema(connection: Connection) -> None:
    found = connection.execute(select(facts.c.value).where(facts.c.name == "schema")).scalar()
    if found is None:
        connection.execute(facts.insert().values(name="schema", value=SCHEMA_VERSION))
    elif found != SCHEMA_VERSION:
        raise StoreUnavailable(
            f"The run store was written by another version (schema {found}, this version has "
            f"{SCHEMA_VERSION}): let DPSGD_STORE name a new one."
        )


_REASONS = {
    "full": "The run store's disk is full.",
    "readonly": "The run store cannot be written (read-only).",
    "read-only": "The run store cannot be written (read-only).",
    "permission denied": "The run store cannot be written (no permission).",
    "locked": "The run store is locked by another program.",
    "unable to open": "The run store cannot be opened.",
    "malformed": "The run store is damaged.",
    "not a database": "The run store's file is not a database.",
    "connection": "The run store's database server cannot be reached.",
    "too large": "The run store's disk is full.",
    "disk i/o error": "The run store's disk is full or faulty.",  # a quota or a limit of file sizes looks so
}


def _reason(fault: Exception) -> str:
    """Return what is wrong in words fit for anybody; the log has the rest."""
    said = str(getattr(fault, "orig", None) or fault).lower()
    for sign, reason in _REASONS.items():
        if sign in said:
            return reason
    _log.warning("the run store failed: %s", type(fault).__name__, exc_info=fault)
    return "The run store cannot be used at the moment."
