"""How many trainings run at once: the leading process knows it, and the others read it from the store."""

from __future__ import annotations

import time

from sqlalchemy import delete, insert, select

from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.schema import facts

SLOTS = "slots"  # the fact that holds it
FRESH_SECONDS = 2.0


class Slots:
    """The slots of the whole server, by ``store``; ``default`` until a leader has told."""

    def __init__(self, store: Store, *, default: int = 1) -> None:
        self._store = store
        self._known = default
        self._noted: int | None = None
        self._fresh_until = 0.0

    def note(self, slots: int) -> None:
        """Let all processes know that ``slots`` trainings can run at once; to be called by the leader.

        Raises:
            StoreUnavailable: the store cannot be written; it is tried again at the next call.
        """
        if slots == self._noted or slots == 0:  # workers that are away come back
            return
        with self._store.writing() as connection:
            connection.execute(delete(facts).where(facts.c.name == SLOTS))
            connection.execute(insert(facts).values(name=SLOTS, value=str(slots)))
        self._noted = slots

    def forget(self) -> None:
        """Write what is noted next in any case: another leader may have noted something else meanwhile."""
        self._noted = None

    def known(self) -> int:
        """Return how many trainings can run at once, as the leader told last; at least 1."""
        now = time.monotonic()
        if now >= self._fresh_until:
            self._fresh_until = now + FRESH_SECONDS
            self._known = self._read() or self._known
        return self._known

    def _read(self) -> int:
        query = select(facts.c.value).where(facts.c.name == SLOTS)
        try:
            with self._store.reading() as connection:
                return int(connection.execute(query).scalar() or 0)
        except StoreUnavailable:  # what was known last is as good as can be had
            return 0
