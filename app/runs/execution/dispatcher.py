"""The dispatcher: in the one web process that leads, it gives queued runs to the executor.

It also finds the attempts that nobody keeps any more, and deletes runs past their age.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.runs.execution.executor import Ended, Executor
from app.runs.execution.leadership import Leadership
from app.runs.store.database import Store, StoreUnavailable
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Running
from app.runs.store.slots import Slots
from app.runs.store.tables import Tables

TICK_SECONDS = 0.05
LEAD_SECONDS = 0.25  # between two tries to lead, or two looks whether this process still does
LOOK_SECONDS = 0.5  # between two looks at the store that nothing has announced
RETIRE_SECONDS = 600.0
EXPIRE_SECONDS = 60.0  # between two looks for tables that no run has taken

ORPHANED = "the server process that kept it ended"
SILENT = "its worker gave no sign of life for {seconds:g} s"

_log = logging.getLogger(__name__)


class Dispatcher:
    """One thread; ``executor`` is made by ``new_executor`` when this process begins to lead.

    ``lease`` (seconds) is how long an attempt may be silent where executors outlive their leader;
    ``retention`` (seconds) is how long a finished run is kept.
    """

    def __init__(
        self,
        *,
        store: Store,
        lifecycle: Lifecycle,
        leadership: Leadership,
        new_executor: Callable[[], Executor],
        lease: float,
        retention: float,
    ) -> None:
        self._store = store
        self._tables = Tables(store)
        self._slots = Slots(store)
        self._watcher = store.watcher()
        self._lifecycle = lifecycle
        self._leadership = leadership
        self._new_executor = new_executor
        self._lease = lease
        self._retention = retention
        self._executor: Executor | None = None
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ended: list[Ended] = []
        self._beats: dict[str, tuple[str, int, float]] = {}
        self._version: int | None = None
        self._lead_at = self._look_at = self._retire_at = self._expire_at = 0.0

    @property
    def executor(self) -> Executor | None:
        """Return the executor while this process leads."""
        return self._executor

    @property
    def leads(self) -> bool:
        """Return whether this process leads."""
        return self._executor is not None

    def start(self) -> None:
        """Start the thread, if it does not run."""
        with self._starting:  # the first requests may come at the same moment
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Have the store looked at now."""
        self._wanted.set()

    def close(self) -> None:
        """Stop dispatching, give attempts back that cannot go on, and let another process lead."""
        self._closing.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=8.0)

    def _run(self) -> None:
        woken = True
        while not self._closing.is_set():
            try:
                self._tick(woken)
            except StoreUnavailable as fault:
                _log.warning("the dispatcher waits for the run store: %s", fault)
                self._beats.clear()  # nobody could show a sign of life meanwhile
                self._look_at = 0.0
                self._closing.wait(LEAD_SECONDS)
            except Exception:  # the queue must not stand still for a fault in one round
                _log.exception("a round of the dispatcher failed")
                self._closing.wait(LEAD_SECONDS)
            woken = self._wanted.wait(TICK_SECONDS)
            self._wanted.clear()
        self._step_down()

    def _tick(self, woken: bool) -> None:
        now = time.monotonic()
        if now >= self._lead_at:
            self._lead_at = now + LEAD_SECONDS
            self._take_or_lose_the_lead()
        if self._executor is None:
            return
        self._ended += self._executor.poll()
        while self._ended:  # each stays here until the store has taken it
            ended = self._ended[0]
            self._lifecycle.lose(ended.run_id, ended.owner, why=ended.why, crash=ended.crash)
            self._ended.pop(0)
            woken = True
        if woken or now >= self._look_at or self._store_changed():
            self._look_at = now + LOOK_SECONDS
            self._serve_queue(self._executor)
        if now >= self._retire_at:
            self._retire_at = now + RETIRE_SECONDS
            self._lifecycle.retire(ended_before=time.time() - self._retention)
        if now >= self._expire_at:
            self._expire_at = now + EXPIRE_SECONDS
            self._tables.expire()
            self._store.scrub()

    def _store_changed(self) -> bool:
        version, self._version = self._version, self._watcher.version()
        return version != self._version

    def _take_or_lose_the_lead(self) -> None:
        holds = self._leadership.holds()
        if holds and self._executor is None:
            self._lead()
        elif not holds and self._executor is not None:
            self._step_down()

    def _lead(self) -> None:
        executor = self._new_executor()
        if not executor.survives_leader:
            for orphan in self._lifecycle.running():
                self._lifecycle.lose(orphan.run_id, orphan.owner, why=ORPHANED, crash=False)
        self._executor = executor
        self._beats.clear()
        self._slots.forget()
        self._look_at = 0.0
        executor.start()
        _log.info("this process leads")

    def _step_down(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.close()
        self._leadership.resign()

    def _serve_queue(self, executor: Executor) -> None:
        running = self._lifecycle.running()
        if executor.survives_leader:
            kept = {attempt.run_id for attempt in running}
            self._beats = {run_id: beat for run_id, beat in self._beats.items() if run_id in kept}
            running = [attempt for attempt in running if not self._expired(attempt)]
        slots = executor.live_slots()
        self._slots.note(slots)
        for _ in range(slots - len(running)):
            claim = self._lifecycle.claim()
            if claim is None:
                return
            executor.submit(claim)

    def _expired(self, attempt: Running) -> bool:
        """Return whether the attempt's lease has run out, after giving the run back to the queue."""
        now = time.monotonic()
        owner, heartbeat, since = self._beats.get(attempt.run_id, ("", -1, now))
        if (owner, heartbeat) != (attempt.owner, attempt.heartbeat):
            self._beats[attempt.run_id] = (attempt.owner, attempt.heartbeat, now)
            return False
        if now - since <= self._lease:
            return False
        if self._executor is not None:
            self._executor.kill(attempt.run_id)
        self._lifecycle.lose(
            attempt.run_id, attempt.owner, why=SILENT.format(seconds=self._lease), crash=False
        )
        del self._beats[attempt.run_id]  # last: a store that fails now must not grant another lease
        return True
