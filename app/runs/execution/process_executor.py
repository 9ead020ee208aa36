"""An executor on this machine: a fixed number of warm training processes, each with its keeper."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.runs.execution.executor import Ended
from app.runs.execution.keeper import Keeper, Limits
from app.runs.execution.training_process import TrainingProcess
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim

CLOSING_SECONDS = 4.0

_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """An attempt, the thread that keeps it, and its process once it has one."""

    run_id: str
    thread: threading.Thread
    process: TrainingProcess | None = None


class ProcessExecutor:
    """``slots`` training processes; see :class:`app.runs.execution.executor.Executor`.

    ``new_process`` makes a TrainingProcess that is not started yet.
    """

    survives_leader = False

    def __init__(
        self,
        *,
        lifecycle: Lifecycle,
        slots: int,
        site: Mapping[str, Any],
        limits: Limits,
        new_process: Callable[[], TrainingProcess] = TrainingProcess,
    ) -> None:
        self._lifecycle = lifecycle
        self._noted: dict[int, Any] = {}  # by process, what it told of its speed
        self._closing = threading.Event()
        self._processes = [new_process() for _ in range(slots)]
        self._free: queue.LifoQueue[TrainingProcess] = queue.LifoQueue()
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._lock = threading.Lock()
        # By owner: a run's next attempt may have begun before the thread of the lost one has returned.
        self._kept: dict[str, _Kept] = {}
        self._keeper_of = {
            id(process): Keeper(
                lifecycle=lifecycle, process=process, site=site, limits=limits, closing=self._closing
            )
            for process in self._processes
        }
        for process in reversed(self._processes):
            self._free.put(process)

    @property
    def processes(self) -> list[TrainingProcess]:
        """Return the training processes, for those who watch them."""
        return list(self._processes)

    def start(self) -> None:
        """Start all processes, so that they are warm when runs come."""
        for process in self._processes:
            process.start()

    def submit(self, claim: Claim) -> None:
        """Keep the attempt in a thread of its own, as soon as a process is free."""
        thread = threading.Thread(target=self._keep, args=(claim,), name="keeper", daemon=True)
        with self._lock:
            self._kept[claim.owner] = _Kept(claim.run_id, thread)
        thread.start()

    def poll(self) -> list[Ended]:
        """Return the attempts whose keepers have returned since the last call."""
        self._note_speed()
        ended = []
        while not self._ended.empty():
            ended.append(self._ended.get())
        return ended

    def _note_speed(self) -> None:
        """Let the store know what a process has measured of its speed, when it has."""
        for process in self._processes:
            found = process.calibration
            if found is not None and found != self._noted.get(id(process)):
                self._lifecycle.note_speed(found)
                self._noted[id(process)] = found

    def kill(self, run_id: str) -> None:
        """Kill the process that trains ``run_id``; its keeper then tells the store."""
        with self._lock:
            kept = [each for each in self._kept.values() if each.run_id == run_id]
        for each in kept:
            if each.process is not None:
                each.process.kill()

    def live_slots(self) -> int:
        """Return the number of processes, 0 once closed."""
        return 0 if self._closing.is_set() else len(self._processes)

    def close(self) -> None:
        """Give all attempts back to the queue and end the processes."""
        self._closing.set()
        deadline = time.monotonic() + CLOSING_SECONDS
        with self._lock:
            threads = [kept.thread for kept in self._kept.values()]
        for thread in threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        for process in self._processes:
            process.close()

    def _keep(self, claim: Claim) -> None:
        process = self._free.get()
        with self._lock:
            self._kept[claim.owner].process = process
        why = "its keeper failed"
        try:
            self._keeper_of[id(process)].keep(claim)
            why = "its keeper returned"
        except Exception:  # the leader then finds the run without a keeper and decides
            _log.exception("the keeper of an attempt failed")
            process.kill()
        finally:
            with self._lock:
                del self._kept[claim.owner]
            self._free.put(process)
            self._ended.put(Ended(run_id=claim.run_id, owner=claim.owner, why=why))
