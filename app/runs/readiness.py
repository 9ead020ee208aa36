"""Whether the run store can be used, found by using it."""

from __future__ import annotations

import threading
import time

from sqlalchemy import text

from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.schema import runs
from app.runs.store.transitions import count

KEPT_SECONDS = 1.0  # so that asking often does not mean writing often

_WRITE = text(
    "INSERT INTO facts (name, value) VALUES ('checked', :now) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class StoreCheck:
    """Tries to write to ``store``, at most once a second however many ask. Thread safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found_at = float("-inf")
        self._found: int | StoreUnavailable = 0

    def queue_length(self) -> int:
        """Return how many runs wait in the store, which can be written too.

        Raises:
            StoreUnavailable: it cannot be used; the message says why.
        """
        with self._lock:
            if time.monotonic() - self._found_at > KEPT_SECONDS:
                self._found = self._try()
                self._found_at = time.monotonic()
            if isinstance(self._found, StoreUnavailable):
                raise StoreUnavailable(str(self._found))
            return self._found

    def _try(self) -> int | StoreUnavailable:
        try:
            with self._store.writing() as connection:
                connection.execute(_WRITE, {"now": str(time.time())})
                return count(connection, runs.c.state == "queued")
        except StoreUnavailable as fault:
            return fault
