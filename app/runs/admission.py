"""Who may queue a run: the queue's length, and a repeated request that gets the run it made before."""

from __future__ import annotations

from dataclasses import dataclass

from app.runs.lifecycle import Lifecycle, NewRun, count
from app.runs.store import Store, runs


class QueueFull(RuntimeError):
    """The queue holds as many runs as it may; ``retry_after_seconds`` says when to come back."""

    retry_after_seconds = 30


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who asks: ``key`` is a keyed hash of the address, ``limited`` whether limits apply to them."""

    key: str = "local"
    limited: bool = False


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """The run of a request; ``repeated`` if an earlier request with the same Idempotency-Key had made it."""

    run_id: str
    repeated: bool = False


class Admission:
    """Admits runs to the queue of ``store``, each in one transaction: a run is queued whole or not at all."""

    def __init__(self, *, store: Store, lifecycle: Lifecycle, queue_limit: int) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._queue_limit = queue_limit

    def admit(self, new: NewRun) -> Admitted:
        """Queue ``new``.

        Raises:
            QueueFull: the queue has no room; nothing was made.
        """
        with self._store.writing() as connection:
            if count(connection, runs.c.state == "queued") >= self._queue_limit:
                raise QueueFull(f"{self._queue_limit} runs are waiting already")
            return Admitted(run_id=self._lifecycle.admit(connection, new))
