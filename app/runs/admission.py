"""Who may queue a run, and which run a repeated request already has.

All is decided in the transaction that queues the run, so that a run is made whole or not at all, and
one request sent twice at the same moment makes one run. What a client is known by is stored as a hash
whose key is a random fact of the store.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, text

from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import NewRun
from app.runs.store.schema import facts, runs
from app.runs.store.tables import take
from app.runs.store.turns import requests_active, requests_made, requests_waiting

SECRET = "client_secret"  # the fact that keys the hashes
ADMISSION_LOCK = 4713  # any number that the store's other advisory locks do not use
MINUTE = 60.0
ACTIVE_SECONDS = 10  # when to try again with too many active runs: nobody knows, and asking is cheap


class QueueFull(RuntimeError):
    """The queue holds as many runs as it may; ``retry_after_seconds`` says when to come back."""

    retry_after_seconds = 30


class ClientLimited(RuntimeError):
    """The client has its share already; the message says of what, the number when to come back."""

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class KeyReused(RuntimeError):
    """The Idempotency-Key came before with another request."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who asks: ``network`` is what they are counted by, ``limited`` whether limits apply to them.

    A network is as ``app.security.client_network`` makes it; it goes no further than into a hash.
    """

    network: str = field(default="local", repr=False)
    limited: bool = False


@dataclass(frozen=True, kw_only=True)
class RequestKey:
    """An Idempotency-Key and the request that came with it, as a text that is equal for equal requests."""

    key: str = field(repr=False)
    request: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The run of a request; ``repeated`` if an earlier request with the same Idempotency-Key had made it."""

    run_id: str
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How much is admitted: runs waiting in all, and of one client runs active and started in a minute."""

    queue: int
    active_runs: int
    trainings_per_minute: int


class Admission:
    """Admits runs to the queue of ``store``."""

    def __init__(self, *, store: Store, lifecycle: Lifecycle, shares: Shares) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._shares = shares

    def earlier(self, visitor: Visitor, key: RequestKey | None = None) -> Admitted | None:
        """Return the run that this request made before, None where it may make one.

        It only reads, so that many requests at once are refused without waiting for each other.

        Raises:
            QueueFull, ClientLimited, KeyReused: no run can be made for it now.
        """
        with self._store.reading() as connection:
            secret = _secret(connection)
            if secret is None:  # the store is new: nobody has been here before
                return None
            return self._earlier(connection, _Names.of(secret, visitor, key), visitor)

    def admit(
        self,
        job: Mapping[str, Any],
        visitor: Visitor,
        key: RequestKey | None = None,
        *,
        estimated_seconds: float | None = None,
        table_id: str | None = None,
    ) -> Admitted:
        """Queue ``job`` for ``visitor``, or return the run that this request made before.

        ``table_id`` names the table that the run trains on and so takes.

        Raises:
            QueueFull, ClientLimited, KeyReused, UnknownTable: nothing was made.
        """

        def take_table(connection: Connection, run_ids: Sequence[str]) -> None:
            if table_id is not None:
                take(connection, table_id, run_ids[0])

        return self.admit_together([(job, estimated_seconds)], visitor, key, complete=take_table)

    def admit_together(
        self,
        jobs: Sequence[tuple[Mapping[str, Any], float | None]],
        visitor: Visitor,
        key: RequestKey | None = None,
        *,
        complete: Callable[[Connection, Sequence[str]], None],
    ) -> Admitted:
        """Queue all ``jobs``, each with its estimate in seconds, as one, or return what came of it before.

        They count as one run for every limit. ``complete`` gets the ids of their runs, in the transaction
        that makes them. The first of them, which holds the key, is returned.

        Raises:
            QueueFull, ClientLimited, KeyReused: nothing was made; nor is it where ``complete`` raises.
        """
        with self._store.writing() as connection:
            self._alone(connection)
            names = _Names.of(_secret(connection) or _new_secret(connection), visitor, key)
            earlier = self._earlier(connection, names, visitor)
            if earlier is not None:
                return earlier
            run_ids = [
                self._lifecycle.admit(
                    connection,
                    NewRun(
                        job=job,
                        client=names.client,
                        request_key=names.key if number == 0 else None,
                        request_print=names.request if number == 0 else None,
                        estimated_seconds=estimate,
                    ),
                )
                for number, (job, estimate) in enumerate(jobs)
            ]
            complete(connection, run_ids)
            return Admitted(run_id=run_ids[0])

    def client(self, visitor: Visitor) -> str:
        """Return what the store knows ``visitor`` by."""
        return pseudonym(self.secret(), visitor.network)

    def secret(self) -> str:
        """Return the key of this store's hashes."""
        with self._store.reading() as connection:
            known = _secret(connection)
        if known is not None:
            return known
        with self._store.writing() as connection:
            self._alone(connection)
            return _secret(connection) or _new_secret(connection)

    def _alone(self, connection: Connection) -> None:
        """Keep other admissions out until the transaction ends; on SQLite all writers are out already."""
        if not self._store.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADMISSION_LOCK})"))

    def _earlier(self, connection: Connection, names: _Names, visitor: Visitor) -> Admitted | None:
        if names.key is not None:
            query = select(runs.c.id, runs.c.request_print).where(runs.c.request_key == names.key)
            row = connection.execute(query).one_or_none()
            if row is not None:
                if row.request_print != names.request:
                    raise KeyReused("The Idempotency-Key was used for another request.")
                return Admitted(run_id=row.id, repeated=True)  # a repeated request is never limited
        if requests_waiting(connection) >= self._shares.queue:
            raise QueueFull(f"{self._shares.queue} runs are waiting already")
        if visitor.limited:
            self._check_shares(connection, names.client)
        return None

    def _check_shares(self, connection: Connection, client: str) -> None:
        if requests_active(connection, client) >= self._shares.active_runs:
            raise ClientLimited(
                f"You have {self._shares.active_runs} runs queued or running, which is as many as one client "
                "may have: wait for one to end, or cancel one.",
                retry_after_seconds=ACTIVE_SECONDS,
            )
        since = time.time() - MINUTE
        # What seems to come from the far future was made before the clock was set back: it locks nobody out.
        started = requests_made(connection, client, since=since, until=since + 2 * MINUTE)
        if len(started) >= self._shares.trainings_per_minute:
            oldest = started[len(started) - self._shares.trainings_per_minute]
            raise ClientLimited(
                f"You have started {self._shares.trainings_per_minute} trainings within a minute, "
                "which is as many as one client may.",
                retry_after_seconds=max(1, math.ceil(oldest - since)),
            )


@dataclass(frozen=True, kw_only=True)
class _Names:
    """What the store knows a client, its key and its request by."""

    client: str
    key: str | None
    request: str | None

    @classmethod
    def of(cls, secret: str, visitor: Visitor, key: RequestKey | None) -> _Names:
        client = pseudonym(secret, visitor.network)
        return cls(
            client=client,
            key=pseudonym(secret, visitor.network, key.key) if key else None,
            request=pseudonym(secret, key.request) if key else None,
        )


def pseudonym(secret: str, *parts: str) -> str:
    """Return a name (32 hexadecimal digits) for ``parts`` that tells nothing of them without ``secret``."""
    # The lengths keep ("a", "bc") and ("ab", "c") apart.
    message = "".join(f"{len(part)}:{part}" for part in parts).encode()
    return hashlib.blake2b(message, key=bytes.fromhex(secret), digest_size=16).hexdigest()


def _secret(connection: Connection) -> str | None:
    return connection.execute(select(facts.c.value).where(facts.c.name == SECRET)).scalar_one_or_none()


def _new_secret(connection: Connection) -> str:
    secret = secrets.token_hex(32)
    connection.execute(insert(facts).values(name=SECRET, value=secret))
    return secret
