"""A store of which a test says what it holds and whether it works, in place of store and lifecycle."""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.runs.store.database import StoreUnavailable

RUN = "0123456789abcdef01234567"


class ScriptedStore:
    """Holds the events of runs; counts what it is asked. ``counts`` False: it has no change counter."""

    is_sqlite = True

    def __init__(self, *, counts: bool = True) -> None:
        self.broken = False
        self.rows_read = 0
        self.looks = 0
        self._counts = counts
        self._version = 1
        self._runs: dict[str, tuple[list[str], str]] = {}

    def watcher(self) -> ScriptedStore:
        return self

    def version(self) -> int | None:
        self._check()
        self.looks += 1
        return self._version if self._counts else None

    def marks(self, run_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
        self._check()
        held = {run_id: self._runs[run_id] for run_id in run_ids if run_id in self._runs}
        return {run_id: (len(bodies), state) for run_id, (bodies, state) in held.items()}

    def raw(self, run_id: str, *, after: int, limit: int) -> list[tuple[int, str]]:
        self._check()
        bodies, _ = self._runs.get(run_id, ([], ""))
        rows = list(enumerate(bodies, start=1))[after : after + limit]
        self.rows_read += len(rows)
        return rows

    def append(self, count: int = 1, *, run_id: str = RUN, announced: bool = True) -> None:
        bodies, _ = self._runs.get(run_id, ([], ""))
        first = len(bodies) + 1
        new = [json.dumps({"kind": "progress", "steps": steps}) for steps in range(first, first + count)]
        self._runs[run_id] = ([*bodies, *new], "running")
        self._version += announced

    def finish(self, *, run_id: str = RUN) -> None:
        bodies, _ = self._runs[run_id]
        self._runs[run_id] = ([*bodies, json.dumps({"kind": "finished", "state": "done"})], "done")
        self._version += 1

    def delete(self, *, run_id: str = RUN) -> None:
        del self._runs[run_id]
        self._version += 1

    def _check(self) -> None:
        if self.broken:
            raise StoreUnavailable("The run store is locked by another program.")
