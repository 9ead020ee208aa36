"""The warm training processes of a Dask worker, and the task that keeps an attempt on one of them.

It writes to the run store itself, so that neither the web server's death nor the
scheduler's loses what was measured. TensorFlow is in the training processes only.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from app.runs.execution.keeper import Keeper, Limits
from app.runs.execution.training_process import TrainingProcess
from app.runs.store.database import Store
from app.runs.store.lifecycle import Lifecycle
from app.runs.store.records import Claim
from app.settings import Settings

STATION = "training"  # the name of the plugin
RESOURCE = "training"  # of which a worker with this preload has one a thread, and each attempt needs one
CLOSING_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Station(WorkerPlugin):
    """The warm training processes of one Dask worker, one for each of its threads.

    ``new_process`` makes a TrainingProcess that is not started yet.
    """

    def __init__(
        self, settings: Settings, *, new_process: Callable[[], TrainingProcess] = TrainingProcess
    ) -> None:
        self._store = Store(settings.store_location)
        self._lifecycle = Lifecycle(self._store)
        self._site = {"data_directory": settings.data_dir, "offline": settings.offline}
        self._limits = Limits(lease=settings.lease, run=settings.run_seconds)
        self._new_process = new_process
        self._closing = threading.Event()
        self._processes: list[TrainingProcess] = []
        self._free: queue.LifoQueue[TrainingProcess] = queue.LifoQueue()

    def setup(self, worker: Worker) -> None:
        """Start the processes, and let the scheduler know how many there are."""
        slots = worker.state.nthreads
        self._processes = [self._new_process() for _ in range(slots)]
        for process in self._processes:
            process.start()
            self._free.put(process)
        # The worker tells the scheduler when it registers, which it does after its preloads.
        worker.state.total_resources[RESOURCE] = slots
        worker.state.available_resources[RESOURCE] = slots

    async def teardown(self, worker: Worker) -> None:
        """Give the attempts back to the queue and end the processes."""
        await asyncio.to_thread(self.close)

    def keep(self, claim: Claim) -> None:
        """Execute the attempt of ``claim`` until its end, or what has become of it, is in the store."""
        process = self._free.get()
        keeper = Keeper(
            lifecycle=self._lifecycle,
            process=process,
            site=self._site,
            limits=self._limits,
            closing=self._closing,
        )
        try:
            keeper.keep(claim)
        except BaseException:
            process.kill()  # nobody listens to what it trains
            raise
        finally:
            if not self._closing.is_set():
                process.start()  # warm again for the next
            self._free.put(process)

    def close(self) -> None:
        """Give the attempts back to the queue and end the processes."""
        self._closing.set()
        deadline = time.monotonic() + CLOSING_SECONDS
        for _ in self._processes:
            try:
                self._free.get(timeout=max(0.0, deadline - time.monotonic())).close()
            except queue.Empty:
                _log.warning("an attempt could not be given back in time")
        for process in self._processes:
            process.close()
        self._store.close()


def keep(claim: Mapping[str, Any]) -> None:
    """Execute the attempt of ``claim`` (the fields of a Claim) on this worker; the task of an attempt."""
    station = get_worker().plugins[STATION]
    assert isinstance(station, Station)
    station.keep(Claim(**claim))
